"""Reply text to pieces: every piece is read as fields, or carries the reason why not.

Layers, from strict to lenient: JSON; JSON that one repair mends (`json_repair`, accepted only when
every value stands literally in the text); text with labelled fields in either language's
punctuation. Numbers before items are never compared with a count, so one that is wrong loses
nothing. The last piece of an answer that was cut is dropped, never completed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import json_repair
import orjson

from vicugna.text.hygiene import clean_text

FIELDS = ("instruction", "input", "output")
_NAMES = {
    "instruction": "instruction", "input": "input", "output": "output", "check": "check",
    "指令": "instruction", "输入": "input", "输出": "output",
}  # fmt: skip
_OBJECT = re.compile(r'\{\s*"(?:instruction|input|output|指令|输入|输出)"\s*:', re.IGNORECASE)
_NUMBER = r"(?:[#*\s>-]*(?:[(（]?(?:\d+|[一二三四五六七八九十]+)\s*[.、)）．:：])?[ \t]*)"
_LABEL = re.compile(
    rf"^(?P<lead>{_NUMBER})(?:\*\*)?(?P<name>instruction|input|output|指令|输入|输出)(?:\*\*)?"
    r"\s*[:：](?:\*\*)?",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(
    r"^[ \t]*[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[ \t]*[.、)）．:：](?!\d)[ \t]*",
    re.MULTILINE,
)
_RULE = re.compile(r"\s*(?:#{2,}|-{3,}|\*{3,})\s*\Z")
_THINKING = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_NO_INPUT = re.compile(
    r"\A[\s<(（【\[\"'`]*(?:no\s?input(?: (?:needed|required|given|provided))?|none|n/?a|null"
    r"|无输入|没有输入|无需输入|不需要输入|不适用|无)[\s>)）】\]\"'`.。;；]*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of a reply. `fields` is None when it could not be read; then `reason` says why.

    Reasons: "empty" (no text at all), "cut" (the answer ended inside it), "unreadable" (no layer
    could read it), "no <field>" (a field is missing), "<field> is not text".
    """

    position: int
    text: str
    fields: dict[str, str] | None
    reason: str = ""


def parse_tasks(text: str, *, cut: bool, required: tuple[str, ...] = FIELDS) -> list[Piece]:
    """Read the tasks of one reply.

    `cut` is true when the answer ended because of its length. `required` are the fields that a
    piece must have; a missing input counts as "".

    >>> parse_tasks('{"instruction": "1+1?", "output": "2"}', cut=False)[0].fields
    {'instruction': '1+1?', 'output': '2', 'input': ''}
    """
    text = _THINKING.sub("", text)
    if not text.strip():
        return [Piece(0, "", None, "empty")]
    chunks = list(_objects(text))
    if chunks:
        found = [_read_object(chunk, last and cut, required) for chunk, last in chunks]
    else:
        found = list(_labelled(text, cut, required)) or [(text.strip(), None, "unreadable")]
    return [Piece(place, *piece) for place, piece in enumerate(found)]


def parse_list(text: str, *, cut: bool) -> list[Piece]:
    """Read a numbered list, one instruction an item; lines of JSON with "instruction" too.

    A first item without a number is taken when the list goes on from a number the prompt gave.
    """
    text = _THINKING.sub("", text)
    if _OBJECT.search(text):
        return parse_tasks(text, cut=cut, required=("instruction",))
    if not text.strip():
        return [Piece(0, "", None, "empty")]
    starts = [match.span() for match in _ITEM.finditer(text)]
    if not starts:
        return [Piece(0, text.strip(), None, "cut" if cut else "unreadable")]
    ends = [begin for begin, _ in starts[1:]] + [len(text)]
    pieces: list[Piece] = []
    for place, ((_, begin), end) in enumerate(zip(starts, ends, strict=True)):
        item = " ".join(clean_text(_RULE.sub("", text[begin:end])).split())
        if cut and place == len(starts) - 1:
            pieces.append(Piece(place, item, None, "cut"))
        elif not item:
            pieces.append(Piece(place, item, None, "no instruction"))
        else:
            pieces.append(Piece(place, item, {"instruction": item}))
    return pieces


_Read = tuple[str, dict[str, str] | None, str]


def _objects(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each JSON object that starts with a known field, and whether it is the last."""
    starts = [match.start() for match in _OBJECT.finditer(text)]
    for place, start in enumerate(starts):
        last = place == len(starts) - 1
        yield text[start : None if last else starts[place + 1]].strip(), last


def _read_object(chunk: str, cut: bool, required: tuple[str, ...]) -> _Read:
    """Read one object: strictly, then repaired. An object that does not end is cut."""
    end = chunk.rfind("}") + 1
    body = chunk[:end] if end else chunk
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        if cut or not end:
            return chunk, None, "cut"
        value = json_repair.loads(body)
        if not isinstance(value, dict) or not _is_literal(value, body):
            return chunk, None, "unreadable"
    return chunk, *_take_fields(value, required)


def _is_literal(value: dict[str, Any], body: str) -> bool:
    """Return whether every repaired value stands in the text: a repair may not invent."""
    plain = _squeeze(body)
    return all(_squeeze(str(item)) in plain for item in value.values())


def _squeeze(text: str) -> str:
    return re.sub(r"\\[nrt]|[\s\\\"'“”]", "", text)


def _take_fields(
    value: dict[str, Any], required: tuple[str, ...]
) -> tuple[dict[str, str] | None, str]:
    fields: dict[str, str] = {}
    for key, item in value.items():
        name = _NAMES.get(key.lower())
        if name is None:
            continue
        if item is None:
            item = ""
        if isinstance(item, (dict, list)):
            return None, f"{name} is not text"
        fields[name] = clean_text(item) if isinstance(item, str) else orjson.dumps(item).decode()
    return _check_fields(fields, required)


def blank_input(text: str) -> str:
    """Return an input, or "" when it is a word for having none.

    >>> blank_input("<noinput>"), blank_input("无输入；")
    ('', '')
    """
    return "" if _NO_INPUT.match(text) else text


def _check_fields(
    fields: dict[str, str], required: tuple[str, ...]
) -> tuple[dict[str, str] | None, str]:
    if "input" in fields:
        fields["input"] = blank_input(fields["input"])
    for name in required:
        if name == "input":
            fields.setdefault("input", "")
        elif name not in fields:
            return None, f"no {name}"
    return fields, ""


def _labelled(text: str, cut: bool, required: tuple[str, ...]) -> Iterator[_Read]:
    """Read fields that stand after their labels: "3. Instruction: ...", "输出：...".

    A label counts only where its field can come: an "Input:" line inside an output is text. An
    instruction's label inside an item counts when it is numbered as the first one is.
    """
    first = required[0]
    labels = _in_order(list(_LABEL.finditer(text)), first)
    starts = [place for place, label in enumerate(labels) if _name(label) == first]
    for order, start in enumerate(starts):
        stop = starts[order + 1] if order + 1 < len(starts) else len(labels)
        end = labels[stop].start() if stop < len(labels) else len(text)
        fields: dict[str, str] = {}
        for place in range(start, stop):
            value_end = labels[place + 1].start() if place + 1 < stop else end
            value = _RULE.sub("", text[labels[place].end() : value_end])
            fields[_name(labels[place])] = clean_text(value)
        piece = text[labels[start].start() : end].strip()
        if cut and order == len(starts) - 1:
            yield piece, None, "cut"
        else:
            yield piece, *_check_fields(fields, required)


def _in_order(labels: list[re.Match[str]], first: str) -> list[re.Match[str]]:
    kept: list[re.Match[str]] = []
    numbered = False
    for label in labels:
        name = _name(label)
        if name == first:
            has_number = bool(re.search(r"\d|[一二三四五六七八九十]", label["lead"]))
            if kept and numbered and not has_number:
                continue
            numbered = numbered or has_number
            kept.append(label)
        elif kept and FIELDS.index(name) > FIELDS.index(_name(kept[-1])):
            kept.append(label)
    return kept


def _name(label: re.Match[str]) -> str:
    return _NAMES[label["name"].lower()]
