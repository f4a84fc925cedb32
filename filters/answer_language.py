"""Answers in the wrong script, or in two languages mixed."""

import re

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Verdict
from vicugna.text.code import is_code, is_code_line
from vicugna.text.script import count_scripts, keep_quoted, strip_quoted

MIN_SHARE: dict[Lang, float] = {"en": 0.7, "zh": 0.5}
# Foreign words that may stand in an answer: a formula, a command, a term. English has no letter
# in common with Chinese, so one Han answer to it is wrong already.
FEW = 8
FEW_ALONE: dict[Lang, int] = {"en": 0, "zh": 3}  # when nothing stands in the answer's own language

# A task about another language, or about code, may be answered in it. "Simple language", 通俗的语言
# and 用中文回答 say nothing of the kind.
_ABOUT_LANGUAGE = re.compile(
    r"(?<![a-z])(?:translat\w*|chinese|mandarin|cantonese|english|french|german|spanish|japanese|korean"
    r"|russian|italian|latin|portuguese|arabic|hindi|greek|turkish|languages|bilingual|pinyin|hanzi"
    r"|romaji|(?:foreign|target|another|other|programming|second) language|api|http|sql|python|java"
    r"|javascript|html|css|json|yaml|xml)(?![a-z])"
    r"|翻译|译成|译为|译文|英文|英语|英译|法语|法文|德语|日语|日文|韩语|俄语|西班牙语|拉丁|外语|双语"
    r"|(?:编程|哪种|什么|其他|另一种|多种|多)语言|语言学|单词|字母|缩写|动词|介词|时态"
    r"|代码|编程|函数|程序|脚本|网页|正则|接口|端点",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]+")


def answer_language() -> Filter:
    """Keep a draft whose output is in the language of its instruction.

    Not counted: quotes, code, single letters, words that the instruction or the input has
    already, and in a Chinese answer words with a capital (names, brands, acronyms). Kept whatever
    they are written in: tasks about languages or code, tasks whose material is in another
    language, and answers with few foreign words.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        asked = f"{draft.instruction}\n{draft.input}"
        limit = MIN_SHARE[draft.lang]
        if is_code(draft.output) or _ABOUT_LANGUAGE.search(asked) or _has_foreign_material(draft):
            return Verdict("answer_language", True, None, limit)
        scripts = count_scripts(_own_prose(draft, asked))
        own = scripts.han if draft.lang == "zh" else scripts.latin
        share = round(scripts.share(draft.lang), 3)
        few = scripts.total - own <= (FEW if own else FEW_ALONE[draft.lang])
        kept = not scripts.total or share >= limit or few
        return Verdict("answer_language", kept, share if scripts.total else None, limit)

    return ask


def _has_foreign_material(draft: Draft) -> bool:
    """Return whether the input, or what the instruction quotes, is in another language."""
    material = count_scripts(draft.input or keep_quoted(draft.instruction))
    return material.total > 0 and material.share(draft.lang) < MIN_SHARE["zh"]


def _own_prose(draft: Draft, asked: str) -> str:
    lines = strip_quoted(draft.output).split("\n")
    prose = "\n".join(line for line in lines if not is_code_line(line))
    known = {word.lower() for word in _WORD.findall(asked)}

    def keep(word: re.Match[str]) -> str:
        text = word[0]
        name = draft.lang == "zh" and not text.islower()
        return "" if len(text) == 1 or name or text.lower() in known else text

    return _WORD.sub(keep, prose)
