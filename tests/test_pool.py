from dataclasses import replace

import pytest

from tests.scopes import ALIKE, KEPT
from vicugna.pool import Member, Pool, member_of, scope_text
from vicugna.records import LANGS, SCOPES, Draft, Round, Source
from vicugna.seeds import load_seeds


def _fill(pool, lang, seeds, kept):
    for number in range(seeds):
        pool.add_seed(lang, Member(f"{lang}-seed-{number}", f"seed {lang} {number}"))
    for number in range(kept):
        pool.add(lang, Member(f"{lang}-kept-{number}", f"kept {lang} {number}"))
    return pool


def _draft(instruction, input="", output="", lang="zh"):
    return Draft("draft", lang, instruction, input, output, Source())


def _kinds(shown):
    names = [member.id.split("-")[1] for member in shown]
    return names.count("seed"), names.count("kept")


@pytest.mark.parametrize(
    ("seeds", "kept", "drawn"),
    [
        pytest.param(20, 10, (6, 2), id="enough of both"),
        pytest.param(20, 0, (8, 0), id="nothing kept yet"),
        pytest.param(20, 1, (7, 1), id="one kept so far"),
        pytest.param(3, 10, (3, 2), id="few seeds"),
        pytest.param(0, 0, (0, 0), id="an empty pool"),
        pytest.param(400, 300, (6, 2), id="grown past its first room"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_seeds_stand_in_for_kept_tasks(lang, seeds, kept, drawn):
    pool = _fill(Pool(0.7), lang, seeds, kept)
    shown = pool.draw((lang, ""), "1/0", seeds=6, machine=2)

    assert _kinds(shown) == drawn
    assert len({member.id for member in shown}) == len(shown)
    assert shown == pool.draw((lang, ""), "1/0", seeds=6, machine=2)


def test_a_language_is_shown_its_own_tasks():
    pool = _fill(_fill(Pool(0.7), "en", 20, 5), "zh", 20, 5)

    for lang in ("en", "zh"):
        shown = pool.draw((lang, ""), "1/0", seeds=3, machine=2)
        assert [member.id[:2] for member in shown] == [lang] * 5


def test_a_seed_added_later_changes_only_the_draws_it_is_in():
    """So that a grown seed file pays again for few requests only."""
    before, after = (_fill(Pool(0.7), "zh", seeds, 0) for seeds in (60, 61))
    changed = 0
    for number in range(200):
        old = before.draw(("zh", ""), f"1/{number}", seeds=3, machine=0)
        new = after.draw(("zh", ""), f"1/{number}", seeds=3, machine=0)
        changed += old != new
        assert (old != new) == ("zh-seed-60" in [member.id for member in new])

    assert 0 < changed < 30


def test_kept_tasks_do_not_always_come_last():
    pool = _fill(Pool(0.7), "en", 20, 20)
    places = {
        [
            member.id.split("-")[1] for member in pool.draw(("en", ""), str(n), seeds=3, machine=1)
        ].index("kept")
        for n in range(50)
    }

    assert places == {0, 1, 2, 3}


def test_seeds_and_kept_tasks_of_both_languages_are_searched():
    pool = Pool(0.7)
    pool.add_seed("zh", Member("seed", "写一首关于春天的诗"))
    pool.add("en", Member("kept", "Write a poem about the sea at night"))

    assert pool.nearest(_draft("写一首关于秋天的诗")).id == "seed"
    assert pool.nearest(_draft("Write a poem about the sea at dawn")).id == "kept"
    assert pool.nearest(_draft("把 list 转成 tuple")) is None
    assert pool.nearest(_draft("")) is None


def test_a_member_carries_what_a_prompt_shows():
    pool = Pool(0.7)
    member = Member("a", "译成英文。", "早上好", "Good morning")
    pool.add_seed("zh", member)

    assert pool.draw(("zh", ""), "1", seeds=1, machine=0) == [member]


# --- what is compared -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "texts"),
    [
        pytest.param("instruction", ("指令", "指令", "指令", ""), id="instruction"),
        pytest.param(
            "instruction+input",
            ("指令\n输入", "指令", "指令\n输入", ""),
            id="instruction and input",
        ),
        pytest.param("output", ("输出", "输出", "", "输出"), id="output"),
        pytest.param(
            "conversation", ("指令\n输入\n输出", "指令\n输出", "指令\n输入", "输出"), id="all of it"
        ),
    ],
)
def test_the_text_of_a_scope_leaves_out_what_is_empty(scope, texts):
    tasks = [
        ("指令", "输入", "输出"),
        ("指令", "", "输出"),
        ("指令", "输入", ""),
        ("", "", "输出"),
    ]

    assert tuple(scope_text(scope, *task) for task in tasks) == texts


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_task_is_near_another_by_what_is_compared(scope, lang):
    pool = Pool(0.7, scope)
    kept = []
    for number, row in enumerate(ALIKE[lang]):
        if pool.nearest(_draft(*row, lang)) is None:
            pool.add(lang, Member(str(number), *row))
            kept.append(number)

    assert kept == KEPT[scope]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_seed_task_is_found_by_every_scope(scope, lang):
    pool = Pool(0.7, scope)
    seeds = load_seeds(lang)
    for seed in seeds:
        pool.add_seed(lang, member_of(seed))
    seed = seeds[0]
    draft = _draft(seed.instruction, seed.input, seed.output, lang)

    assert pool.first_same(draft) == pool.nearest(draft).id == seed.id


def test_what_is_drawn_and_what_is_compared_may_be_two_things():
    """An instruction can be shown before there is an answer of it to compare with."""
    pool = Pool(0.7, "output")
    pool.add_drawn("zh", Member("instruction", "说出一种水果。"))
    pool.add_compared(Member("instance", "说出一种水果。", "", "苹果和梨"))

    assert pool.count(("zh", "")) == 1
    assert [member.id for member in pool.draw(("zh", ""), "1", seeds=0, machine=5)] == [
        "instruction"
    ]
    assert pool.nearest(_draft("什么可以吃？", "", "苹果和梨")).id == "instance"
    assert pool.first_same(_draft("什么可以吃？", "", "苹果和梨")) == "instance"
    assert pool.nearest(_draft("说出一种水果。", "", "说出一种水果。")) is None
    assert pool.first_same(_draft("说出一种水果。", "", "说出一种水果。")) == ""


ROUNDS = (Round("那傍晚呢？", "红的。"), Round("Why?", "A longer way."))


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("instruction", "为什么天是蓝的？\n那傍晚呢？\nWhy?"),
        ("instruction+input", "为什么天是蓝的？\n晴天\n那傍晚呢？\nWhy?"),
        ("output", "散射。\n红的。\nA longer way."),
        ("conversation", "为什么天是蓝的？\n晴天\n散射。\n那傍晚呢？\n红的。\nWhy?\nA longer way."),
    ],
)
def test_of_a_conversation_all_that_is_asked_or_answered_is_compared(scope, text):
    assert scope_text(scope, "为什么天是蓝的？", "晴天", "散射。", ROUNDS) == text


def test_conversations_that_open_alike_are_not_the_same():
    """Half of all conversations begin with a greeting."""
    pool = Pool(0.7)
    book = Round("推荐一本书。", "《边城》。")
    hello = Draft("a", "zh", "你好", "", "你好！", Source(), rounds=(book,))
    pool.add_compared(hello)

    other = replace(hello, id="b", rounds=(Round("今天穿什么合适？", "薄外套。"),))
    again = replace(hello, id="c", rounds=(Round("推荐一本书。", "《围城》。"),))
    assert pool.nearest(other) is None
    assert pool.first_same(again) == "a"
