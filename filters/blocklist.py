"""Tasks that ask for what a text model cannot do: see, hear, draw, open a file, browse."""

from filters.words import find
from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict


def blocklist() -> Filter:
    """Drop a draft whose instruction asks for a medium other than text.

    The lists are `blocklist.en.txt` and `blocklist.zh.txt`, ours; the idea and the media come from
    Self-Instruct and Alpaca (bare words such as "graph" and "map") and BELLE (phrases). Ours name
    the act ("draw a", "the image below"), so "the plot of a novel" and "map() in Python" stay.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        hit = find("blocklist", draft.lang, draft.instruction)
        return Verdict("blocklist", not hit, detail=hit)

    return ask
