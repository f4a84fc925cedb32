"""Texts too close to one that is already there."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict


def near_duplicate() -> Filter:
    """Drop a draft whose text is nearer than the pool's limit to that of a seed or a kept task.

    Nearness is ROUGE-L F1 over `tokens()`: words for en, characters for zh, one pool for both.
    0.7 is the limit of Self-Instruct (Wang et al. 2023, section 2.2). Limit and scope (which text
    is compared) belong to the pool, whose index is built for them. A draft exactly at the limit is
    kept; so at 1.0 every draft is.
    """

    def ask(draft: Draft, pool: Pool) -> Verdict:
        nearest = pool.nearest(draft)
        if nearest is None:
            return Verdict("near_duplicate", True, None, pool.max_f1)
        measure = round(nearest.f1, 4)
        return Verdict("near_duplicate", False, measure, pool.max_f1, near=nearest.id)

    return ask
