"""ShareGPT: one JSON array of {"id", "conversations": [{"from": "human"|"gpt", "value"}]}.

As FastChat's train.py reads it: it starts with human, turns alternate, there is no system turn.
Also read by LLaMA-Factory, ms-swift, torchtune, and axolotl with a mapping.
"""

from collections.abc import Sequence
from pathlib import Path

from vicugna.formats.lines import write_array
from vicugna.formats.messages import user_turn
from vicugna.records import Task


def write_sharegpt(tasks: Sequence[Task], path: Path) -> None:
    """Write tasks in the ShareGPT layout."""
    write_array(
        path,
        (
            {
                "id": task.draft.id,
                "conversations": [
                    {"from": "human", "value": user_turn(task.draft)},
                    {"from": "gpt", "value": task.draft.output},
                ],
            }
            for task in tasks
        ),
    )
