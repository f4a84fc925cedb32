"""Answers that say nothing."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

# "None" and 无 can be right answers ("Which of these is prime?"), so they are not here.
_NOTHING = re.compile(
    r"\A[\s<\[(（【]*(?:n/?a|nan|null|undefined|todo|tbd|no\s?output|no\s?response|无输出|没有输出|待补充|待定"
    r"|[.…。\-—_*~]+)?[\s>\])）】.。]*\Z",
    re.IGNORECASE,
)


def empty() -> Filter:
    """Drop a draft whose output is empty or a word for emptiness.

    Stanford's 52K has 28 empty outputs (stanford_alpaca issue 265); trainers train on them.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        kept = _NOTHING.match(draft.output) is None
        return Verdict("empty", kept, detail="" if kept else draft.output.strip()[:20])

    return ask
