"""Starting work on a set: with its lease, and with whom to tell what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from itertools import chain
from pathlib import Path

from vicugna.errors import VicugnaError
from vicugna.ledger import open_ledger
from vicugna.pipeline import ledger_url
from vicugna.releasing.night import Grow, Night, release_night
from vicugna.releasing.outcome import Outcome
from vicugna.releasing.telling import check_hooks, tell

Work = Callable[[], Awaitable[Outcome]]


async def start_night(night: Night, grow: Grow) -> Outcome:
    """Do a night's work on a set.

    Raises:
        VicugnaError: as `release_night`; whom the user names is told of it first.
    """
    recipe = night.recipe
    teachers = chain([recipe.teacher], *recipe.teachers.values())
    keys = {one.key_env for one in teachers if one.key_env}
    return await start(night.folder, partial(release_night, night, grow), keys)


async def start(folder: Path, work: Work, keys: Collection[str] = ()) -> Outcome:
    """Do work on a set while nobody else does, and tell whom the user names what came of it.

    `keys` are environment variables that a hook does not get, beside those of the providers.

    Raises:
        VicugnaError: what `work` raises, after it was told.
    """
    check_hooks()
    try:
        outcome = await _with_lease(folder, work)
    except VicugnaError as error:
        failed = Outcome(folder, "failed", words=str(error))
        await asyncio.to_thread(tell, failed.occasion, failed.to_json(), keys)
        raise
    if outcome.occasion:
        await asyncio.to_thread(tell, outcome.occasion, outcome.to_json(), keys)
    return outcome


async def _with_lease(folder: Path, work: Work) -> Outcome:
    """Do work while nobody else is at work on the set; otherwise say since when, and do nothing.

    The lease is in the ledger: it ends with its process, and holds between machines.
    """
    name = f"set:{folder.name}"
    async with open_ledger(ledger_url()) as ledger:
        taken = await ledger.take(name)
        if taken is not None:
            words = f"another process has been at work on it since {taken.since}"
            return Outcome(folder, "busy", words=words)
        try:
            return await work()
        finally:
            await ledger.leave(name)
