"""Nothing comes twice: no row of a night is near to one that was released before, or withdrawn."""

import shutil
from collections import Counter
from random import Random

import orjson
import pytest
from rouge_score.rouge_scorer import RougeScorer

from tests.nights import (
    FIRST,
    SECOND,
    SET,
    THIRD,
    changes_in,
    released_tasks,
    withdraw,
)
from tests.scripted import count_asked, make_recipe, rng_of, write_task
from vicugna.pool import draft_text
from vicugna.text.rouge import rouge_l

OLD = {
    lang: [write_task(Random(f"{lang} {number}"), lang) for number in range(8)]
    for lang in ("en", "zh")
}
REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)


def _say_again(request):
    """Answer with tasks of which half were told before, in other words at the end."""
    rng = rng_of(request)
    tasks = []
    for _ in range(count_asked(request)):
        task = write_task(rng, request.lang)
        if rng.random() < 0.5:
            old = rng.choice(OLD[request.lang])
            tail = {"en": " Be brief.", "zh": "要简短。"}[request.lang]
            task = old | {"instruction": old["instruction"] + rng.choice(["", tail])}
        tasks.append(task)
    return "\n".join(orjson.dumps(task).decode() for task in tasks)


def _f1(one, other):
    """Return how near two texts are: as the reference says, and for Chinese by our own tokens."""
    if one.lang == other.lang == "en":
        texts = [draft_text("instruction", draft) for draft in (one, other)]
        return REFERENCE.score(*texts)["rougeL"].fmeasure
    return rouge_l(draft_text("instruction", one), draft_text("instruction", other))


@pytest.mark.parametrize("gone", ["", "runs"], ids=["as it is", "folders of the runs removed"])
def test_no_later_row_is_near_to_any_that_was_ever_released(night, gone):
    """Those that were withdrawn are compared with too, and where only the releases are left."""
    ever, near = [], Counter()
    night(FIRST, say=_say_again, target=16)
    ever.append([task.draft for task in released_tasks()])
    withdraw(*[draft.id for draft in ever[0][::2]], day=FIRST)
    for day in (SECOND, THIRD):
        if gone:
            shutil.rmtree(SET / gone)
        outcome, _ = night(day, say=_say_again, add=12, target=16)
        added = {one["id"] for one in changes_in(day)}
        ever.append([task.draft for task in released_tasks() if task.draft.id in added])
        near.update(outcome.manifest["counts"]["rejected"]["near_duplicate"])
        assert (outcome.event, len(ever[-1])) == ("released", 12)

    limit = make_recipe().max_f1
    for number, drafts in enumerate(ever):
        before = [draft for others in ever[:number] for draft in others]
        assert max((_f1(one, other) for one in drafts for other in before), default=0) <= limit
    assert near["en"]  # it did say again what was there
    assert near["zh"]


def test_a_row_that_was_withdrawn_is_raised_anew_and_not_the_same(night):
    night(FIRST, say=_say_again, target=16)
    gone = [task.draft for task in released_tasks()][:6]
    withdraw(*[draft.id for draft in gone], day=SECOND)

    outcome, _ = night(THIRD, say=_say_again, target=16)

    assert outcome.manifest["counts"]["tasks"] == {"en": 8, "zh": 8}
    now = [task.draft for task in released_tasks()]
    limit = make_recipe().max_f1
    assert max(_f1(one, other) for one in now for other in gone if one.id != other.id) <= limit
    assert not {draft.id for draft in gone} & {draft.id for draft in now}
