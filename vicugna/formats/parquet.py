"""Parquet with OpenAI messages, written through `datasets`, types stated so none can be null."""

from collections.abc import Sequence
from pathlib import Path

from vicugna.formats.messages import to_messages
from vicugna.records import Task


def write_parquet(tasks: Sequence[Task], path: Path) -> None:
    """Write tasks as one parquet file with the column `messages`."""
    # Imported here: `datasets` takes a second to import, and only this layout needs it.
    # It ships no stubs, and its signatures are partly untyped.
    from datasets import (  # pyright: ignore[reportMissingTypeStubs]
        Dataset,
        Features,
        List,
        Value,
        disable_progress_bars,
    )

    disable_progress_bars()  # the run has a panel of its own
    turn = {"role": Value("string"), "content": Value("string")}
    rows = {"messages": [to_messages(task.draft) for task in tasks]}
    features = Features({"messages": List(turn)})
    data = Dataset.from_dict(rows, features)  # pyright: ignore[reportUnknownMemberType]
    data.to_parquet(path)  # pyright: ignore[reportUnknownMemberType]
