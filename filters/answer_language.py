"""Answers in the wrong script, or in two languages mixed."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Verdict
from vicugna.text.code import is_code, is_code_line
from vicugna.text.script import count_scripts, strip_quoted

MIN_SHARE: dict[Lang, float] = {"en": 0.7, "zh": 0.5}
FEW = 8  # foreign words that may stand in an answer: a formula, a command, a term

# A task about another language may be answered in it.
_ABOUT_LANGUAGE = re.compile(
    r"\b(?:translat\w*|chinese|mandarin|cantonese|english|french|german|spanish|japanese|korean"
    r"|russian|italian|latin|portuguese|arabic|hindi|greek|turkish|language|bilingual|pinyin"
    r"|hanzi|romaji)\b"
    r"|翻译|译成|译为|译文|英文|英语|中文|汉语|法语|法文|德语|日语|日文|韩语|俄语|西班牙语|拉丁|外语"
    r"|双语|语言|单词|字母|缩写|英译|动词|介词|时态|代码|编程|函数|程序|脚本|网页|请求|正则"
    r"|SQL|Python|Java|HTML|CSS|JSON|YAML|XML",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]+")


def answer_language() -> Filter:
    """Keep a draft whose output is in the language of its instruction.

    Not counted: quotes, code, single letters, words that the instruction or the input has
    already, and in a Chinese answer words with a capital (names, brands, acronyms). A task about
    languages or code, and an answer with few foreign words, are kept.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        asked = f"{draft.instruction}\n{draft.input}"
        limit = MIN_SHARE[draft.lang]
        if is_code(draft.output) or _ABOUT_LANGUAGE.search(asked):
            return Verdict("answer_language", True, None, limit)
        scripts = count_scripts(_own_prose(draft, asked))
        own = scripts.han if draft.lang == "zh" else scripts.latin
        share = round(scripts.share(draft.lang), 3)
        # English has no letter in common with Chinese: one Han answer to it is wrong already.
        few = scripts.total - own <= FEW and (draft.lang == "zh" or own > 0)
        kept = not scripts.total or share >= limit or few
        return Verdict("answer_language", kept, share if scripts.total else None, limit)

    return ask


def _own_prose(draft: Draft, asked: str) -> str:
    lines = strip_quoted(draft.output).split("\n")
    prose = "\n".join(line for line in lines if not is_code_line(line))
    known = {word.lower() for word in _WORD.findall(asked)}

    def keep(word: re.Match[str]) -> str:
        text = word[0]
        name = draft.lang == "zh" and not text.islower()
        return "" if len(text) == 1 or name or text.lower() in known else text

    return _WORD.sub(keep, prose)
