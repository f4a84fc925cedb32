"""Instructions too close to one that is already there."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict


def near_duplicate() -> Filter:
    """Drop a draft whose instruction is nearer than the pool's limit to a seed or a kept task.

    Nearness is ROUGE-L F1 over `tokens()`: words for en, characters for zh, one pool for both.
    0.7 is the limit of Self-Instruct (Wang et al. 2023, section 2.2). The limit belongs to the
    pool, whose index is built for it. A draft exactly at the limit is kept.
    """

    def ask(draft: Draft, pool: Pool) -> Verdict:
        nearest = pool.nearest(draft.instruction)
        if nearest is None:
            return Verdict("near_duplicate", True, None, pool.max_f1)
        measure = round(nearest.f1, 4)
        return Verdict("near_duplicate", False, measure, pool.max_f1, near=nearest.id)

    return ask
