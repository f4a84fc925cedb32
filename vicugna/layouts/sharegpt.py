"""ShareGPT: {"id", "conversations": [{"from": "human"|"gpt", "value"}]}.

As FastChat's train.py reads it (0.2.36): it starts with human, turns alternate, there is no
system turn (a KeyError there). Also read by LLaMA-Factory, ms-swift, torchtune, and axolotl with a
mapping. FastChat finds the answers by cutting the rendered conversation at "</s>" and
" ASSISTANT: " (a space is put before each question), and counts "<unk>" as padding: where a text
has one of these, it masks the whole conversation and trains on nothing, with a printed warning.
Such a conversation is refused, and one with " ASSISTANT:" at the end of a question, which is
trained as part of the answer.
"""

from vicugna.layouts.layout import Layout, Read, Row
from vicugna.layouts.texts import read_text
from vicugna.layouts.turns import are_turns, read_turns, to_turns
from vicugna.records import Draft

FROM = {"user": "human", "assistant": "gpt"}
_CUTS = ("</s>", "<unk>", " ASSISTANT:")


def _write(draft: Draft) -> list[Row] | str:
    turns = [(role, text) for role, text in to_turns(draft) if role != "system"]
    for cut in _CUTS:
        if any(cut in f" {text}" for _, text in turns):
            return f"{cut.strip()} in a text"
    conversations = [{"from": FROM[role], "value": text} for role, text in turns]
    return [{"id": draft.id, "conversations": conversations}]


def _matches(row: Row) -> bool:
    return are_turns(row.get("conversations")) and not row.keys() & {"chosen", "rejected"}


def _read(row: Row) -> Read:
    return read_turns(row["conversations"], read_text(row, "system") or "")


SHAREGPT = Layout("sharegpt.json", "array", _write, _matches, _read)
