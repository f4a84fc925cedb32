"""The same filters and the same gate, over files that people have, or over a run.

No teacher is asked.
"""

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

import vicugna
from vicugna.content import SEED_TASKS
from vicugna.earlier import Earlier, open_earlier
from vicugna.errors import UserError
from vicugna.file_rows import hash_file, plain_name, read_file, unused_name
from vicugna.filtering import Chain, judge, passes
from vicugna.formats.run_folder import check_formats, write_run
from vicugna.hub_sets import fetch_sets
from vicugna.manifest import SCHEMA, Manifest, count_rows, hash_files
from vicugna.pipeline import OUTPUTS
from vicugna.pool import Pool
from vicugna.records import Draft, Rejected, Scope, Task, Verdict
from vicugna.rejudging import read_run, rejudge
from vicugna.runs import find_run, read_manifest
from vicugna.seed_similarity import count_by_similarity
from vicugna.seeds import load_seeds

FORMATS = ("alpaca", "sharegpt", "messages", "parquet")
MAX_F1 = 0.7  # over files; a run has its own, as it has a scope
SCOPE: Scope = "instruction"
MakeChain = Callable[[Sequence[str] | None], Chain]  # names of filters, or None for all


@dataclass(slots=True)
class Cleaning:
    """Rows judged so far, in the order they were read."""

    chain: Chain
    pool: Pool
    judged: list[Task | Rejected] = field(default_factory=list[Task | Rejected])  # not yet compared
    tasks: list[Task] = field(default_factory=list[Task])
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    rows: dict[str, int] = field(default_factory=dict[str, int])  # by file, tasks and what is none
    taken: set[str] = field(default_factory=set[str])  # ids of tasks that keep their own


def clean(
    inputs: Sequence[Path],
    make_chain: MakeChain,
    filters: Sequence[str] | None = None,
    max_f1: float | None = None,
    formats: Sequence[str] = FORMATS,
    out: Path | None = None,
    *,
    scope: Scope | None = None,
    against: Sequence[str] | None = None,
) -> Manifest:
    """Judge files, or the drafts of one run, and write what passes as a run folder.

    What is not given, filters, limit, scope and the earlier sets to compare with, is as in the
    recipe of the run; over files it is the whole chain, 0.7, the instruction and none.

    Raises:
        UserError: an input cannot be read, a run is not alone, a filter or a format is unknown,
            or nothing is left.
    """
    inputs = fetch_sets(inputs, OUTPUTS)
    found = [find_given_run(given) for given in inputs]
    runs = [run for run in found if run and read_manifest(run)["made_by"] == "run"]
    if not runs:
        limit = MAX_F1 if max_f1 is None else max_f1
        chain = make_chain(filters)
        files = [folder or given for folder, given in zip(found, inputs, strict=True)]
        return clean_files(
            files, chain, limit, formats, out, scope=scope or SCOPE, against=against or ()
        )
    if len(inputs) > 1:
        raise UserError(
            f"clean: {runs[0]} is a run, and a run is judged alone. Export it (`vicugna export "
            f"{runs[0].name} --format alpaca`) to clean it together with other files."
        )
    return clean_run(
        runs[0], make_chain, filters, max_f1, formats, out, scope=scope, against=against
    )


def clean_run(
    folder: Path,
    make_chain: MakeChain,
    filters: Sequence[str] | None = None,
    max_f1: float | None = None,
    formats: Sequence[str] = FORMATS,
    out: Path | None = None,
    *,
    scope: Scope | None = None,
    against: Sequence[str] | None = None,
) -> Manifest:
    """Judge every draft that a run ever had, and write what passes as a run folder of its own.

    Raises:
        UserError: the folder is not that of a run, `out` is the run itself, or nothing is left.
    """
    check_formats(formats)
    if out is not None and out.resolve() == folder.resolve():
        raise UserError(f"{out}: is the run itself. Give another --out.")
    run = read_run(folder)
    limit = run.recipe.max_f1 if max_f1 is None else max_f1
    scope = scope or run.recipe.scope
    chain = make_chain(run.recipe.filters if filters is None else filters)
    sets = run.recipe.against if against is None else against
    earlier = open_earlier(sets, scope, limit, chain, OUTPUTS)
    tasks, rejected = rejudge(run, chain, limit, scope, earlier)
    check_rows(len(run.pieces), len(tasks), len(rejected))
    entry = {"name": plain_name(folder.resolve()), "rows": len(run.pieces), "sha256": run.sha256}
    of_the_run = {
        "method": run.recipe.method,
        "recipe": run.recipe.decisive(),
        "content_sha256": hash_files([SEED_TASKS / f"{x}.jsonl" for x in run.recipe.languages]),
        "seed_similarity": count_by_similarity(
            tasks, {x: load_seeds(x) for x in run.recipe.languages}
        ),
    }
    manifest = (
        describe_cleaning([entry], chain, limit, scope, earlier, count_rows(tasks, rejected))
        | of_the_run
    )
    return _write(manifest, tasks, rejected, formats, out)


def clean_files(
    files: Sequence[Path],
    chain: Chain,
    max_f1: float,
    formats: Sequence[str] = FORMATS,
    out: Path | None = None,
    *,
    scope: Scope = SCOPE,
    against: Sequence[str] = (),
) -> Manifest:
    """Judge every row of the files, in the order given, and write what stays as a run folder.

    The first of two duplicates stays; of a row and one of an earlier set the latter. A file may be
    the folder of a set of ours, whose tasks keep their ids and sources.

    Raises:
        UserError: a file cannot be read, or nothing is left.
    """
    check_formats(formats)
    earlier = open_earlier(against, scope, max_f1, chain, OUTPUTS)
    cleaning = Cleaning(chain, Pool(max_f1, scope, earlier.archive if earlier else None))
    for path in files:
        clean_file(path, cleaning)
    compare(cleaning)
    tasks, rejected = cleaning.tasks, cleaning.rejected
    check_rows(sum(cleaning.rows.values()), len(tasks), len(rejected))
    entries = [
        {"name": name, "rows": rows, "sha256": hash_file(_rows_of(path))}
        for path, (name, rows) in zip(files, cleaning.rows.items(), strict=True)
    ]
    manifest = describe_cleaning(
        entries, chain, max_f1, scope, earlier, count_rows(tasks, rejected)
    )
    return _write(manifest, tasks, rejected, formats, out)


def clean_file(path: Path, cleaning: Cleaning) -> None:
    """Judge every row of one file by itself; what is left waits in `judged`."""
    name = unused_name(plain_name(path), cleaning.rows)
    cleaning.rows[name] = 0
    rows = _rows_of(path)
    for draft in read_file(rows, name, None if rows == path else cleaning.taken):
        cleaning.rows[name] += 1
        if isinstance(draft, Rejected):
            cleaning.judged.append(draft)
        else:
            chain = cleaning.chain
            verdicts = judge(draft, chain.instruction + chain.answer, cleaning.pool)
            cleaning.judged.append(Task(draft, verdicts))


def _rows_of(path: Path) -> Path:
    """Return the file that holds the rows: of the folder of a set its tasks."""
    tasks = path / "tasks.jsonl"
    return tasks if tasks.is_file() else path


def compare(cleaning: Cleaning) -> None:
    """Compare the rows that are left, in their order, with each other, and settle all."""
    pool = cleaning.pool
    pool.expect(
        [row.draft for row in cleaning.judged if isinstance(row, Task) and passes(row.verdicts)]
    )
    for row in cleaning.judged:
        if isinstance(row, Rejected):
            cleaning.rejected.append(row)
            continue
        verdicts = row.verdicts
        if passes(row.verdicts):
            verdicts += judge(row.draft, cleaning.chain.novelty, pool)
        _settle(row.draft, verdicts, cleaning)
    cleaning.judged.clear()


def _settle(draft: Draft, verdicts: tuple[Verdict, ...], cleaning: Cleaning) -> None:
    """Keep a draft, or reject it, as its last verdict says."""
    if not passes(verdicts):
        rejected = Rejected(draft.id, draft.lang, verdicts[-1], draft.source, draft)
        cleaning.rejected.append(rejected)
        return
    cleaning.pool.add_compared(draft)
    cleaning.tasks.append(Task(draft, verdicts))


def find_given_run(given: Path) -> Path | None:
    """Return the run that an input names, or None when it is a file, or was meant as one."""
    try:
        return None if given.is_file() else find_run(str(given), OUTPUTS)
    except OSError:  # a name longer than that of any file
        return None
    except UserError as error:
        if given.exists() or given.suffix:
            return None  # what is wrong with it is told when it is read
        raise UserError(f"{given}: no such file; {error}") from error


def check_rows(total: int, kept: int, dropped: int) -> None:
    """Raise when a row was lost, or none was kept: an empty set is nothing to go on with.

    Raises:
        UserError: none was kept.
    """
    if total != kept + dropped:
        raise AssertionError(f"{total} rows read, not all accounted for")
    if not kept:
        raise UserError(f"clean: none of {total:,} rows was kept, so nothing was written.")


def describe_cleaning(
    inputs: Sequence[dict[str, Any]],
    chain: Chain,
    max_f1: float,
    scope: Scope,
    earlier: Earlier | None,
    counts: dict[str, Any],
) -> Manifest:
    """Return the manifest of a cleaning, without its folder and files."""
    return {
        "schema": SCHEMA,
        "name": "clean",
        "made_by": "clean",
        "inputs": inputs,
        "filters": [ask.__qualname__.split(".")[0] for ask in chain.whole],
        "max_f1": max_f1,
        "scope": scope,
        **({"against": earlier.describe()} if earlier else {}),
        "versions": {"vicugna": vicugna.__version__, "python": platform.python_version()},
        "counts": counts,
        "session": {"finished": datetime.now(UTC).isoformat(timespec="seconds")},
    }


def _write(
    manifest: Manifest,
    tasks: Sequence[Task],
    rejected: Sequence[Rejected],
    formats: Sequence[str],
    out: Path | None,
) -> Manifest:
    target = out or name_folder(manifest)
    return write_run(target, tasks, rejected, formats, manifest | {"folder": str(target)})


def name_folder(manifest: Manifest) -> Path:
    """Return the folder of a cleaning: the same inputs and choices, the same name."""
    names = ("inputs", "filters", "max_f1", "scope", "against", "content_sha256")
    decisive = {name: manifest[name] for name in names if name in manifest}
    digest = hashlib.sha256(orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return OUTPUTS / f"clean-{digest[:8]}"
