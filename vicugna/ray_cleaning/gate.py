"""One block through the gate, in order, after all earlier ones; and its rows as written."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vicugna.cleaning import Cleaning, compare
from vicugna.filtering import passes
from vicugna.formats.canonical import write_rejected, write_tasks
from vicugna.formats.containers import write_layout
from vicugna.manifest import Tally, tally
from vicugna.pool import Pool, draft_text
from vicugna.ray_cleaning.asking import Found, Kept, Past, Texts, keep_texts
from vicugna.ray_cleaning.rows import (
    Table,
    dump_verdicts,
    load_verdicts,
    read_passing,
    read_records,
)
from vicugna.ray_cleaning.rules import Rules
from vicugna.records import Draft, Lang, Rejected, Task, Verdict


class Part(NamedTuple):
    """The rows of a block as they are written, by file, and what they come to."""

    files: dict[str, bytes]
    tally: Tally
    examples: dict[Lang, Task]  # the first task of each language


def gate(
    table: Table, rules: Rules, asked: bool, texts: Texts, *founds: Found
) -> tuple[list[bytes], Kept | None]:
    """Return the verdicts on the rows that came so far, and what was kept of them.

    `founds` is what each earlier block has for this one. What is kept is returned if later blocks
    will have `asked` for it.
    """
    drafts = read_passing(table, rules)
    verdicts = judge_drafts(drafts, rules, Past(texts, founds))
    if not asked:
        return [dump_verdicts(said) for said in verdicts], None
    kept = [draft for draft, said in zip(drafts, verdicts, strict=True) if passes(said)]
    compared = [draft_text(rules.scope, draft) for draft in kept]
    ids = [draft.id for draft in kept]
    return [dump_verdicts(said) for said in verdicts], keep_texts(ids, compared, rules)


def judge_drafts(drafts: Sequence[Draft], rules: Rules, past: Past) -> list[tuple[Verdict, ...]]:
    """Return what the last filters say of each draft, each that is kept after what was before."""
    if not rules.chain.novelty:
        return [()] * len(drafts)
    pool = Pool(rules.max_f1, rules.scope, earlier=past)
    cleaning = Cleaning(rules.chain, pool, [Task(draft, ()) for draft in drafts])
    compare(cleaning)
    said = {task.draft.id: task.verdicts for task in cleaning.tasks}
    said |= {piece.id: (piece.verdict,) for piece in cleaning.rejected}
    return [said[draft.id] for draft in drafts]


def render(table: Table, rules: Rules, verdicts: Sequence[bytes]) -> Part:
    """Return the rows of a block as they are written."""
    tasks: list[Task] = []
    rejected: list[Rejected] = []
    last = iter(verdicts)
    columns = (table["verdicts"].to_pylist(), table["passing"].to_pylist())
    for record, known, passing in zip(read_records(table, rules), *columns, strict=True):
        if isinstance(record, Rejected):
            rejected.append(record)
            continue
        said = load_verdicts(known) + (load_verdicts(next(last)) if passing else ())
        if passes(said):
            tasks.append(Task(record, said))
        else:
            rejected.append(Rejected(record.id, record.lang, said[-1], record.source, record))
    examples: dict[Lang, Task] = {}
    for task in tasks:
        examples.setdefault(task.draft.lang, task)
    return Part(_write(tasks, rejected), tally(tasks, rejected), examples)


def count_by_file(table: Table) -> Counter[int]:
    """Return how many rows of a block are of each file."""
    return Counter(table["file"].to_pylist())


def _write(tasks: Sequence[Task], rejected: Sequence[Rejected]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write_tasks(tasks, Path(folder) / "tasks.jsonl")
        write_rejected(rejected, Path(folder) / "rejected.jsonl")
        write_layout("messages", [task.draft for task in tasks], Path(folder))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}
