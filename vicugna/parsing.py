"""Reply text to pieces: every piece is read as fields, or carries the reason why not.

Layers, from strict to lenient: JSON; JSON that one repair mends (`json_repair`, accepted only when
it neither lost nor added a letter); text with labelled fields in either language's punctuation.
Numbers before items are never compared with a count, so one that is wrong loses nothing. The last
piece of an answer that was cut is dropped, never completed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import json_repair

from vicugna.text.hygiene import clean_text

FIELDS = ("instruction", "input", "output")
_NAMES = {
    "instruction": "instruction", "input": "input", "output": "output", "check": "check",
    "指令": "instruction", "输入": "input", "输出": "output",
}  # fmt: skip
_KEY = '"(?:instruction|input|output|指令|输入|输出)"'
# An object that has a known field, after at most four short ones ("id", "type", "序号").
_OBJECT = re.compile(
    r'\{\s*(?:"[^"\\\n]{1,24}"\s*:\s*(?:"[^"\\\n]{0,80}"|-?[\d.]{1,20}|null|true|false)\s*,\s*){0,4}'
    rf"{_KEY}\s*[:：]",
    re.IGNORECASE,
)
# Numbers stay as they were written, line ends inside strings are let through.
_DECODER = json.JSONDecoder(strict=False, parse_float=str, parse_int=str, parse_constant=str)
_DIGITS = "一二三四五六七八九十"
_NUMBER = rf"(?:[#*\s>-]*(?:[(（]?(?:\d+|[{_DIGITS}]+)\s*[.、)）．:：])?[ \t]*)"
_LABEL = re.compile(
    rf"^(?P<lead>{_NUMBER})(?:\*\*)?(?P<name>instruction|input|output|指令|输入|输出)"
    r"[ \t]*(?P<count>\d*)(?:\*\*)?\s*[:：](?:\*\*)?",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(
    rf"^(?P<indent>[ \t]*)[#*>\t ]*[(（]?(?:\d{{1,3}}|[{_DIGITS}]{{1,3}})[ \t]*[.、)）．:：](?!\d)"
    r"(?:\*\*)?[ \t]*(?:(?:instruction|指令)[ \t]*[:：][ \t]*)?",
    re.IGNORECASE | re.MULTILINE,
)
_RULE = re.compile(r"\s*(?:#{2,}|-{3,}|\*{3,})\s*\Z")
# The heading of the next item, on a line of its own: "Task 2:", "**任务二**", "3.".
_HEADING = re.compile(
    rf"(?:\A|\n)[ \t#*>-]*(?:(?:task|example|任务|示例)[ \t]*(?:\d+|[{_DIGITS}]+)"
    r"[ \t]*[.、)）．:：]?|[(（]?\d+[.、)）．])[ \t*]*\s*\Z",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"\d|[{_DIGITS}]")
_FENCE = re.compile(r"\A\s*```\w*\n(.*)\n\s*```\s*\Z", re.DOTALL)
# Thinking aloud; some servers send its end only, since its beginning was part of the prompt.
_THINKING = re.compile(
    r"\A\s*<think>.*?(?:</think>|\Z)|\A.*?^\s*</think>\s*$", re.DOTALL | re.MULTILINE
)
_NO_INPUT = re.compile(
    r"\A(?:[\s<(（【\[\"'`“]|&lt;)*"
    r"(?:no\s?(?:additional )?input(?: (?:is )?(?:needed|required|given|provided|necessary))?"
    r"|none|n/?a|null|(?:无|没有|无需|不需要)(?:额外|提供)?输入|不适用|无)"
    r"(?:[\s>)）】\]\"'`”.。;；]|&gt;)*\Z",
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


def strip_thinking(text: str) -> str:
    """Return an answer without the reasoning some models write before it, `<think>...</think>`."""
    return _THINKING.sub("", text)


def parse_tasks(text: str, *, cut: bool, required: tuple[str, ...] = FIELDS) -> list[Piece]:
    """Read the tasks of one reply.

    `cut` is true when the answer ended because of its length. `required` are the fields that a
    piece must have; a missing input counts as "".

    >>> parse_tasks('{"instruction": "1+1?", "output": "2"}', cut=False)[0].fields
    {'instruction': '1+1?', 'output': '2', 'input': ''}
    """
    text = strip_thinking(text)
    if not text.strip():
        return [Piece(0, "", None, "cut" if cut else "empty")]
    found = list(_objects(text, cut, required)) or list(_labelled(text, cut, required))
    found = found or [(text.strip(), None, "cut" if cut else "unreadable")]
    return [Piece(place, *piece) for place, piece in enumerate(found)]


def parse_list(text: str, *, cut: bool) -> list[Piece]:
    """Read a numbered list, one instruction an item; lines of JSON with "instruction" too.

    What stands before the first number is no item. A number that stands further in than the
    first one belongs to the item above it.
    """
    text = strip_thinking(text)
    if not text.strip():
        return [Piece(0, "", None, "cut" if cut else "empty")]
    if _OBJECT.search(text):
        return parse_tasks(text, cut=cut, required=("instruction",))
    text = _FENCE.sub(r"\1", text)
    found = list(_ITEM.finditer(text))
    if not found:
        return [Piece(0, text.strip(), None, "cut" if cut else "unreadable")]
    starts = [match for match in found if len(match["indent"]) <= len(found[0]["indent"])]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    pieces: list[Piece] = []
    for place, (match, end) in enumerate(zip(starts, ends, strict=True)):
        item = _flatten(text[match.end() : end])
        if cut and place == len(starts) - 1:
            pieces.append(Piece(place, item, None, "cut"))
        elif not item:
            pieces.append(Piece(place, item, None, "no instruction"))
        else:
            pieces.append(Piece(place, item, {"instruction": item}))
    return pieces


def _flatten(item: str) -> str:
    """Return an item of a list as one line, without the rule after it and bold type around it."""
    line = " ".join(clean_text(_RULE.sub("", item)).split())
    bold = re.fullmatch(r"\*\*([^*]+)\*\*", line)
    return bold[1].strip() if bold else line


_Read = tuple[str, dict[str, str] | None, str]


def _objects(text: str, cut: bool, required: tuple[str, ...]) -> Iterator[_Read]:
    """Read each JSON object that has a known field: strictly, else up to the next one, repaired."""
    starts = [match.start() for match in _OBJECT.finditer(text)]
    while starts:
        start = starts.pop(0)
        value, end = _decode(text, start)
        if value is not None:
            starts = [place for place in starts if place >= end]  # objects inside it are values
            yield text[start:end], *_take_fields(value, required)
            continue
        chunk = text[start : starts[0] if starts else None].strip()
        value = None if cut and not starts else _repair(chunk)
        if value is not None:
            yield chunk, *_take_fields(value, required)
        else:
            ended = chunk.endswith("}") or _END.search(chunk)
            yield chunk, None, "cut" if not starts and (cut or not ended) else "unreadable"


def _decode(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """Return the strict JSON object that starts there, and where it ends."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start


def _repair(chunk: str) -> dict[str, Any] | None:
    """Return a broken object as repaired; None when that lost or added more than signs.

    It must end as an object does, after a closed value and before the end of a line: another
    bracket may stand inside a value that was cut.
    """
    ends = list(_END.finditer(chunk))
    if not ends:
        return None
    body = _WIDE_COMMA.sub('", ', _WIDE_COLON.sub(r"\1: ", chunk[: ends[-1].end(1)]))
    try:
        value = json_repair.loads(body)
        if not isinstance(value, dict):
            return None
        told = "".join(f"{key} {_as_text(item)}" for key, item in value.items())
    except (ValueError, RecursionError):
        return None
    return value if _letters(told) == _letters(_ESCAPE.sub(_unescape, body)) else None


# A quote must close a value (after a colon it opens one), a bare word must stand after a key.
_END = re.compile(
    r'(?:(?<![\\:：])(?<![:：]\s)"|(?<!\\)"\s*[:：]\s*(?:-?\d[\d.]*|true|false|null))'
    r"\s*,?\s*(\})[\s\]},;]*(?=\n|```|\Z)"
)
# Chinese punctuation between the fields, where JSON has its own.
_WIDE_COLON = re.compile(rf"({_KEY})\s*：\s*", re.IGNORECASE)
_WIDE_COMMA = re.compile(rf'"\s*[，、]\s*(?={_KEY})', re.IGNORECASE)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return " " if code in "nrtbf" else code


def _letters(text: str) -> str:
    return re.sub(r"""[\s\\"'“”‘’{}\[\],:，：、]+""", "", text)


def _as_text(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def _take_fields(
    value: dict[str, Any], required: tuple[str, ...]
) -> tuple[dict[str, str] | None, str]:
    fields: dict[str, str] = {}
    for key, item in value.items():
        name = _NAMES.get(key.strip().lower())
        if name is None:
            continue
        if isinstance(item, (dict, list)):
            return None, f"{name} is not text"
        fields[name] = "" if item is None else clean_text(_as_text(item))
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

    Fields come in one order, which the first item sets when it begins with the output. A label
    counts only where its field can come: an "Input:" line inside an output is text.
    """
    text = _FENCE.sub(r"\1", text)
    found = list(_LABEL.finditer(text))
    order = required
    if "instruction" not in required and found and _name(found[0]) == "output":
        order = tuple(reversed(required))
    labels = _in_order(found, order)
    starts = [place for place, label in enumerate(labels) if _name(label) == order[0]]
    for start, stop in pairwise([*starts, len(labels)]):
        last = stop == len(labels)
        fields: dict[str, str] = {}
        for place in range(start, stop):
            end = labels[place + 1].start() if place + 1 < len(labels) else len(text)
            value = text[labels[place].end() : end]
            if place + 1 == stop:
                value = _RULE.sub("", value if last else _HEADING.sub("", value))
            fields[_name(labels[place])] = clean_text(value)
        piece = text[labels[start].start() : len(text) if last else labels[stop].start()].strip()
        if cut and last:
            yield piece, None, "cut"
        else:
            yield piece, *_check_fields(fields, required)


def _in_order(labels: list[re.Match[str]], order: tuple[str, ...]) -> list[re.Match[str]]:
    """Return the labels that begin a field.

    An item's first label inside an item counts when it is numbered as the first one is.
    """
    kept: list[re.Match[str]] = []
    numbered = False
    for label in labels:
        name = _name(label)
        number = _COUNT.search(label["lead"] + label["count"]) or _HEADING.search(
            label.string, max(0, label.start() - 60), label.start()
        )
        if name == order[0]:
            if kept and numbered and not number:
                continue
            numbered = numbered or number is not None
            kept.append(label)
        elif kept and name in order[order.index(_name(kept[-1])) + 1 :] and not label["count"]:
            kept.append(label)
    return kept


def _name(label: re.Match[str]) -> str:
    return _NAMES[label["name"].lower()]
