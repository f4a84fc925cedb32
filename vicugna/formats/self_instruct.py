"""The fine-tune file of Self-Instruct: one {"prompt", "completion"} a line.

github.com/yizhongw/self-instruct, prepare_for_finetuning.py: the prompt ends with "Output:", the
completion begins with a space and ends with <|endoftext|>. The repository draws one of 13
templates for each row; here it is always one, with its labels in the language of the task.
"""

from collections.abc import Sequence
from pathlib import Path

from vicugna.formats.lines import write_lines
from vicugna.records import Draft, Lang, Task

_LABELS: dict[Lang, tuple[str, str, str]] = {
    "en": ("Task: ", "Input: ", "Output:"),
    "zh": ("任务：", "输入：", "输出："),
}


def write_self_instruct(tasks: Sequence[Task], path: Path) -> None:
    """Write tasks in the layout of Self-Instruct's fine-tune file."""
    write_lines(path, (_row(task.draft) for task in tasks))


def _row(draft: Draft) -> dict[str, str]:
    task, given, output = _LABELS[draft.lang]
    middle = f"\n\n{given}{draft.input}" if draft.input else ""
    return {
        "prompt": f"{task}{draft.instruction}{middle}\n\n{output}",
        "completion": f" {draft.output}<|endoftext|>",
    }
