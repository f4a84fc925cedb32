"""What is wrong with a draft whatever the layout: each of these was seen to harm a trainer."""

from vicugna.layouts.turns import to_turns
from vicugna.records import Draft


def find_fault(draft: Draft) -> str:
    """Return why no trainer can use a draft, in a few words that are counted; "" when all can.

    An empty answer is dropped by OpenRLHF and trained on by the others; an empty question breaks
    the alternation where a template leaves empty turns out. A lone half of a surrogate pair cannot
    be written, and `datasets` deletes it without a word.
    """
    for role, text in to_turns(draft):
        if not text.strip():
            return {"user": "an empty question", "assistant": "an empty answer"}.get(role, "")
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            return "half a character"
    return ""
