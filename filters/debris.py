"""Remains of the prompt's layout inside a task."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

# A label at the start of a line, numbered or not, or a rule of hashes: two tasks run together,
# or the prompt's form answered. AlpacaDataCleaned's "merged instructions" and "N. Instruction:".
_LABEL = re.compile(
    r"^\s*(?:#{2,}\s*|\d+\s*[.、)]\s*|\*\*)?(?:instruction|指令|任务指令)(?:\*\*)?\s*[:：]"
    r"|^\s*#{3,}\s*(?:input|output|response|输入|输出|回答)\s*[:：]?\s*$"
    r"|^\s*#{3,}\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_LEAD = re.compile(
    r"\A\s*(?:task\s*\d+|\d+\s*[.、)）]?\s*(?:task|output|input)|output|任务\s*\d+|输出|输出结果)\s*[:：]",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"<\s*/?\s*(?:no\s?(?:input|output)|无输入|无输出)\s*>|<\|[a-z_]+\|>", re.IGNORECASE
)


def debris() -> Filter:
    """Drop a draft that carries labels, rules or markers of the prompt it was asked with."""

    def ask(draft: Draft, _: Pool) -> Verdict:
        for text in (draft.instruction, draft.input, draft.output):
            hit = _LABEL.search(text) or _MARK.search(text)
            if hit:
                return Verdict("debris", False, detail=hit[0].strip())
        hit = _LEAD.search(draft.instruction) or _LEAD.search(draft.output)
        return Verdict("debris", hit is None, detail=hit[0].strip() if hit else "")

    return ask
