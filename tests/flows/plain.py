"""Run a flow's function as what it is, without Prefect: tasks become the functions they wrap."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest


def run_plain(
    module: ModuleType,
    flow: str,
    params: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    shows: ModuleType | None = None,
) -> tuple[Any, list[tuple[str, Any]]]:
    """Return what a flow's function returns, and its artifacts as (key, what it shows), in order.

    Parameters are read as Prefect reads them. `shows` is the module that makes the artifacts, where
    that is another.
    """
    shown: list[tuple[str, Any]] = []
    keys: dict[UUID, str] = {}

    def task(**_: Any) -> Callable[[Any], Any]:
        return lambda function: function

    async def create(progress: Any = None, *, key: str, markdown: Any = None, **_: Any) -> UUID:
        shown.append((key, progress if markdown is None else markdown))
        keys[identity := uuid4()] = key
        return identity

    async def tabulate(*, table: Any, key: str, **_: Any) -> None:
        shown.append((key, table))

    async def update(identity: UUID, *, progress: float) -> None:
        shown.append((keys[identity], progress))

    monkeypatch.setattr(module, "task", task)
    for name, stand_in in (
        ("acreate_markdown_artifact", create),
        ("acreate_table_artifact", tabulate),
        ("acreate_progress_artifact", create),
        ("aupdate_progress_artifact", update),
    ):
        monkeypatch.setattr(shows or module, name, stand_in, raising=False)
    found = getattr(module, flow)
    known = found.validate_parameters({"params": params})
    return asyncio.run(found.fn(**known)), shown
