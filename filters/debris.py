"""Remains of the prompt's layout inside a task."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

# A label at the start of a line, numbered or not, or a rule of hashes: two tasks run together,
# or the form of the prompt answered: "merged instructions", "N. Instruction:" (AlpacaDataCleaned).
_LABEL = re.compile(
    r"^\s*(?:#{2,}\s*|\d+\s*[.、)]\s*|\*\*)?(?:instruction|指令|任务指令)(?:\*\*)?\s*[:：]"
    r"|^\s*#{3,}\s*(?:input|output|response|输入|输出|回答)\s*[:：]?\s*$"
    r"|^\s*#{3,}\s*$",
    re.IGNORECASE | re.MULTILINE,
)
# "6. 输入：... 6. 输出：": an item of a numbered form, whatever its first label was. Different
# numbers are a list ("1. Input: keyboards. 2. Output: screens.").
_ITEM = re.compile(
    r"^\s*(\d+)\s*[.、)．]\s*(?:input|输入)\s*[:：].*?^\s*\1\s*[.、)．]\s*(?:output|输出)\s*[:：]",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# The label of a whole draft. An answer may begin with "Task 1:" when it is a list of tasks, and
# with "Output:" when the question is what a program prints.
_LEAD = re.compile(
    r"\A\s*(?:task\s*\d+|\d+\s*[.、)）]?\s*(?:task|output|input)|output|任务\s*\d+|输出|输出结果)\s*[:：]",
    re.IGNORECASE,
)
_ANSWER_LEAD = re.compile(
    r"\A\s*(?:\d+\s*[.、)）]\s*)?(?:output|输出|输出结果)\s*[:：]", re.IGNORECASE
)
_ASKS_OUTPUT = re.compile(r"\b(?:output|print)|输出|打印|运行结果", re.IGNORECASE)
_MARK = re.compile(
    r"(?:<|&lt;)\s*/?\s*(?:no\s?(?:input|output)|无输入|无输出)\s*(?:>|&gt;)|<\|[a-z_]+\|>",
    re.IGNORECASE,
)
# HTML entities in what is no HTML: text that was scraped or translated as a web page.
_ENTITY = re.compile(r"&(?:lt|gt|quot|amp|apos|nbsp|#\d{2,5});")
_HTML = re.compile(r"</?[a-z]|html|xml|\bentit(?:y|ies)\b|\bescap|网页|转义|实体", re.IGNORECASE)


def debris() -> Filter:
    """Drop a draft that carries labels, rules or markers of the prompt it was asked with.

    HTML entities count too, unless the draft is about HTML.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        for text in (draft.instruction, draft.input, draft.output):
            hit = _LABEL.search(text) or _MARK.search(text) or _ITEM.search(text)
            if hit:
                return Verdict("debris", False, detail=" ".join(hit[0].split())[:60])
        hit = _LEAD.search(draft.instruction)
        if hit is None and not _ASKS_OUTPUT.search(draft.instruction):
            hit = _ANSWER_LEAD.search(draft.output)
        text = f"{draft.instruction}\n{draft.input}\n{draft.output}"
        if hit is None and not _HTML.search(text):
            hit = _ENTITY.search(text)
        return Verdict("debris", hit is None, detail=hit[0].strip() if hit else "")

    return ask
