"""Answers in which the teacher declines, or speaks of itself as a model."""

from filters.words import find
from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

OPENING = 160  # characters: a refusal says so at once
_KEPT = Verdict("refusal", True)


def refusal() -> Filter:
    """Drop a draft whose output opens with a refusal or with "as an AI".

    The lists are `refusal.en.txt` and `refusal.zh.txt`. "I'm sorry" alone is no refusal: people
    apologise in letters and dialogues.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        opening = draft.output[:OPENING]
        hit = find("refusal", "en", opening) or find("refusal", "zh", opening)
        return Verdict("refusal", False, detail=hit) if hit else _KEPT

    return ask
