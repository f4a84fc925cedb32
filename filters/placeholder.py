"""Instructions and inputs whose material was never filled in."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

# "[insert article]", "<your text here>", "(attach the e-mail)"; 【此处填写】, （略）. A bare
# "[Name]" is a form letter's own, so a word in brackets counts only when it is the whole input.
_UNFILLED = re.compile(
    r"[\[<{(](?!your name)(?:insert|your|enter|paste|attach|add|provide|put|type)(?= )[^\]>})\n]{0,40}[\]>})]"
    r"|\A\W*(?:text|article|passage|paragraph|sentence|input|topic|content|story|example)\W*\Z"
    r"|\b(?:text goes here|insert (?:text|name|article) here)\b"
    r"|[\[【〔<（(｛{](?:此处|在此|这里|请在此|请输入|请填写|请插入|插入|填入|粘贴)[^\]】〕>）)｝}\n]{0,20}[\]】〕>）)｝}]"
    r"|\A\W*(?:文章|文本|段落|句子|内容|正文|标题|输入|原文|示例)(?:内容)?\W*\Z"
    r"|[（(](?:文章|正文|内容|原文)?(?:略|省略)[）)]",
    re.IGNORECASE,
)


def placeholder() -> Filter:
    """Drop a draft whose instruction or input still has an unfilled placeholder."""

    def ask(draft: Draft, _: Pool) -> Verdict:
        hit = _UNFILLED.search(draft.instruction) or _UNFILLED.search(draft.input)
        return Verdict("placeholder", hit is None, detail=hit[0] if hit else "")

    return ask
