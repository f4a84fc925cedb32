"""Instructions that are not in the language they were asked for."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.script import count_scripts, strip_quoted

MIN_SHARE = 0.3  # of the instruction outside quotes; names and terms may be in another script


def instruction_language() -> Filter:
    """Keep a draft whose instruction is written in the script of its language.

    Quoted text, titles and code do not count: "Translate “你好吗” into English" is English.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        scripts = count_scripts(strip_quoted(draft.instruction))
        if not scripts.total:
            scripts = count_scripts(draft.instruction)
        share = round(scripts.share(draft.lang), 3)
        return Verdict("instruction_language", share >= MIN_SHARE, share, MIN_SHARE)

    return ask
