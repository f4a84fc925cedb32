"""Texts that are already there, word for word."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict

_KEPT = Verdict("exact_duplicate", True)


def exact_duplicate() -> Filter:
    """Drop a draft whose text is the same as that of a seed or a kept task.

    Case, spacing, full-width forms and sentence marks do not count (`normal_form`); signs do, so
    that `8` is not `-8`. A blank text is no duplicate. Which text is compared is the scope of the
    pool.
    """

    def ask(draft: Draft, pool: Pool) -> Verdict:
        first = pool.first_same(draft)
        return Verdict("exact_duplicate", False, near=first) if first else _KEPT

    return ask
