"""Texts that are already there, word for word."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict


def exact_duplicate() -> Filter:
    """Drop a draft whose text is the same as that of a seed or a kept task.

    Texts are the same when their `tokens()` are, so case, punctuation, spaces and full-width forms
    do not count; texts without any token (emoji, punctuation only) when they differ in white space
    at most. A blank text is no duplicate. Which text is compared is the scope of the pool.
    """

    def ask(draft: Draft, pool: Pool) -> Verdict:
        first = pool.first_same(draft)
        return Verdict("exact_duplicate", not first, near=first)

    return ask
