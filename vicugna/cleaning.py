"""The same filters and the same gate, over files that people have. No teacher is asked."""

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

import vicugna
from vicugna.errors import UserError
from vicugna.filtering import Chain, judge
from vicugna.formats.reading import read_rows, read_text_field
from vicugna.formats.run_folder import check_formats, write_run
from vicugna.manifest import SCHEMA, Manifest, count_rows
from vicugna.parsing import blank_input
from vicugna.pipeline import OUTPUTS
from vicugna.pool import Member, Pool
from vicugna.records import Draft, Rejected, Source, Task, Verdict
from vicugna.text.script import language_of

FORMATS = ("alpaca", "sharegpt", "messages", "parquet")


@dataclass(slots=True)
class Cleaning:
    """Rows judged so far, in the order they were read."""

    chain: Chain
    pool: Pool
    tasks: list[Task] = field(default_factory=list[Task])
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    rows: dict[str, int] = field(default_factory=dict[str, int])  # by file


def clean_files(
    files: Sequence[Path],
    chain: Chain,
    max_f1: float,
    formats: Sequence[str] = FORMATS,
    out: Path | None = None,
    *,
    watch: Callable[[Cleaning], None] = lambda _: None,
) -> Manifest:
    """Judge every row of the files, in the order given, and write what stays as a run folder.

    The first of two near duplicates stays. `watch` is called with the state before the first row.

    Raises:
        UserError: a file cannot be read, or nothing is left.
    """
    check_formats(formats)
    cleaning = Cleaning(chain, Pool(max_f1))
    watch(cleaning)
    for path in files:
        clean_file(path, cleaning)
    total = sum(cleaning.rows.values())
    if total != len(cleaning.tasks) + len(cleaning.rejected):
        raise AssertionError(f"{total} rows read, not all accounted for")
    if not cleaning.tasks:
        raise UserError(f"clean: none of {total:,} rows was kept, so nothing was written.")
    manifest = _describe(files, cleaning, max_f1)
    target = out or OUTPUTS / f"clean-{_digest(manifest)[:8]}"
    manifest["folder"] = str(target)
    return write_run(target, cleaning.tasks, cleaning.rejected, formats, manifest)


def clean_file(path: Path, cleaning: Cleaning) -> None:
    """Judge every row of one file."""
    name = _unused_name(path.name, cleaning.rows)
    cleaning.rows[name] = 0
    for number, row in read_rows(path):
        cleaning.rows[name] += 1
        _judge_row(row, Source(file=name, position=number), cleaning)


def _judge_row(row: dict[str, Any], source: Source, cleaning: Cleaning) -> None:
    identity = f"{source.file}:{source.position}"
    texts = {name: read_text_field(row, name) for name in ("instruction", "input", "output")}
    known = {name: text or "" for name, text in texts.items()}
    known["input"] = blank_input(known["input"])
    everything = "\n".join(known.values())
    lang = language_of(known["instruction"]) or language_of(everything) or "en"
    problem = next((f"{name} is not text" for name, text in texts.items() if text is None), "")
    if not problem and not known["instruction"]:
        problem = "no instruction"
    if problem:
        verdict = Verdict("parse", False, detail=problem)
        text = _write_row(row)
        cleaning.rejected.append(Rejected(identity, lang, verdict, source, None, text))
        return
    draft = Draft(
        identity,
        lang,
        known["instruction"],
        known["input"],
        known["output"],
        source,
        group=identity,
    )
    verdicts = judge(draft, cleaning.chain.whole, cleaning.pool)
    if verdicts and not verdicts[-1].kept:
        cleaning.rejected.append(Rejected(identity, lang, verdicts[-1], source, draft))
        return
    cleaning.pool.add(lang, Member(identity, draft.instruction))
    cleaning.tasks.append(Task(draft, verdicts))


def _write_row(row: dict[str, Any]) -> str:
    try:
        return orjson.dumps(row).decode()
    except orjson.JSONEncodeError:  # lists in lists, deeper than it can be written
        return ", ".join(row)


def _unused_name(name: str, taken: dict[str, int]) -> str:
    """Return a name for a file that tells it from another of the same name."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}#{number}"
        number += 1
    return unique


def _describe(files: Sequence[Path], cleaning: Cleaning, max_f1: float) -> Manifest:
    inputs = [
        {"name": name, "rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path, (name, rows) in zip(files, cleaning.rows.items(), strict=True)
    ]
    return {
        "schema": SCHEMA,
        "name": "clean",
        "made_by": "clean",
        "inputs": inputs,
        "filters": [ask.__qualname__.split(".")[0] for ask in cleaning.chain.whole],
        "max_f1": max_f1,
        "versions": {"vicugna": vicugna.__version__, "python": platform.python_version()},
        "counts": count_rows(cleaning.tasks, cleaning.rejected),
        "session": {"finished": datetime.now(UTC).isoformat(timespec="seconds")},
    }


def _digest(manifest: Manifest) -> str:
    decisive = {name: manifest[name] for name in ("inputs", "filters", "max_f1")}
    return hashlib.sha256(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)).hexdigest()
