"""Answers that say nothing."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

_OPEN = r"(?:[<\[(（【{｛]|&lt;)"
_CLOSE = r"(?:[>\])）】}｝]|&gt;)"
# "None" and 无 can be right answers ("Which of these is prime?"), so they are not here.
# `*+` gives nothing back, so that signs without end are read once.
_NOTHING = re.compile(
    rf"\A(?:[\s*]|{_OPEN})*+(?:n/?a|nan|null|undefined|todo|tbd|not applicable"
    r"|(?:无需|不需要|没有|无)输出"
    r"|no\s?(?:output|response|answer)(?: (?:is )?(?:needed|required|necessary|expected|given))?"
    r"|没有回答|暂无|不适用|待补充|待定|略|[.…。\-—_*~]++|```\w*\s*```)?"
    rf"(?:[\s*.。;；]|{_CLOSE})*+\Z",
    re.IGNORECASE,
)
# "[Insert chart]", "<image of a house>", "（插入流程图）", "![logo](logo.png)": a stand-in for what
# is no text. A single word in angle brackets may be a tag that was asked for, as <video> is.
_STAND_IN = re.compile(
    rf"\A[\s\"*]*+(?:!\[[^\]]*\]\([^)]*\)"
    rf"|{_OPEN}\s*(?:insert|attach|image|photo|picture of|screenshot|graph|chart|flow\s?-?chart"
    r"|diagram|logo|infographic|poster|illustration|visuali[sz]ation|data visuali[sz]ation|melody"
    r"|(?:插入|附上|附加|显示)?[^>\])）】\n]{0,12}(?:图|图片|图像|照片|图表|海报|标志|徽标))\b"
    rf"[^>\])）】\n]{{0,80}}{_CLOSE})[\s\".。;；*]*\Z",
    re.IGNORECASE,
)
_KEPT = Verdict("empty", True)


def empty() -> Filter:
    """Drop a draft whose output is empty, a word for emptiness, or only a stand-in for a picture.

    Stanford's 52K has 28 empty outputs (stanford_alpaca issue 265); trainers train on them.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        hit = _NOTHING.match(draft.output) or _STAND_IN.match(draft.output)
        return Verdict("empty", False, detail=draft.output.strip()[:20]) if hit else _KEPT

    return ask
