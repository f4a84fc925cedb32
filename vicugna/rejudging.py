"""The drafts of a run, judged again in the order in which the run judged them. Nothing is asked.

The set is a function of the answers, and the drafts of the answers are in the folder of the run:
so what other filters would have kept of them costs nothing to know. No target and no quota
applies: what passes stays.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from vicugna.earlier import Earlier
from vicugna.errors import UserError
from vicugna.filtering import Chain, Filter, judge, passes
from vicugna.formats.canonical import read_rejected, read_replies, read_tasks
from vicugna.methods import Seeds
from vicugna.pipeline import seed_pool
from vicugna.pool import Pool
from vicugna.records import Draft, Rejected, Scope, Task, Verdict
from vicugna.runs import read_manifest
from vicugna.seeds import load_seeds
from vicugna.settings import Recipe
from vicugna.text.hygiene import show_plain

# What no filter said: the piece could not be read, or the method itself keeps no such instance.
# Neither depends on a filter, so judging again would say the same.
_NOT_A_FILTER = ("parse", "instances")
FILES = ("tasks.jsonl", "rejected.jsonl", "replies.jsonl")


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run as its folder holds it.

    `pieces` are drafts to judge again, and rejected pieces without anything to judge, which stay
    rejected. They are in the order in which the run judged them; what it turned away only because
    a language was full comes after the rest, so that it takes nobody's place. `sha256` is by file.
    """

    folder: Path
    recipe: Recipe
    pieces: list[Draft | Rejected]
    sha256: Mapping[str, str]


def read_run(folder: Path) -> PastRun:
    """Read what `vicugna run` wrote.

    Raises:
        UserError: the folder is not that of a run, a file is missing or not as it was written.
    """
    recipe = _read_recipe(folder)
    if not (folder / "replies.jsonl").exists():
        raise UserError(
            f"{folder}: has no replies.jsonl, so the order of its drafts is not known. Run its "
            "recipe again with this version: what is in the ledger is not paid for again."
        )
    places: dict[str, int] = {}
    for place, line in enumerate(read_replies(folder / "replies.jsonl")):
        places.setdefault(line.request, place)

    def order(record: Task | Rejected) -> tuple[bool, int, int]:
        piece = record.draft if isinstance(record, Task) else record
        source = piece.source
        if source.request not in places:
            row = show_plain(piece.id, 80)
            raise UserError(
                f'{folder}: row "{row}" is of an answer that replies.jsonl does not have. '
                "Run its recipe again: what is in the ledger is not paid for again."
            )
        return _was_turned_away(record), places[source.request], source.position

    records: list[Task | Rejected] = [*read_tasks(folder / "tasks.jsonl")]
    records += read_rejected(folder / "rejected.jsonl")
    pieces = [_draft_or_piece(record) for record in sorted(records, key=order)]
    sha256 = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    return PastRun(folder, recipe, pieces, sha256)


def rejudge(
    run: PastRun, chain: Chain, max_f1: float, scope: Scope, earlier: Earlier | None = None
) -> tuple[list[Task], list[Rejected]]:
    """Judge every draft of a run with a chain; return what passes and what does not, in order.

    The pool begins with the seed tasks, as it did in the run, and is one for all drafts. So with
    the filters of the run everything it kept passes again, in the same order, and after it what
    was only too much. (A run of several shards had a pool for each: what one of them dropped as
    near to a task that the last gate dropped in its turn may now stay.)
    """
    seeds: Seeds = {lang: load_seeds(lang) for lang in run.recipe.languages}
    pool = seed_pool(seeds, max_f1, scope, earlier)
    gates: dict[str, tuple[Verdict, ...]] = {}
    tasks: list[Task] = []
    rejected: list[Rejected] = []
    pool.expect([piece for piece in run.pieces if isinstance(piece, Draft)])
    for piece in run.pieces:
        if isinstance(piece, Rejected):
            rejected.append(piece)
            continue
        verdicts = _judge_draft(piece, chain, pool, gates)
        if passes(verdicts):
            tasks.append(Task(piece, verdicts))
        else:
            rejected.append(Rejected(piece.id, piece.lang, verdicts[-1], piece.source, piece))
    return tasks, rejected


def _judge_draft(
    draft: Draft, chain: Chain, pool: Pool, gates: dict[str, tuple[Verdict, ...]]
) -> tuple[Verdict, ...]:
    """Return the verdicts on a draft, as its method asks for them.

    An instance shares its instruction with others of its group: the answer is judged alone, and
    the instruction once for the whole group, when the first of them has a good answer. What is
    compared is the instruction, for the whole group, or with another scope each instance.
    """
    if draft.group in ("", draft.id):
        return _gate(draft, chain.whole, pool)
    verdicts = judge(draft, chain.answer, pool)
    if not passes(verdicts):
        return verdicts
    together = pool.scope == "instruction"
    if draft.group not in gates:
        instruction = replace(draft, id=draft.group, input="", output="", check="")
        gates[draft.group] = (
            _gate(instruction, chain.instruction + chain.novelty, pool)
            if together
            else judge(instruction, chain.instruction, pool)
        )
    gate = gates[draft.group]
    if not passes(gate):
        return gate
    return verdicts if together else verdicts + _gate(draft, chain.novelty, pool)


def _gate(draft: Draft, filters: tuple[Filter, ...], pool: Pool) -> tuple[Verdict, ...]:
    """Return the verdicts on a draft; when it passes, it is compared with from then on."""
    verdicts = judge(draft, filters, pool)
    if passes(verdicts):
        pool.add_compared(draft)
    return verdicts


def _was_turned_away(record: Task | Rejected) -> bool:
    """Return whether a draft came when its language was full: then it never was in the pool.

    One that was kept, and trimmed at an early stop, is over the limit, not at it.
    """
    if isinstance(record, Task):
        return False
    return record.verdict.filter == "quota" and record.verdict.measure == record.verdict.limit


def _draft_or_piece(record: Task | Rejected) -> Draft | Rejected:
    """Return the draft of a record, or a rejected piece when there is nothing to judge again.

    An instruction that was dropped before it had an answer has none to keep.
    """
    if isinstance(record, Task):
        return record.draft
    draft = record.draft
    if draft is None or not draft.output or record.verdict.filter in _NOT_A_FILTER:
        return record
    return draft


def _read_recipe(folder: Path) -> Recipe:
    manifest = read_manifest(folder)
    if manifest["made_by"] != "run":
        raise UserError(
            f"{folder}: was not made by `vicugna run`. Give the run or the files it was made from."
        )
    try:
        return Recipe.model_validate(manifest.get("recipe"))
    except ValidationError as error:
        first = error.errors()[0]
        place = show_plain(".".join(["recipe", *map(str, first["loc"])]), 80)
        raise UserError(
            f"{folder / 'manifest.json'}: {place}: {first['msg']}. Another version wrote it: run "
            "the recipe again; what is in the ledger is not paid for again."
        ) from error
