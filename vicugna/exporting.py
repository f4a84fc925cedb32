"""Writing a run again: in other layouts, or as a trainer wants it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from vicugna.conversations import is_longer, split_rounds
from vicugna.errors import UserError
from vicugna.formats.canonical import SCHEMA, read_tasks
from vicugna.formats.containers import Written
from vicugna.formats.folder import whole_folder
from vicugna.formats.run_folder import (
    check_formats,
    describe_exports,
    hash_files,
    write_exports,
    write_object,
)
from vicugna.layouts.faults import find_fault
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.turns import to_turns, with_reasoning
from vicugna.records import Draft, Lang, Task
from vicugna.runs import read_manifest
from vicugna.splitting import split_tasks
from vicugna.text.counting import Histogram, Tokens, histogram, load_tokens
from vicugna.trainers import DEFAULT_MODEL, TRAINERS, Exported, Setup


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a run is wanted: layouts by name, or a trainer by name, and how.

    `validation` is the share of rows that are kept apart. `max_tokens` splits conversations, by
    the `tokenizer`, which also gives the lengths. With `reasoning` it stands before its answer as
    <think>...</think>, where the layout has no place for it; without it is left away. `model` is
    what the trainer's configuration trains.
    """

    formats: Sequence[str] = ()
    trainer: str = ""
    validation: float = 0.0
    max_tokens: int | None = None
    tokenizer: str = ""
    reasoning: bool = False
    model: str = DEFAULT_MODEL


class Export(NamedTuple):
    """What an export came to.

    `held_out` are the validation rows, of so many that were `wanted`. `too_long` are tasks of one
    round that no split makes shorter. `lengths` are in tokens, None without a tokenizer.
    """

    folder: Path
    written: dict[str, Written]
    setup: Setup
    note: str
    held_out: int
    wanted: int
    too_long: int
    lengths: Histogram | None

    @property
    def files(self) -> dict[str, str]:
        """The path of each file of rows, by its layout."""
        return {kind: str(self.folder / one.file) for kind, one in self.written.items()}


def export_run(run: Path, wanted: Wanted, out: Path | None = None) -> Export:
    """Write the tasks of a run folder as wanted; return what was written.

    `out` is by default a folder beside the run, `<run>-export` or `<run>-<trainer>`.

    Raises:
        UserError: a layout or a trainer is unknown, a layout can hold none of the tasks, the run
            cannot be read, or the folder is a run or cannot be written.
    """
    _check(wanted)
    run = run if run.name not in ("", "..") else run.resolve()  # "." has no name of its own
    target = out or run.with_name(f"{run.name}-{wanted.trainer or 'export'}")
    if (target / "manifest.json").exists():
        raise UserError(f"{target}: is a run, and an export would replace it. Give another --out.")
    name = str(read_manifest(run)["name"])
    tasks = read_tasks(run / "tasks.jsonl")
    tokens = load_tokens(wanted.tokenizer) if wanted.tokenizer else None
    tasks, too_long = _split_long(tasks, wanted.max_tokens, tokens)
    held_out: list[Task] = []
    asked_for = 0
    if wanted.validation:
        tasks, held_out, asked_for = split_tasks(tasks, wanted.validation)
    drafts, validation = ([task.draft for task in part] for part in (tasks, held_out))
    lengths = histogram(map(tokens.count, _texts(drafts))) if tokens else None
    with whole_folder(target) as folder:
        formats = _choose(wanted, drafts)
        written = write_exports(
            folder,
            name,
            drafts,
            formats,
            validation,
            _refusal(wanted, tokens.marks if tokens else ()),
            reasoning=wanted.reasoning,
        )
        _refuse_empty(written, wanted)
        langs: Counter[Lang] = Counter(draft.lang for draft in drafts)
        setup, note = _configure(name, written, wanted, folder, max(langs, key=langs.__getitem__))
        told = {"schema": SCHEMA, "run": name, "for": wanted.trainer or None}
        told |= {"exports": describe_exports(written), "commands": list(setup.commands)}
        write_object(told | {"files": hash_files(folder)}, folder / "export.json")
    return Export(target, written, setup, note, len(held_out), asked_for, too_long, lengths)


def _check(wanted: Wanted) -> None:
    check_formats(wanted.formats)
    if wanted.trainer and wanted.trainer not in TRAINERS:
        raise UserError(f'trainer "{wanted.trainer}": unknown. Trainers are {", ".join(TRAINERS)}.')
    if bool(wanted.formats) == bool(wanted.trainer):
        raise UserError(
            "export: give --format with the names of layouts, or --for with a trainer, one of both."
        )
    if wanted.max_tokens is not None and not wanted.tokenizer:
        raise UserError("--max-tokens: tokens are counted by a tokenizer. Give --tokenizer too.")


def _choose(wanted: Wanted, drafts: Sequence[Draft]) -> Sequence[str]:
    """Return the layouts to write: those named, or those of the trainer that the set can fill."""
    if not wanted.trainer:
        return wanted.formats
    trainer = TRAINERS[wanted.trainer]
    rated = any(draft.alternatives for draft in drafts)
    return trainer.layouts + (trainer.preferences if rated else ())


def _refusal(wanted: Wanted, marks: Sequence[str]) -> Callable[[str, Draft], str]:
    """Return what says why a draft is of no use: to any trainer, or to the one it is for.

    `marks` are texts that the model takes for the end of a turn.
    """
    trainer = TRAINERS.get(wanted.trainer)

    def refuse(kind: str, draft: Draft) -> str:
        shown = with_reasoning(draft) if wanted.reasoning else draft
        texts = texts_of(shown, system=True, rejected=True)
        said = find_fault(draft) or find_mark(texts, marks)
        if trainer is None or said:
            return said
        pair = trainer.refuse_pair(draft) if kind in trainer.preferences else ""
        return trainer.refuse(draft) or pair

    return refuse


def _refuse_empty(written: dict[str, Written], wanted: Wanted) -> None:
    """Raise when a layout that was named has no row, or one that the trainer cannot do without."""
    needed = TRAINERS[wanted.trainer].layouts if wanted.trainer else wanted.formats
    for kind in needed:
        if not written[kind].rows:
            reasons = ", ".join(f"{why} ({n:,})" for why, n in written[kind].left_out.items())
            raise UserError(f"{kind}: none of the tasks can be written: {reasons or 'no tasks'}.")


def _configure(
    name: str, written: dict[str, Written], wanted: Wanted, folder: Path, lang: Lang
) -> tuple[Setup, str]:
    """Write what the trainer is configured by; return it, and what a user has to know."""
    if not wanted.trainer:
        return Setup({}, ()), ""
    trainer = TRAINERS[wanted.trainer]
    files = {kind: one.file for kind, one in written.items() if one.rows}
    setup = trainer.setup(Exported(name, files, wanted.model, lang))
    for file, text in setup.files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return setup, trainer.note


def _split_long(
    tasks: list[Task], most: int | None, tokens: Tokens | None
) -> tuple[list[Task], int]:
    """Return tasks with no conversation longer than it has to be, and how many still are."""
    if most is None or tokens is None:
        return tasks, 0
    parts = [
        replace(task, draft=part)
        for task in tasks
        for part in split_rounds(task.draft, most, tokens.count)
    ]
    return parts, sum(is_longer(part.draft, most, tokens.count) for part in parts)


def _texts(drafts: Sequence[Draft]) -> list[str]:
    return ["\n".join(text for _, text in to_turns(draft)) for draft in drafts]
