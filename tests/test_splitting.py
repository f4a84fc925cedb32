"""Validation has nothing that train has seen, and is the same however the rows are ordered."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna import splitting
from vicugna.errors import UserError
from vicugna.pool import draft_text
from vicugna.records import Alternative, Draft, Lang, Round, Source, Task
from vicugna.splitting import Split, split_tasks
from vicugna.text.rouge import rouge_l

ENGLISH = [f"word{number}" for number in range(400)]
CHINESE = [chr(0x4E00 + number) for number in range(400)]


def task(id: str, question: str, lang: Lang = "en", **changes: object) -> Task:
    draft = Draft(id, lang, question, "", f"answer of {id}", Source())
    return Task(replace(draft, **changes), ())


def unlike(count: int, lang: Lang = "en", seed: int = 0) -> list[Task]:
    """Return tasks whose questions have next to nothing in common."""
    source, words = random.Random(f"{lang}{seed}"), ENGLISH if lang == "en" else CHINESE
    return [
        task(f"{lang}row{number}", " ".join(source.sample(words, 12)), lang)
        for number in range(count)
    ]


def near_to_each_other(count: int, seed: int, lang: Lang = "en") -> list[Task]:
    """Return tasks many of which differ from an earlier one by some words."""
    source, words = random.Random(seed), ENGLISH[:60] if lang == "en" else CHINESE[:60]
    texts: list[list[str]] = []
    for _ in range(count):
        text = source.choices(words, k=source.randint(0, 12))
        if texts and source.random() < 0.4:
            text = list(source.choice(texts))
            for _ in range(source.randint(0, 4)):
                if text:
                    text[source.randrange(len(text))] = source.choice(words)
        texts.append(text)
    return [task(f"{lang}:{place}", " ".join(text), lang) for place, text in enumerate(texts)]


def ids(tasks: Sequence[Task]) -> list[str]:
    return [one.draft.id for one in tasks]


def check(tasks: Sequence[Task], split: Split, max_f1: float = 0.7) -> None:
    """Check, pair by pair, what holds for every split."""
    assert sorted(ids(split.train) + ids(split.validation)) == sorted(ids(tasks))
    places = {one.draft.id: place for place, one in enumerate(tasks)}
    for side in (split.train, split.validation):
        assert ids(side) == sorted(ids(side), key=places.__getitem__)
    assert len(split.validation) <= split.wanted
    train = {draft_text("instruction+input", one.draft) for one in split.train}
    for one in split.validation:
        asked = draft_text("instruction+input", one.draft)
        assert asked == "" or asked not in train
        assert all(rouge_l(asked, other) <= max_f1 + 1e-12 for other in train)


@pytest.mark.parametrize("max_f1", [0.4, 0.7, 0.9, 1.0], ids="limit {}".format)
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5], ids="share {}".format)
def test_no_validation_row_has_a_near_train_row(share: float, max_f1: float) -> None:
    tasks = near_to_each_other(250, 1) + near_to_each_other(150, 2, "zh")
    split = split_tasks(tasks, share, max_f1=max_f1)
    check(tasks, split, max_f1)
    if max_f1 >= 0.7:
        assert Counter(one.draft.lang for one in split.validation).keys() == {"en", "zh"}


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(0, 40),
    seed=st.integers(0, 10**6),
    share=st.sampled_from([0.1, 0.5]),
    max_f1=st.sampled_from([0.5, 0.7, 1.0]),
    shuffled=st.randoms(use_true_random=False),
)
def test_the_same_rows_in_another_order_are_split_the_same(
    count: int, seed: int, share: float, max_f1: float, shuffled: random.Random
) -> None:
    tasks = near_to_each_other(count, seed) + unlike(5, "zh")
    split = split_tasks(tasks, share, max_f1=max_f1, seed=seed)
    check(tasks, split, max_f1)
    moved = shuffled.sample(tasks, len(tasks))
    again = split_tasks(moved, share, max_f1=max_f1, seed=seed)
    assert set(ids(again.validation)) == set(ids(split.validation))
    assert again.wanted == split.wanted


def test_the_draw_follows_the_question_and_the_seed_but_not_the_id() -> None:
    tasks = unlike(100)
    named = [
        replace(one, draft=replace(one.draft, id=f"row {place}", output="x"))
        for place, one in enumerate(reversed(tasks))
    ]
    first = {one.draft.instruction for one in split_tasks(tasks, 0.1).validation}
    assert {one.draft.instruction for one in split_tasks(named, 0.1).validation} == first
    assert {one.draft.instruction for one in split_tasks(tasks, 0.1, seed=1).validation} != first


@pytest.mark.parametrize(
    ("english", "chinese", "share", "expected"),
    [
        pytest.param(100, 50, 0.1, {"en": 10, "zh": 5}, id="in proportion"),
        pytest.param(30, 0, 0.1, {"en": 3}, id="a share that is no double"),
        pytest.param(101, 5, 0.02, {"en": 3, "zh": 1}, id="rounded up"),
        pytest.param(1, 2, 0.5, {"zh": 1}, id="train keeps half"),
        pytest.param(3, 0, 0.5, {"en": 1}, id="train keeps the larger half"),
        pytest.param(0, 0, 0.5, {}, id="nothing"),
    ],
)
def test_how_many(english: int, chinese: int, share: float, expected: dict[str, int]) -> None:
    split = split_tasks(unlike(english) + unlike(chinese, "zh"), share)
    assert Counter(one.draft.lang for one in split.validation) == expected
    assert split.wanted == sum(expected.values())


def test_translations_have_room_beside_rows_of_the_larger_language() -> None:
    tasks = [
        *unlike(100),
        *(
            task(f"{number}.en", one.draft.instruction)
            for number, one in enumerate(unlike(100, seed=1))
        ),
    ]
    tasks += [
        task(f"{number}.zh", one.draft.instruction, "zh")
        for number, one in enumerate(unlike(100, "zh"))
    ]
    split = split_tasks(tasks, 0.1)
    assert Counter(one.draft.lang for one in split.validation) == {"en": 20, "zh": 10}
    drawn = Counter(one.draft.id.partition(".")[0] for one in split.validation)
    assert sorted(drawn.values()) == [1] * 10 + [2] * 10


EN, ZH = " ".join(ENGLISH[:10]), "".join(CHINESE[:10])
ASKED = " ".join(ENGLISH[10:20])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(task("a", EN, group="g"), task("b", ASKED, group="g"), id="group"),
        pytest.param(task("a#1", EN, group="a"), task("a", ASKED), id="parts and the whole"),
        pytest.param(task("a", EN), task("b", EN.upper() + "!"), id="question as it is read"),
        pytest.param(task("a", ZH, "zh"), task("b", f" {ZH}。", "zh"), id="question in Chinese"),
        pytest.param(task("en-012", EN), task("zh-012", ZH, "zh"), id="seed ids"),
        pytest.param(task("x.en", EN), task("x.zh", ZH, "zh"), id="ids that end in a mark"),
        pytest.param(task("x_EN_1", EN), task("x_zh-CN_1", ZH, "zh"), id="marks with a country"),
        pytest.param(task("1", EN, group="x/en"), task("2", ZH, "zh", group="x/zh"), id="groups"),
        pytest.param(
            task("a", EN, alternatives=(Alternative("bad"),)),
            task("b", EN, alternatives=(Alternative("worse"),)),
            id="preferences on a question",
        ),
        pytest.param(
            task("a", "Go on.", rounds=(Round(EN, "x"),)),
            task("b", "Go on!", rounds=(Round(EN, "y"),)),
            id="further questions",
        ),
        pytest.param(
            task("a", " ".join([*ENGLISH[:8], "x", "y"])), task("b", EN), id="near English"
        ),
        pytest.param(task("a", ZH[:8] + "龍龜", "zh"), task("b", ZH, "zh"), id="near Chinese"),
    ],
)
def test_what_belongs_together_is_on_one_side(one: Task, other: Task) -> None:
    tasks = [*unlike(20), *unlike(20, "zh"), one, other]
    sides: set[tuple[bool, bool]] = set()
    for seed in range(12):
        drawn = ids(split_tasks(tasks, 0.5, seed=seed).validation)
        sides.add((one.draft.id in drawn, other.draft.id in drawn))
    assert sides == {(False, False), (True, True)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(task("en-012", EN), task("zh-013", ZH, "zh"), id="other numbers"),
        pytest.param(task("men-1", EN), task("mzh-1", ZH, "zh"), id="letters in a word"),
        pytest.param(
            task("a", " ".join([*ENGLISH[:7], "x", "y", "z"])), task("b", EN), id="at the limit"
        ),
        pytest.param(task("a", ZH[:7] + "龍龜鳳", "zh"), task("b", ZH, "zh"), id="in Chinese"),
        pytest.param(task("", EN), task("", ASKED), id="no id"),
        pytest.param(task("a", EN, input="1"), task("b", EN, input=ASKED), id="other input"),
    ],
)
def test_what_does_not_belong_together_may_be_apart(one: Task, other: Task) -> None:
    tasks = [*unlike(20), *unlike(20, "zh"), one, other]
    splits = [split_tasks(tasks, 0.5, seed=seed) for seed in range(12)]
    assert any((one in split.validation) != (other in split.validation) for split in splits)


def test_two_that_are_near_to_a_third_are_on_one_side() -> None:
    """`a` and `c` have an F1 of 0.6; 0.8 each with `b`. The nearest of `b` is only one of them."""
    a, b, c = (" ".join(ENGLISH[start : start + 10]) for start in (0, 2, 4))
    assert rouge_l(a, c) < 0.7 < rouge_l(a, b) == rouge_l(b, c)
    three = [task("a", a), task("c", c), task("b", b)]
    for seed in range(12):
        drawn = set(ids(split_tasks([*unlike(20, seed=1), *three], 0.5, seed=seed).validation))
        assert len(drawn & {"a", "b", "c"}) in (0, 3)


def test_a_bundle_larger_than_what_is_wanted_is_left_in_train() -> None:
    tasks = [*unlike(30), *(task(f"g{number}", f"{number}", group="g") for number in range(30))]
    for seed in range(5):
        split = split_tasks(tasks, 0.1, seed=seed)
        assert (len(split.validation), split.wanted) == (6, 6)
        assert not any(one.draft.group for one in split.validation)


def test_when_all_is_alike_validation_has_fewer_than_wanted() -> None:
    alike = [
        task(str(number), f"Please add the numbers {number} and {number + 7}, now.")
        for number in range(300)
    ]
    split = split_tasks(alike, 0.1)
    assert (len(split.validation), split.wanted, len(split.train)) == (0, 30, 300)
    split = split_tasks([*alike, *unlike(20)], 0.1)
    assert (len(split.validation), split.wanted) == (20, 32)


def test_of_rows_that_are_all_alike_few_are_compared_with_all() -> None:
    """Were each compared with each, a file of 50,000 such rows would take hours."""
    alike = [
        task(str(number), f"Please add the numbers {number} and {number + 7}, now.")
        for number in range(300)
    ]
    late = task("late", " ".join(["please add the numbers", *ENGLISH[:2], "1 8"]))
    with patch.object(splitting, "_is_near", wraps=splitting._is_near) as compared:
        split = split_tasks([*alike, *unlike(40), late], 0.1)
    assert compared.call_count < 300
    check([*alike, *unlike(40), late], split)


@pytest.mark.parametrize("share", [0.0, -0.1, 0.51, 1.0, float("nan")])
def test_a_share_out_of_range_is_the_users_error(share: float) -> None:
    with pytest.raises(UserError, match=r"share is .*, expected above 0 and at most 0\.5"):
        split_tasks([], share)


@pytest.mark.parametrize("max_f1", [0.0, 1.1])
def test_a_limit_out_of_range_is_the_users_error(max_f1: float) -> None:
    with pytest.raises(UserError, match="max_f1 is"):
        split_tasks([], 0.1, max_f1=max_f1)
