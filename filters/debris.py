"""Remains of the prompt's layout inside a task."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.caseless import fold_case

# Blanks within one line, never given back: of a thousand blanks or empty lines each is read once.
_SPACE = r"[^\S\n]*+"
# A label at the start of a line, numbered or not, or a rule of hashes: two tasks run together,
# or the form of the prompt answered: "merged instructions", "N. Instruction:" (AlpacaDataCleaned).
_LABEL = re.compile(
    rf"^{_SPACE}(?:(?:#{{2,}}+{_SPACE}|\d++{_SPACE}[.、)]{_SPACE}|\*\*)?"
    rf"(?:instruction|指令|任务指令)(?:\*\*)?{_SPACE}[:：]"
    rf"|#{{3,}}+{_SPACE}(?:(?:input|output|response|输入|输出|回答){_SPACE}(?:[:：]{_SPACE})?)?$)",
    re.IGNORECASE | re.MULTILINE,
)
# "6. 输入：... 6. 输出：": an item of a numbered form, whatever its first label was. Different
# numbers are a list ("1. Input: keyboards. 2. Output: screens.").
_ITEM = re.compile(
    rf"^{_SPACE}(\d++){_SPACE}[.、)．]{_SPACE}(?:(?P<given>input|输入)|output|输出){_SPACE}[:：]",
    re.IGNORECASE | re.MULTILINE,
)
# The label of a whole draft. An answer may begin with "Task 1:" when it is a list of tasks, and
# with "Output:" when the question is what a program prints.
_LEAD = re.compile(
    r"\A\s*+(?:task\s*\d+|\d++\s*+(?:[.、)）]\s*+)?(?:task|output|input)|output|任务\s*\d+|输出|输出结果)"
    r"\s*[:：]",
    re.IGNORECASE,
)
_ANSWER_LEAD = re.compile(
    r"\A\s*+(?:\d++\s*+[.、)）]\s*+)?(?:output|输出|输出结果)\s*[:：]", re.IGNORECASE
)
_ASKS_OUTPUT = re.compile(r"\b(?:output|print)|输出|打印|运行结果", re.IGNORECASE)
_MARK = re.compile(
    r"(?:<|&lt;)\s*+(?:/\s*+)?(?:no\s?(?:input|output)|无输入|无输出)\s*(?:>|&gt;)|<\|[a-z_]+\|>",
    re.IGNORECASE,
)
# HTML entities in what is no HTML: text that was scraped or translated as a web page.
_ENTITY = re.compile(r"&(?:lt|gt|quot|amp|apos|nbsp|#\d{2,5});")
_HTML = re.compile(r"</?[a-z]|html|xml|\bentit(?:y|ies)\b|\bescap|网页|转义|实体", re.IGNORECASE)
_KEPT = Verdict("debris", True)


def debris() -> Filter:
    """Drop a draft that carries labels, rules or markers of the prompt it was asked with.

    HTML entities count too, unless the draft is about HTML.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        for text in (draft.instruction, draft.input, draft.output):
            found = _find_layout(text)
            if found:
                return Verdict("debris", False, detail=" ".join(found.split())[:60])
        hit = _LEAD.match(draft.instruction) or _find_answer_lead(draft) or _find_entity(draft)
        return Verdict("debris", False, detail=hit[0].strip()) if hit else _KEPT

    return ask


def _find_layout(text: str) -> str:
    """Return the first label or mark, or a numbered form; "" when there is none.

    Most texts have nothing of it, and a word or sign that is missing is found sooner than that no
    pattern matches.
    """
    folded = fold_case(text)
    hit = None
    if "instruction" in folded or "指令" in text or "###" in text:
        hit = _LABEL.search(text)
    if hit is None and ("<" in text or "&" in text):
        hit = _MARK.search(text)
    if hit is None and ("input" in folded or "输入" in text):
        return _find_item(text)
    return hit[0] if hit else ""


def _find_answer_lead(draft: Draft) -> re.Match[str] | None:
    hit = _ANSWER_LEAD.match(draft.output)
    return None if hit and _ASKS_OUTPUT.search(draft.instruction) else hit


def _find_entity(draft: Draft) -> re.Match[str] | None:
    text = f"{draft.instruction}\n{draft.input}\n{draft.output}"
    hit = _ENTITY.search(text)
    return None if hit and _HTML.search(text) else hit


def _find_item(text: str) -> str:
    """Return a text from an input's number to the same number of an output; "" when none is."""
    given: dict[str, int] = {}
    for label in _ITEM.finditer(text):
        number = label[1]
        if label["given"]:
            given.setdefault(number, label.start())
        elif number in given:
            return text[given[number] : label.end()]
    return ""
