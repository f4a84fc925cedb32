"""Instructions and inputs whose material was never filled in."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.caseless import fold_case

_OPEN = r"(?:[\[【〔<（(｛{]|&lt;)"
_CLOSE = r"(?:[\]】〕>）)｝}]|&gt;)"
# "[insert article]", "<your text here>", "(attach the e-mail)"; 【此处填写】, （略）. A bare
# "[Name]" is a form letter's own.
_UNFILLED = re.compile(
    rf"{_OPEN}\s*(?!your name)(?:insert|your|enter|paste|attach|add|provide|put|type)(?= )"
    rf"[^\]>}})\n]{{0,40}}{_CLOSE}"
    r"|\b(?:text goes here|insert (?:text|name|article) here)\b"
    rf"|{_OPEN}(?:此处|在此|这里|请在此|请输入|请填写|请插入|插入|填入|粘贴)[^\]】〕>）)｝}}\n]{{0,20}}{_CLOSE}"
    r"|[（(](?:文章|正文|内容|原文)?(?:略|省略)[）)]",
    re.IGNORECASE,
)
# An input that is only a word for what should stand there.
_WORD_ONLY = re.compile(
    r"\W*(text|article|passage|paragraph|sentence|input|topic|content|story|example|document|email"
    r"|文章|文本|段落|句子|内容|正文|标题|输入|原文|示例|材料|文档|邮件)(?:内容)?\W*",
    re.IGNORECASE,
)
# An input that is a picture, a sound, a file: "![photo](…)", "<image>", "[link to the article]".
_FILE = (
    r"(?:(?:an? |the |attached |provided )?(?:image|photo|picture|screenshot|painting|drawing|graph"
    r"|chart|diagram|video|audio|sound|song|recording|map|link|url|file|pdf|document)\b(?!:)"
    r"[^\]>)\n\d=]{0,60}"
    r"|(?:见?附上?|提供的|文章|网页|网站)?(?:图|画|表|图片|图像|照片|视频|音频|文件|链接)\s*\d*"
    r"|[^\]】>）)\n]{1,12}的(?:图片|图像|照片|截图|视频|链接))"
)
# Round brackets are common in prose, so those count only where they are a line of their own.
_MEDIA = re.compile(
    r"!\[(?:[^\]\n!]|!(?!\[))*+\]"  # up to the next one: of a thousand "![" each is read once
    rf"|(?:[\[【<]|&lt;)\s*{_FILE}(?:[\]】>]|&gt;)|(?:^|[:：])[^\S\n]*[(（]{_FILE}[)）]\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_LINK = re.compile(r"\W*(?:https?://|www\.)\S++\W*", re.IGNORECASE)
# What can be done with a link or a picture's address without opening it.
_ABOUT_ADDRESS = re.compile(
    r"url|uri\b|domain|hyperlink|html|markdown|\btag|\bcode\b|cite|citation|\bapi\b|request"
    r"|网址|域名|超链接|标签|代码|引用格式|参考文献|接口|请求",
    re.IGNORECASE,
)
# All that is not filled in is in brackets or " here", all media in brackets; most texts have none.
_BRACKET = re.compile(r"[\[【〔<（(｛{&]")
_KEPT = Verdict("placeholder", True)


def placeholder() -> Filter:
    """Drop a draft whose instruction or input still has an unfilled placeholder.

    An input that is only a link, or that has a picture, a sound or a file in the place of words,
    counts too: the teacher could not open it and made its answer up. It stays when the
    instruction is about the address itself.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        hit = _find_unfilled(draft.instruction)
        if hit is None and draft.input:
            hit = _find_unfilled(draft.input) or _find_stand_in(draft)
        return Verdict("placeholder", False, detail=hit[0].strip()[:60]) if hit else _KEPT

    return ask


def _find_unfilled(text: str) -> re.Match[str] | None:
    may_be = _BRACKET.search(text) or " here" in fold_case(text)
    return _UNFILLED.search(text) if may_be else None


def _find_stand_in(draft: Draft) -> re.Match[str] | None:
    """Return what an input holds in the place of words."""
    hit = _LINK.fullmatch(draft.input)
    if hit is None and _BRACKET.search(draft.input):
        hit = _MEDIA.search(draft.input)
    if hit and not _ABOUT_ADDRESS.search(draft.instruction):
        return hit
    word = _WORD_ONLY.fullmatch(draft.input)
    return word if word and word[1].lower() in draft.instruction.lower() else None
