import pytest

from filters.near_duplicate import near_duplicate
from vicugna.pool import Member, Pool

TEN = "one two three four five six seven eight nine ten"
TEN_ZH = "甲乙丙丁戊己庚辛壬癸"
POEM = "写一首关于春天的诗"


@pytest.fixture
def pool():
    pool = Pool(0.7)
    pool.add_seed("en", Member("seed-en", TEN))
    pool.add_seed("zh", Member("seed-zh", TEN_ZH))
    pool.add("zh", Member("kept-zh", POEM))
    return pool


@pytest.mark.parametrize(
    ("lang", "instruction", "measure", "near"),
    [
        pytest.param("en", TEN, 1.0, "seed-en", id="en, the same"),
        pytest.param("en", TEN.upper() + "!", 1.0, "seed-en", id="en, case and marks are nothing"),
        pytest.param("en", TEN[:34] + "x y z", None, "", id="en, exactly the limit"),
        pytest.param("en", TEN[:40] + "y z", 0.8, "seed-en", id="en, just above the limit"),
        pytest.param("en", "Name three uses of baking soda.", None, "", id="en, new"),
        pytest.param("en", "", None, "", id="en, empty"),
        pytest.param("zh", TEN_ZH, 1.0, "seed-zh", id="zh, the same"),
        pytest.param("zh", "甲乙丙丁戊己庚天地人", None, "", id="zh, exactly the limit"),
        pytest.param("zh", "甲乙丙丁戊己庚辛天地", 0.8, "seed-zh", id="zh, just above the limit"),
        pytest.param("zh", "写一首关于秋天的诗", 0.8889, "kept-zh", id="zh, near to a kept task"),
        pytest.param("zh", "说出小苏打的三种用途。", None, "", id="zh, new"),
        pytest.param("zh", "", None, "", id="zh, empty"),
        pytest.param("en", TEN_ZH, 1.0, "seed-zh", id="one pool for both languages"),
    ],
)
def test_near_duplicate(judge, pool, lang, instruction, measure, near):
    """A verdict names the neighbour and the nearness; at the limit a draft is kept."""
    verdict = judge(near_duplicate(), lang, instruction, pool=pool)

    assert (verdict.kept, verdict.near) == (not near, near)
    assert (verdict.measure, verdict.limit) == (measure, 0.7)


@pytest.mark.parametrize(("max_f1", "kept"), [(0.9, True), (0.7, False)])
def test_the_limit_is_the_pools(judge, max_f1, kept):
    pool = Pool(max_f1)
    pool.add("zh", Member("a", POEM))
    verdict = judge(near_duplicate(), "zh", "写一首关于秋天的诗", pool=pool)

    assert (verdict.kept, verdict.limit) == (kept, max_f1)


def test_it_does_not_add_to_the_pool(judge, pool):
    """Only what every filter kept becomes a member."""
    ask = near_duplicate()

    assert judge(ask, "en", "Explain tides to a child.", pool=pool).kept
    assert judge(ask, "en", "Explain tides to a child.", pool=pool).kept
