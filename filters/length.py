"""Instructions that are too short or too long to be a task."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Verdict
from vicugna.text.tokens import count_tokens

# en: Self-Instruct drops 3 words and fewer, and more than 150 (bootstrap_instructions.py). On
# Alpaca's 52,002 rows the lower limit only meets tasks that are whole ("Calculate 12 + 4."), so
# ours drops 2 and fewer.
# zh: BELLE drops 3 characters and fewer and has no upper limit; 300 characters say what 150
# English words do (measured on translated pairs: 1.9 characters a word).
LIMITS: dict[Lang, tuple[int, int]] = {"en": (3, 150), "zh": (4, 300)}


def length() -> Filter:
    """Keep a draft whose instruction has 3 to 150 words (en) or 4 to 300 characters (zh).

    A conversation may begin with a greeting and quote a page, so there all questions together have
    to reach the least, and there is no most.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        least, most = LIMITS[draft.lang]
        if draft.rounds:
            questions = (draft.instruction, *(later.question for later in draft.rounds))
            count = sum(map(count_tokens, questions))
            return Verdict("length", count >= least, count, least)
        count = count_tokens(draft.instruction)
        limit = least if count < least else most
        return Verdict("length", least <= count <= most, count, limit)

    return ask
