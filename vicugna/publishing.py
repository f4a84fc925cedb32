"""Publishing a run as a data set of the Hugging Face hub.

What is sent is made whole in memory first, and shown. It goes out in one commit: the repository
has all of it or nothing. The same set gives the same bytes, so sending it again changes nothing.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import orjson

from vicugna.errors import UserError
from vicugna.file_rows import hash_file
from vicugna.formats.canonical import read_tasks
from vicugna.formats.card import kind_of_terms, render_card, show_name, terms_in_english
from vicugna.formats.croissant import Described, dump_croissant
from vicugna.formats.hub_card import describe_published
from vicugna.formats.licences import check_licence, choose_licence
from vicugna.formats.provenance import strip_manifest
from vicugna.formats.task_columns import dump_parquet
from vicugna.hub import Sent, Upload, check_repository, send
from vicugna.manifest import count_rows
from vicugna.providers import key_variables
from vicugna.records import Lang, Task
from vicugna.runs import read_manifest
from vicugna.text.hygiene import show_plain

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OURS = re.compile(r"data/(?:train|validation)-\d{5}-of-\d{5}\.parquet")
_KEYS = ("HF_TOKEN", *sorted(key_variables()))
_SHORTEST_KEY = 8  # characters; what is shorter is a word, such as "EMPTY"


@dataclass(frozen=True, slots=True)
class Publication:
    """All that would be sent, and what it may be used for.

    `rows` are by split and language. `strict` is True where others than vicugna say what that is:
    the teacher's provider, or the owners of files. `wanted` is how many rows validation was to
    have: it has fewer where others are too near to train.
    """

    name: str
    repository: str
    public: bool
    licence: str
    terms: str
    strict: bool
    rows: Mapping[str, Mapping[Lang, int]]
    files: Mapping[str, bytes]
    wanted: int = 0


def prepare_push(
    run: Path,
    repository: str,
    *,
    public: bool = False,
    licence: str | None = None,
    validation: float | None = None,
) -> Publication:
    """Make what is to be sent of a run, without a look at the hub.

    `validation` is the share of the rows that become a split of their own.

    Raises:
        UserError: the name or the licence cannot be one, the run cannot be read or was changed, a
            split would be empty, or a key is in the texts.
    """
    check_repository(repository)
    if licence is not None:
        check_licence(licence)
    manifest = read_manifest(run)
    tasks = read_tasks(run / "tasks.jsonl")
    _check_whole(run, manifest, tasks)
    splits, wanted = _split(tasks, validation)
    data = {
        split: (f"data/{split}-00000-of-00001.parquet", dump_parquet(part))
        for split, part in splits.items()
    }
    try:
        publication = _make(manifest, tasks, splits, data, repository, public, licence)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        said = show_plain(f"{type(error).__name__}: {error}")
        raise UserError(f"{run / 'manifest.json'}: not the manifest of a run: {said}.") from error
    _check_keys(run, publication)
    return replace(publication, wanted=wanted)


def push(publication: Publication) -> Sent:
    """Send a publication; return the commit that holds it.

    Raises:
        UserError: there is no key, the hub refuses it, or the hub cannot be reached.
    """
    files, rows = publication.files, publication.rows
    counts = ", ".join(f"{sum(count.values())} rows of {split}" for split, count in rows.items())
    message = f"{publication.name}: {counts}"
    return send(Upload(publication.repository, publication.public, message, files, _OURS))


def _check_whole(run: Path, manifest: Mapping[str, Any], tasks: Sequence[Task]) -> None:
    """Raise when the rows are not those that the manifest, which is sent along, speaks of."""
    path = run / "tasks.jsonl"
    if not tasks:
        raise UserError(f"{path}: holds no task, so there is nothing to send.")
    files = manifest.get("files")
    told = cast(dict[str, Any], files).get("tasks.jsonl") if isinstance(files, dict) else None
    if isinstance(told, dict) and cast(dict[str, Any], told).get("sha256") != hash_file(path):
        raise UserError(
            f"{path}: was changed after the run; its SHA-256 is not that in manifest.json, which "
            "is sent as the proof of where rows come from. Put back what the run wrote."
        )


def _split(tasks: Sequence[Task], share: float | None) -> tuple[dict[str, Sequence[Task]], int]:
    """Return the splits, and how many rows of validation were wanted."""
    if share is None:
        return {"train": tasks}, 0
    from vicugna.splitting import split_tasks

    split = split_tasks(tasks, share)
    if not split.validation:
        raise UserError(
            f"validation {share:g}: none of {len(tasks):,} rows could be held out, because each is "
            "near to another or alone in its language. Push without it."
        )
    return {"train": split.train, "validation": split.validation}, split.wanted


def _make(
    manifest: dict[str, Any],
    tasks: Sequence[Task],
    splits: Mapping[str, Sequence[Task]],
    data: Mapping[str, tuple[str, bytes]],
    repository: str,
    public: bool,
    licence: str | None,
) -> Publication:
    counts = _count(tasks)
    types: dict[str, Any] = count_rows(tasks, ()).get("types", {})
    shown = manifest | {"counts": manifest["counts"] | {"tasks": counts, "types": types}}
    terms = kind_of_terms(shown)
    chosen = choose_licence(terms, licence, manifest.get("licence"))
    named = {split: (path, len(splits[split])) for split, (path, _) in data.items()}
    card = render_card(shown, tasks, describe_published(repository, chosen, terms, named))
    described = _describe(shown, repository, chosen)
    proof = orjson.dumps(strip_manifest(manifest), option=orjson.OPT_INDENT_2)
    return Publication(
        show_name(manifest),
        repository,
        public,
        chosen,
        terms_in_english(shown, published=True),
        terms != "offline",
        {split: _count(part) for split, part in splits.items()},
        {
            "README.md": card.encode(),
            "croissant.json": dump_croissant(described, data),
            **dict(data.values()),
            "manifest.json": proof + b"\n",
        },
    )


def _count(tasks: Sequence[Task]) -> dict[Lang, int]:
    counts: Counter[Lang] = Counter(task.draft.lang for task in tasks)
    return dict(sorted(counts.items()))


def _describe(manifest: Mapping[str, Any], repository: str, licence: str) -> Described:
    counts: Mapping[Lang, int] = manifest["counts"]["tasks"]
    total = f"{sum(counts.values()):,}"
    # The day of the run, not of the sending: the same set is the same bytes on any day.
    session: Mapping[str, Any] = manifest.get("session") or {}
    return Described(
        show_name(dict(manifest)),
        repository,
        licence,
        (
            f"{total} instructions with answers in {', '.join(counts)}, made and filtered by "
            "vicugna. How, and what they may be used for: README.md.",
            f"{total} 条指令数据（{'、'.join(counts)}），由 vicugna 生成并过滤，"
            "做法和使用条款见 README.md。",
        ),
        list(counts),
        finished[0] if (finished := _DAY.match(str(session.get("finished")))) else "",
    )


def _check_keys(run: Path, publication: Publication) -> None:
    """Raise when a key of this machine is in what would be sent."""
    texts = {name: content for name, content in publication.files.items() if "data/" not in name}
    texts["tasks.jsonl"] = (run / "tasks.jsonl").read_bytes()  # parquet is packed
    for variable in _KEYS:
        key = os.environ.get(variable, "").strip()
        for name, content in texts.items():
            if len(key) >= _SHORTEST_KEY and key.encode("utf-8", "replace") in content:
                raise UserError(
                    f"{run}: the key in {variable} occurs in {name}, so nothing is sent. Revoke "
                    "the key, and clean the run again without that row."
                )
