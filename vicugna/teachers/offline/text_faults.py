"""What a faulty teacher says: pure functions from a good answer to a bad one.

An answer is JSON, JSON lines or numbered text. Anything else is met as well as can be.
"""

import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, cast

import orjson

from vicugna.records import Lang
from vicugna.text.tokens import CJK

REFUSALS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "I'm sorry, but I can't help with that request.",
        "As an AI language model, I am not able to write these tasks.",
        "I cannot assist with this. Is there something else you would like to know?",
    ),
    "zh": (
        "很抱歉，我无法完成这个请求。",
        "作为一个人工智能语言模型，我不能生成这类内容。",
        "对不起，这个问题我帮不上忙，您可以换个话题试试。",
    ),
}
# What stands in for prose in the language that was not asked for.
_PROSE: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Explain in two sentences why leaves change colour in autumn.",
        "The kettle was left on the stove, so the kitchen filled with steam.",
        "Write a short thank-you note to a neighbour who watered your plants.",
        "A good night's sleep helps the brain to store what it learned that day.",
        "List the steps you would follow to change a flat bicycle tyre.",
    ),
    "zh": (
        "请用两句话说明秋天树叶为什么会变黄。",
        "水壶一直放在炉子上，厨房里满是热气。",
        "给帮忙浇花的邻居写一张简短的感谢便条。",
        "睡一个好觉，有助于大脑记住白天学到的东西。",
        "说说自行车轮胎没气了，你会怎样一步步处理。",
    ),
}
_IS_PROSE = re.compile(f"\\s|[{CJK}]")
# The number that starts a line: "2. ", "**2)**", "（２）", but not "2.5".
_NUMBER = re.compile(r"^([^\w\n]{0,4})(\d+)(?=\s*[.)、．）:：](?!\d))", re.MULTILINE)
_NUMBER_KEYS = {"number", "no", "index", "id", "序号", "编号"}
# What stays of a line of numbered text: its number and the name of its field.
_LEAD = re.compile(r"\s*(?:\d+\s*[.)、．）:：]\s*)?(?:[^:：\n]{1,24}[:：]\s*)?")
_FENCE = re.compile(r"\s*```\w*\n(.*)\n```\s*", re.DOTALL)


def refuse(text: str, lang: Lang) -> str:
    """Return a refusal in the language, always the same for the same text."""
    return REFUSALS[lang][_pick(text) % len(REFUSALS[lang])]


def swap_language(text: str, lang: Lang) -> str:
    """Return the answer with prose of the other language where its prose is, in the same form."""
    prose = _PROSE["zh" if lang == "en" else "en"]
    sentences = itertools.cycle(prose)
    for _ in range(_pick(text) % len(prose)):
        next(sentences)
    answer = _open_json(text)
    if answer is None:
        swapped = "\n".join(_swap_line(line, sentences) for line in text.split("\n"))
    else:
        items, write = answer
        items[:] = [_swap_strings(item, sentences) for item in items]
        swapped = write()
    return next(sentences) if swapped == text else swapped


def misnumber(text: str) -> str:
    """Return the answer with one item numbered as if two were missing before it.

    Items without numbers are numbered, wrongly: 1, 4, 5.
    """
    answer = _open_json(text)
    if answer is not None:
        items, write = answer
        return (
            write() if _misnumber_items(items) else _number_wrongly([_dump(one) for one in items])
        )
    numbers = list(dict.fromkeys(int(match[2]) for match in _NUMBER.finditer(text)))
    if not numbers:
        return _number_wrongly([line for line in text.split("\n") if line.strip()])
    wrong = numbers[:2][-1]
    return _NUMBER.sub(
        lambda m: m[1] + str(wrong + 2) if int(m[2]) == wrong else m[0],
        text,
    )


def _misnumber_items(items: list[Any]) -> bool:
    """Change the number in the second item (the only one's, if alone). False: there is none."""
    for item in items[:2][-1:]:
        for key, value in _pairs(item):
            if key.lower() in _NUMBER_KEYS and isinstance(value, int) and abs(value) < 1_000_000:
                item[key] = value + 2
                return True
    return False


def _number_wrongly(lines: list[str]) -> str:
    numbers = [1, *range(4, 4 + len(lines))] if len(lines) > 1 else [3]
    return "\n".join(f"{number}. {line}" for number, line in zip(numbers, lines, strict=False))


def break_json(text: str) -> str:
    """Return the answer with a quotation mark or a bracket lost, so that it is no JSON.

    Text that was none begins like JSON.
    """
    lost = (text.replace('",', ",", 1), *(_without_last(mark, text) for mark in '}]"'))
    for broken in lost:
        if broken != text and _open_json(broken) is None and not _is_json(broken):
            return broken
    return f'{{"answer": "{text},'


def _open_json(text: str) -> tuple[list[Any], Callable[[], str]] | None:
    """Return the items of a JSON answer, to change in place, and what writes it again.

    The answer is an array, an object around an array, one object, or one object per line, in a
    code fence or not. None means it is none of these.
    """
    fenced = _FENCE.fullmatch(text)
    document = _load(fenced[1] if fenced else text)
    if isinstance(document, list):
        items = cast("list[Any]", document)
        return items, lambda: _dump(items)
    if isinstance(document, dict):
        return _open_object(cast("dict[str, Any]", document))
    lines = (fenced[1] if fenced else text).split("\n")
    items = [_load(line) for line in lines if line.strip()]
    if items and all(isinstance(item, dict) for item in items):
        return items, lambda: "\n".join(map(_dump, items))
    return None


def _open_object(document: dict[str, Any]) -> tuple[list[Any], Callable[[], str]]:
    for value in document.values():
        if (
            isinstance(value, list)
            and value
            and all(_pairs(one) for one in cast("list[Any]", value))
        ):
            return cast("list[Any]", value), lambda: _dump(document)
    alone: list[Any] = [document]
    return alone, lambda: _dump(alone[0])


def _swap_line(line: str, sentences: Iterator[str]) -> str:
    """Swap a line of numbered text but for its number and the name of its field."""
    lead = _LEAD.match(line)
    return lead[0] + next(sentences) if lead and line.strip() else line


def _swap_strings(value: Any, sentences: Iterator[str]) -> Any:  # noqa: ANN401 - JSON
    """Swap every string that is prose: labels such as "math" are part of the form."""
    if isinstance(value, str):
        return next(sentences) if _IS_PROSE.search(value) else value
    if isinstance(value, list):
        return [_swap_strings(one, sentences) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _swap_strings(one, sentences) for key, one in _pairs(value)}
    return value


def _pairs(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - JSON
    return list(cast("dict[str, Any]", value).items()) if isinstance(value, dict) else []


def _without_last(mark: str, text: str) -> str:
    before, _, after = text.rpartition(mark)
    return before + after


def _load(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _is_json(text: str) -> bool:
    return _load(text) is not None or text.strip() == "null"


def _dump(value: Any) -> str:  # noqa: ANN401 - JSON
    return orjson.dumps(value).decode()


def _pick(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))
