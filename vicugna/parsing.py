"""Reply text to pieces: every piece is read as fields, or carries the reason why not.

Layers, from strict to lenient: JSON; JSON that one repair mends (`json_repair`, accepted only when
it neither lost nor added a letter); text with labelled fields in either language's punctuation.
Numbers before items are never compared with a count, so one that is wrong loses nothing. The last
piece of an answer that was cut is dropped, never completed.

Every pattern reads a text once, whatever it holds: `*+` gives nothing back, and blanks before a
mark end with their line, so ten thousand empty lines are not read from each of them to the end.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import json_repair

from vicugna.text.hygiene import clean_text

FIELDS = ("instruction", "input", "output")
# Bounds that no honest answer comes near: 128,000 tokens are half a million characters, and more
# than 50 tasks are never asked for.
LONGEST = 1_000_000  # characters of an answer
MOST = 100  # pieces of an answer
_LONGEST_REPAIR = 100_000  # characters of an object; `json_repair` takes seconds for more
_KEPT = 2_000  # characters kept of what is over a bound: the ledger has it whole
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
_NUMBER = rf"(?:(?:[#*> \t-]|[^\S\n])*+(?:[(（]?(?:\d++|[{_DIGITS}]++)\s*+[.、)）．:：])?[ \t]*+)"
_LABEL = re.compile(
    rf"^(?P<lead>{_NUMBER})(?:\*\*)?(?P<name>instruction|input|output|指令|输入|输出)"
    r"[ \t]*+(?P<count>\d*+)(?:\*\*)?\s*+[:：](?:\*\*)?",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(
    rf"^(?P<indent>[ \t]*+)[#*>\t ]*+[(（]?(?:\d{{1,3}}|[{_DIGITS}]{{1,3}})[ \t]*[.、)）．:：]"
    r"(?!\d)(?:\*\*)?[ \t]*(?:(?:instruction|指令)[ \t]*[:：][ \t]*)?",
    re.IGNORECASE | re.MULTILINE,
)
_RULES = (("#", 2), ("-", 3), ("*", 3))  # a rule is one of these signs at least so often
# The heading of the next item, on a line of its own: "Task 2:", "**任务二**", "3.".
_HEADING = re.compile(
    rf"(?:\A|\n)[ \t#*>-]*(?:(?:task|example|任务|示例)[ \t]*(?:\d+|[{_DIGITS}]+)"
    r"[ \t]*[.、)）．:：]?|[(（]?\d+[.、)）．])[ \t*]*\s*\Z",
    re.IGNORECASE,
)
_LONGEST_HEADING = 60  # characters, with the line ends around it
_COUNT = re.compile(rf"\d|[{_DIGITS}]")
_FENCE = re.compile(r"```\w*\n")
# Thinking aloud; some servers send its end only, since its beginning was part of the prompt.
_THINKING = re.compile(
    r"\s*+<think>.*?(?:</think>|\Z)|.*?^[^\S\n]*+</think>[^\S\n]*+$", re.DOTALL | re.MULTILINE
)
_NO_INPUT = re.compile(
    r"\A(?:[\s<(（【\[\"'`“]|&lt;)*+"
    r"(?:no\s?(?:additional )?input(?: (?:is )?(?:needed|required|given|provided|necessary))?"
    r"|none|n/?a|null|(?:无|没有|无需|不需要)(?:额外|提供)?输入|不适用|无)"
    r"(?:[\s>)）】\]\"'`”.。;；]|&gt;)*+\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of a reply. `fields` is None when it could not be read; then `reason` says why.

    Reasons: "empty" (no text at all), "cut" (the answer ended inside it), "unreadable" (no layer
    could read it), "no <field>" (a field is missing), "<field> is not text", "too long" (an
    answer of more than `LONGEST` characters) and "too many" (what follows its `MOST`-th piece).
    """

    position: int
    text: str
    fields: dict[str, str] | None
    reason: str = ""


def strip_thinking(text: str) -> str:
    """Return an answer without the reasoning some models write before it, `<think>...</think>`."""
    if "think>" not in text:
        return text
    thought = _THINKING.match(text)
    return text[thought.end() :] if thought else text


def parse_tasks(text: str, *, cut: bool, required: tuple[str, ...] = FIELDS) -> list[Piece]:
    """Read the tasks of one reply.

    `cut` is true when the answer ended because of its length. `required` are the fields that a
    piece must have; a missing input counts as "".

    >>> parse_tasks('{"instruction": "1+1?", "output": "2"}', cut=False)[0].fields
    {'instruction': '1+1?', 'output': '2', 'input': ''}
    """
    text = strip_thinking(text)
    if refused := _refuse(text, cut):
        return [refused]
    found = _take(_objects(text, cut, required)) or _take(_labelled(text, cut, required))
    return found or [Piece(0, text.strip(), None, "cut" if cut else "unreadable")]


def parse_list(text: str, *, cut: bool) -> list[Piece]:
    """Read a numbered list, one instruction an item; lines of JSON with "instruction" too.

    What stands before the first number is no item. A number that stands further in than the
    first one belongs to the item above it.
    """
    text = strip_thinking(text)
    if refused := _refuse(text, cut):
        return [refused]
    if _OBJECT.search(text):
        return parse_tasks(text, cut=cut, required=("instruction",))
    found = _take(_items(_open_fence(text), cut))
    return found or [Piece(0, text.strip(), None, "cut" if cut else "unreadable")]


def find_nothing(text: str, *, cut: bool) -> Piece | None:
    """Return the one piece of an answer that is not read at all: empty, cut in its reasoning.

    None when there is something to read.
    """
    return _refuse(strip_thinking(text), cut)


_Read = tuple[str, dict[str, str] | None, str]


def _refuse(text: str, cut: bool) -> Piece | None:
    """Return the one piece of an answer that is not read at all; None when it is to be read."""
    if len(text) > LONGEST:
        return Piece(0, text[:_KEPT], None, "too long")
    return None if text.strip() else Piece(0, "", None, "cut" if cut else "empty")


def _take(found: Iterator[_Read]) -> list[Piece]:
    """Return what was read as pieces; whatever follows the first `MOST` is one more piece."""
    pieces = [Piece(place, *read) for place, read in enumerate(islice(found, MOST))]
    if (more := next(found, None)) is not None:
        pieces.append(Piece(MOST, more[0][:_KEPT], None, "too many"))
    return pieces


def _items(text: str, cut: bool) -> Iterator[_Read]:
    """Read the items of a numbered list."""
    found = list(_ITEM.finditer(text))
    starts = [match for match in found if len(match["indent"]) <= len(found[0]["indent"])]
    ends = [match.start() for match in starts[1:]] + [len(text)] * bool(starts)
    for place, (match, end) in enumerate(zip(starts, ends, strict=True), 1):
        item = _flatten(text[match.end() : end])
        if cut and place == len(starts):
            yield item, None, "cut"
        elif not item:
            yield item, None, "no instruction"
        else:
            yield item, {"instruction": item}, ""


def _flatten(item: str) -> str:
    """Return an item of a list as one line, without the rule after it and bold type around it."""
    line = " ".join(clean_text(_drop_rule(item)).split())
    bold = re.fullmatch(r"\*\*([^*]+)\*\*", line)
    return bold[1].strip() if bold else line


def _drop_rule(text: str) -> str:
    """Return a text without blanks at its end, and without the rule that stands there."""
    text = text.rstrip()
    for sign, least in _RULES:
        shorter = text.rstrip(sign)
        if len(text) - len(shorter) >= least:
            return shorter.rstrip()
    return text


def _drop_heading(text: str) -> str:
    """Return a text without blanks at its end, and without the heading that is its last line."""
    text = text.rstrip()
    heading = _HEADING.search(text, max(0, len(text) - _LONGEST_HEADING))
    return text[: heading.start()] if heading else text


def _open_fence(text: str) -> str:
    """Return what stands inside a fence that is around the whole text, or the text."""
    whole = text.strip()
    start = _FENCE.match(whole)
    if start is None or not whole.endswith("```", start.end()):
        return text
    inside = whole[start.end() : -3].rstrip(" \t")
    return inside if inside.endswith("\n") else text


def _objects(text: str, cut: bool, required: tuple[str, ...]) -> Iterator[_Read]:
    """Read each JSON object that has a known field: strictly, else up to the next one, repaired."""
    starts = [match.start() for match in _OBJECT.finditer(text)]
    place = 0
    while place < len(starts):
        start = starts[place]
        value, end = _decode(text, start)
        if value is not None:
            place = bisect_left(starts, end, place + 1)  # objects inside it are values
            yield text[start:end], *_take_fields(value, required)
            continue
        place += 1
        last = place == len(starts)
        chunk = text[start : None if last else starts[place]].strip()
        value = None if cut and last else _repair(chunk)
        if value is not None:
            yield chunk, *_take_fields(value, required)
        else:
            ended = chunk.endswith("}") or _END.search(chunk)
            yield chunk, None, "cut" if last and (cut or not ended) else "unreadable"


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
    ends = list(_END.finditer(chunk)) if len(chunk) <= _LONGEST_REPAIR else []
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
    r'(?:(?<![\\:：])(?<![:：]\s)"|(?<!\\)"\s*+[:：]\s*+(?:-?\d[\d.]*+|true|false|null))'
    r"\s*+(?:,\s*+)?(\})[\s\]},;]*(?=\n|```|\Z)"
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
    text = _open_fence(text)
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
                value = _drop_rule(value if last else _drop_heading(value))
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
            label.string, max(0, label.start() - _LONGEST_HEADING), label.start()
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
