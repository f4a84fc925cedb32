"""OpenAI messages: one object a line, {"messages": [{"role", "content"}, ...]}.

Read as is by TRL, axolotl (chat_template), LLaMA-Factory (with tags), ms-swift, torchtune
and OpenRLHF. There is no other column: TRL takes one named "prompt" or "completion" for the layout.
"""

from collections.abc import Sequence
from pathlib import Path

from vicugna.formats.lines import write_lines
from vicugna.records import Draft, Task


def user_turn(draft: Draft) -> str:
    """Return instruction and input as one user turn, joined as LLaMA-Factory joins them."""
    return f"{draft.instruction}\n{draft.input}" if draft.input else draft.instruction


def to_messages(draft: Draft) -> list[dict[str, str]]:
    """Return a draft as a user turn and an assistant turn."""
    return [
        {"role": "user", "content": user_turn(draft)},
        {"role": "assistant", "content": draft.output},
    ]


def write_messages(tasks: Sequence[Task], path: Path) -> None:
    """Write tasks as OpenAI messages, one line each."""
    write_lines(path, ({"messages": to_messages(task.draft)} for task in tasks))
