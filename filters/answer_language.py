"""Answers in the wrong script, or in two languages mixed."""

import re
from collections.abc import Callable

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Verdict
from vicugna.text.caseless import fold_case
from vicugna.text.code import is_code, is_code_line
from vicugna.text.script import count_scripts, keep_quoted, strip_quoted

MIN_SHARE: dict[Lang, float] = {"en": 0.7, "zh": 0.5}
# Foreign words that may stand in an answer: a formula, a command, a term. English has no letter
# in common with Chinese, so one Han answer to it is wrong already.
FEW = 8
FEW_ALONE: dict[Lang, int] = {"en": 0, "zh": 3}  # when nothing stands in the answer's own language

# A task about another language, or about code, may be answered in it. "Simple language", 通俗的语言
# and 用中文回答 say nothing of the kind.
_LANGUAGES = frozenset(
    (
        *("chinese", "mandarin", "cantonese", "english", "french", "german", "spanish", "japanese"),
        *("korean", "russian", "italian", "latin", "portuguese", "arabic", "hindi", "greek"),
        *("turkish", "languages", "bilingual", "pinyin", "hanzi", "romaji", "api", "http", "sql"),
        *("python", "java", "javascript", "html", "css", "json", "yaml", "xml"),
    )
)
_ABOUT_LANGUAGE = re.compile(
    r"(?<![a-z])(?:translat|(?:foreign|target|another|other|programming|second) language(?![a-z]))"
)
_ABOUT_LANGUAGE_ZH = re.compile(
    "翻译|译成|译为|译文|英文|英语|英译|法语|法文|德语|日语|日文|韩语|俄语|西班牙语|拉丁|外语|双语"
    "|哪种语言|什么语言|其他语言|另一种语言|多种语言|多语言|语言学|单词|字母|缩写|动词|介词|时态"
    "|代码|编程|函数|程序|脚本|网页|正则|接口|端点"
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
        if is_code(draft.output) or _is_about_language(asked) or _has_foreign_material(draft):
            return Verdict("answer_language", True, None, limit)
        prose = _read_prose(draft.output)
        is_own = _own_words(draft.lang, asked)
        if draft.lang == "en" and prose.isascii():  # nothing in it can be foreign
            words = any(is_own(word[0]) for word in _WORD.finditer(prose))
            return Verdict("answer_language", True, 1.0 if words else None, limit)
        scripts = count_scripts(_WORD.sub(lambda word: word[0] if is_own(word[0]) else "", prose))
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


def _is_about_language(asked: str) -> bool:
    folded = fold_case(asked)
    if not _LANGUAGES.isdisjoint(_WORD.findall(folded)):
        return True
    if ("translat" in folded or "language" in folded) and _ABOUT_LANGUAGE.search(folded):
        return True
    return not folded.isascii() and _ABOUT_LANGUAGE_ZH.search(folded) is not None


def _read_prose(answer: str) -> str:
    lines = strip_quoted(answer).split("\n")
    return "\n".join(line for line in lines if not is_code_line(line))


def _own_words(lang: Lang, asked: str) -> Callable[[str], bool]:
    """Return a function that says whether a word of the answer counts."""
    known = {word.lower() for word in _WORD.findall(asked)}

    def is_own(word: str) -> bool:
        name = lang == "zh" and not word.islower()
        return len(word) > 1 and not name and word.lower() not in known

    return is_own
