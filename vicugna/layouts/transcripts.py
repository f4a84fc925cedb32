r"""Conversations as one text: "Human: ...\n\nAssistant: ...\n\nHuman: ...".

So Anthropic's HH-RLHF has them, and after it DeepSpeed-Chat and ChatLLaMA. A turn ends where an
empty line and the name of the next speaker stand, so no text may hold those two.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from vicugna.layouts.layout import Row
from vicugna.layouts.turns import Role, Turn
from vicugna.text.hygiene import clean_text

_NAMES: dict[Role, str] = {"user": "Human:", "assistant": "Assistant:"}
_ROLES: dict[str, Role] = {"Human": "user", "Assistant": "assistant"}
_CUT = re.compile(r"(?:\A|\n\n)(Human|Assistant):")


def find_cut(texts: Iterable[str]) -> str:
    r"""Return why texts cannot stand in a transcript, "" when they can.

    >>> find_cut(["a\n\nHuman: b"]), find_cut(["a Human: b"])
    ('Human: in a text', '')
    """
    for text in texts:
        for name in _NAMES.values():
            if f"\n\n{name}" in text:
                return f"{name} in a text"
    return ""


def spoken(turns: Iterable[Turn]) -> list[str]:
    """Return the texts of the turns that a transcript has: all but the system turn."""
    return [text for role, text in turns if role != "system"]


def write_transcript(turns: Sequence[Turn]) -> str:
    r"""Return turns as one text, without a system turn.

    >>> write_transcript([("user", "1+1?"), ("assistant", "2"), ("user", "2+2?")])
    'Human: 1+1?\n\nAssistant: 2\n\nHuman: 2+2?'
    """
    return "\n\n".join(f"{_NAMES[role]} {text}" for role, text in turns if role != "system")


def is_transcript(value: Any) -> bool:  # noqa: ANN401 - from JSON
    """Return whether a value is text that begins with a human's turn."""
    return isinstance(value, str) and value.lstrip().startswith("Human:")


def read_transcript(text: str) -> list[Row]:
    r"""Return the turns of a transcript, as `turns.read_turns` takes them.

    >>> read_transcript("\n\nHuman: 1+1?\n\nAssistant: 2")
    [{'role': 'user', 'content': '1+1?'}, {'role': 'assistant', 'content': '2'}]
    """
    _, *parts = _CUT.split(clean_text(text))
    turns = zip(parts[::2], parts[1::2], strict=True)
    return [{"role": _ROLES[name], "content": said.strip()} for name, said in turns]
