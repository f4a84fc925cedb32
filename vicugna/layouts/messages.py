"""OpenAI messages: {"messages": [{"role": "system"|"user"|"assistant", "content"}, ...]}.

Read as is by TRL, axolotl (chat_template), LLaMA-Factory (with tags), ms-swift, torchtune
and OpenRLHF. There is no other column: TRL takes one named "prompt" or "completion" for the layout.
"""

from vicugna.layouts.layout import SYSTEM, Layout, Read, Row
from vicugna.layouts.texts import read_text
from vicugna.layouts.turns import are_turns, as_messages, read_turns, to_turns
from vicugna.records import Draft

_MORE = frozenset(
    {"chosen", "rejected", "label", "kto_tag", "rejected_response", "rejected_messages"}
)


def _write(draft: Draft) -> list[Row] | str:
    return [{"messages": as_messages(to_turns(draft))}]


def _matches(row: Row) -> bool:
    return are_turns(row.get("messages")) and not row.keys() & _MORE


def _read(row: Row) -> Read:
    return read_turns(row["messages"], read_text(row, "system") or "")


MESSAGES = Layout("messages.jsonl", "lines", _write, _matches, _read, SYSTEM)
PARQUET = Layout("messages.parquet", "parquet", _write, _matches, _read, SYSTEM)
