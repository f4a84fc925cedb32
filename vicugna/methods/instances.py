"""Which instances of one instruction stay.

Rules of github.com/yizhongw/self-instruct, prepare_for_finetuning.py: an exact repeat goes; when
one non-empty input has two different outputs, every instance of the instruction goes; of what is
left at most `most` are kept. That output equals input is the `echo` filter's to say.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from vicugna.draws import draw, member_hash
from vicugna.records import Draft, Verdict


def judge_instances(drafts: Sequence[Draft], most: int, seed: int) -> list[tuple[Draft, Verdict]]:
    """Return each instance with a verdict, in the order given."""
    outputs: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        if draft.input:
            outputs[draft.input].add(draft.output)
    contradicted = next((text for text, found in outputs.items() if len(found) > 1), None)
    firsts = list({(draft.input, draft.output): draft.id for draft in reversed(drafts)}.values())
    hashes = np.array([member_hash(identity) for identity in firsts], dtype=np.uint64)
    winners = {firsts[place] for place in draw(hashes, f"{seed}/instances", most)}

    def verdict_on(draft: Draft) -> Verdict:
        if contradicted is not None:
            return Verdict("instances", False, detail=f"two outputs for {contradicted!r:.60}")
        if draft.id not in firsts:
            return Verdict("instances", False, detail="repeats an instance")
        return Verdict("instances", draft.id in winners, len(firsts), most)

    return [(draft, verdict_on(draft)) for draft in drafts]
