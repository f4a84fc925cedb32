"""What is wrong with a draft whatever the layout: each of these was seen to harm a trainer."""

from vicugna.layouts.turns import to_turns
from vicugna.records import Draft


def find_fault(draft: Draft) -> str:
    """Return why no trainer can use a draft, in a few words that are counted; "" when all can.

    An empty answer is dropped by OpenRLHF and trained on by the others; an empty question breaks
    the alternation where a template leaves empty turns out. A lone half of a surrogate pair cannot
    be written, and `datasets` deletes it without a word.
    """
    turns = to_turns(draft)
    for role, text in turns:
        if not text.strip():
            return {"user": "an empty question", "assistant": "an empty answer"}.get(role, "")
    texts = [text for _, text in turns] + [draft.reasoning, draft.type]
    texts += [later.reasoning for later in draft.rounds]
    texts += [text for one in draft.alternatives for text in (one.answer, one.reasoning)]
    return "half a character" if any(map(_is_cut, texts)) else ""


def _is_cut(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
