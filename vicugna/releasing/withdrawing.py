"""A version with fewer rows: those that somebody complained about, or that a filter drops today."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from vicugna.content import load_filters
from vicugna.errors import UserError
from vicugna.filtering import Chain
from vicugna.formats.release_folder import point_latest, write_release
from vicugna.manifest import reason_of
from vicugna.records import Change, Task
from vicugna.rejudging import PastRun, rejudge
from vicugna.releasing.describing import describe_withdrawal
from vicugna.releasing.history import History, read_history
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.versions import check_day, find_set, next_version
from vicugna.settings import Recipe
from vicugna.text.hygiene import show_plain

MakeChain = Callable[[Sequence[str] | None], Chain]


def plan_withdrawal(
    name: str, rows: Sequence[str], why: str, filters: Sequence[str] | None, day: str | None
) -> tuple[Path, Callable[[], Awaitable[Outcome]]]:
    """Return the folder of a set, and what releases it without `rows`; without any, the failing.

    Raises:
        UserError: the name, the day or a filter is none.
    """
    folder, made_on = find_set(name), check_day(day)
    make_chain: MakeChain = load_filters().chain
    make_chain(filters)

    async def release() -> Outcome:
        if rows:
            return withdraw_rows(folder, made_on, dict.fromkeys(rows, why))
        return withdraw_failing(folder, made_on, make_chain, filters)

    return folder, release


def withdraw_rows(folder: Path, day: str, why: Mapping[str, str]) -> Outcome:
    """Release a set without some rows; the caller has the lease of the set.

    `why` is by id.

    Raises:
        UserError: there is no release, or a row is not in it.
    """
    history = _read_released(folder)
    tasks = history.read_rows()
    if unknown := why.keys() - {task.draft.id for task in tasks}:
        row = show_plain(min(unknown), 80)
        raise UserError(f'row "{row}": not in {history.versions[-1]}. Ids are in its tasks.jsonl.')
    return _release(history, tasks, day, why)


def withdraw_failing(
    folder: Path, day: str, make_chain: MakeChain, filters: Sequence[str] | None = None
) -> Outcome:
    """Release a set without the rows that filters drop; the caller has the lease of the set.

    Rows are judged in their order, with the limit, the scope and, where none are named, the
    filters of the set's recipe.

    Raises:
        UserError: there is no release, or its recipe is that of another version.
    """
    history = _read_released(folder)
    tasks = history.read_rows()
    recipe = _read_recipe(history)
    drafts = [task.draft for task in tasks]
    past = PastRun(history.place(history.versions[-1]), recipe, [*drafts], {})
    chain = make_chain(recipe.filters if filters is None else filters)
    _, rejected = rejudge(past, chain, recipe.max_f1, recipe.scope)
    return _release(history, tasks, day, {piece.id: reason_of(piece) for piece in rejected})


def _release(history: History, tasks: list[Task], day: str, why: Mapping[str, str]) -> Outcome:
    if not why:
        return Outcome(history.folder, "complete", history.latest)
    left = [task for task in tasks if task.draft.id not in why]
    if not left:
        raise UserError(f"{history.name}: no row would be left. Nothing was released.")
    changes = [
        Change("withdrawn", task.draft.id, task.draft.lang, why[task.draft.id])
        for task in tasks
        if task.draft.id in why
    ]
    version = next_version(history.versions, day)
    manifest = describe_withdrawal(history, version, (left, changes))
    formats = (history.latest or {})["recipe"]["formats"]
    target = history.place(version)
    manifest = write_release(target, left, changes, formats, manifest)
    point_latest(history.folder, target)
    return Outcome(history.folder, "released", manifest, "target")


def _read_released(folder: Path) -> History:
    history = read_history(folder)
    if not history.manifests:
        raise UserError(f'set "{folder.name}": has no release yet; `vicugna release` makes one.')
    point_latest(folder, history.place(history.versions[-1]))  # where a start before was killed
    return history


def _read_recipe(history: History) -> Recipe:
    try:
        return Recipe.model_validate((history.latest or {})["recipe"])
    except ValidationError as error:
        place = show_plain(".".join(["recipe", *map(str, error.errors()[0]["loc"])]), 80)
        raise UserError(
            f"{history.place(history.versions[-1])}: {place} is of another version."
        ) from error
