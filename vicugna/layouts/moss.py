r"""MOSS-003: one dialogue a line, every part of a turn between its marks.

    {"conversation_id": "1", "meta_instruction": "...\n", "num_turns": 1, "chat": {"turn_1": {
     "Human": "<|Human|>: 说出一种鸟。<eoh>\n", "Inner Thoughts": "<|Inner Thoughts|>: None<eot>\n",
     "Commands": "<|Commands|>: None<eoc>\n", "Tool Responses": "<|Results|>: None<eor>\n",
     "MOSS": "<|MOSS|>: 麻雀。<eom>\n"}}, "category": "open_qa"}

OpenMOSS/MOSS, finetune_moss.py, `SFTDataset.load_data`, from `data_dir`/train.jsonl and val.jsonl:
`meta_instruction` must have a token, and `num_turns` turns are read; their values are joined in the
order of their keys, and all is trained but the meta instruction and what a tool answered. Turns
beyond 2,048 tokens are left away, and a dialogue whose first is longer: shorten them before.

`turn_2` and further ones are there only as often as there are rounds; it reads JSON, not a table.
What was thought stands in "Inner Thoughts". A dialogue that calls a tool cannot be held.

Read here too: the same conversations as Firefly has them, {"conversation": [{"human",
"assistant"}], "category"} (yangjianxin1/Firefly, component/dataset.py, `UnifiedSFTDataset`).
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from vicugna.layouts.layout import Layout, Part, Problem, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.texts import dump_row, read_text
from vicugna.layouts.turns import read_turns, user_turn
from vicugna.records import Draft, Round

DEFAULT = "You are a helpful, honest and harmless AI assistant."
_HOLDS: frozenset[Part] = frozenset({"system", "reasoning"})
_NONE = "None"
# Names of the parts of a turn, and what stands before and after each.
_PARTS = {
    "Human": ("<|Human|>", "<eoh>"),
    "Inner Thoughts": ("<|Inner Thoughts|>", "<eot>"),
    "Commands": ("<|Commands|>", "<eoc>"),
    "Tool Responses": ("<|Results|>", "<eor>"),
    "MOSS": ("<|MOSS|>", "<eom>"),
}
# The last is what its tokenizer begins a text with (models/tokenization_moss.py).
_MARKS = [mark for marks in _PARTS.values() for mark in marks] + ["<|endoftext|>"]
_PART = re.compile(r"\A\s*(?:<\|[^|]*\|>:)?(?P<text>.*?)(?:<eo[htcrm]>)?\s*\Z", re.DOTALL)


def _write(draft: Draft) -> list[Row] | str:
    rounds = [Round(user_turn(draft), draft.output, draft.reasoning), *draft.rounds]
    thoughts = [one.reasoning for one in rounds]
    if refused := find_mark([*texts_of(draft, system=True), *thoughts], _MARKS):
        return refused
    chat = {f"turn_{number}": _write_turn(one) for number, one in enumerate(rounds, 1)}
    return [
        {
            "conversation_id": draft.id,
            "meta_instruction": (draft.system or DEFAULT) + "\n",
            "num_turns": len(rounds),
            "chat": chat,
            "category": draft.type,
        }
    ]


def _write_turn(one: Round) -> dict[str, str]:
    texts = (one.question, one.reasoning or _NONE, _NONE, _NONE, one.answer)
    return {
        name: f"{begin}: {text}{end}\n"
        for (name, (begin, end)), text in zip(_PARTS.items(), texts, strict=True)
    }


def _matches(row: Row) -> bool:
    return isinstance(row.get("chat"), dict) or _are_pairs(row.get("conversation"))


def _are_pairs(value: Any) -> bool:  # noqa: ANN401 - from JSON
    pairs = cast(list[Any], value) if isinstance(value, list) else [None]
    return all(isinstance(one, dict) and {"human", "assistant"} <= one.keys() for one in pairs)


def _read(row: Row) -> Read:
    chat = row.get("chat")
    turns = list(_read_chat(cast(Row, chat)) if isinstance(chat, dict) else _read_pairs(row))
    if "" in turns:
        return [Problem("a turn that is not an object", dump_row(row))]
    system = read_text(row, "meta_instruction", "system") or ""
    read = read_turns(turns, "" if system == DEFAULT else system)
    category = read_text(row, "category")
    for piece in read:
        if category and not isinstance(piece, Problem):
            piece["type"] = category
    return read


def _read_pairs(row: Row) -> Iterator[Row]:
    for pair in row["conversation"]:
        yield {"role": "user", "content": pair["human"]}
        yield {"role": "assistant", "content": pair["assistant"]}


def _read_chat(chat: Row) -> Iterator[Row | str]:
    """Yield the turns of a dialogue, "" for one that is none."""
    names = sorted(chat, key=lambda name: (len(name), name))  # turn_2 before turn_10
    for turn in (chat[name] for name in names):
        if not isinstance(turn, dict):
            yield ""
            continue
        parts = {name: _read_part(part) for name, part in cast(Row, turn).items()}
        thought, command, result = (
            "" if parts.get(name) == _NONE else parts.get(name) for name in list(_PARTS)[1:4]
        )
        yield {"role": "user", "content": parts.get("Human")}
        answer = {"content": parts.get("MOSS"), "reasoning": thought}
        yield {"role": "assistant", "tool_calls": command or result, **answer}


def _read_part(value: Any) -> Any:  # noqa: ANN401 - from JSON
    """Return what stands between the marks; what is no text as it is."""
    part = _PART.match(value) if isinstance(value, str) else None
    return value if part is None else part["text"].strip()


MOSS = Layout("moss.jsonl", "lines", _write, _matches, _read, _HOLDS)
