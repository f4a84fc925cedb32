"""Alpaca: one JSON array of {"instruction", "input", "output"}, every value a string.

Read as is by stanford_alpaca, alpaca-lora, LLaMA-Factory, axolotl, ms-swift, torchtune, OpenRLHF.
"""

from collections.abc import Sequence
from pathlib import Path

from vicugna.formats.lines import write_array
from vicugna.records import Task


def write_alpaca(tasks: Sequence[Task], path: Path) -> None:
    """Write tasks in the Alpaca layout; `input` is "" where there is none, never null."""
    write_array(
        path,
        (
            {
                "instruction": task.draft.instruction,
                "input": task.draft.input,
                "output": task.draft.output,
            }
            for task in tasks
        ),
    )
