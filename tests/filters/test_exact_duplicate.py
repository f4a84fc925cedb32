import pytest

from filters import chain
from filters.exact_duplicate import exact_duplicate
from tests.scopes import ALIKE, KEPT
from vicugna.filtering import judge as judge_all
from vicugna.pool import Member, Pool
from vicugna.records import LANGS, SCOPES, Draft, Source, Verdict

TEXT = "Sort 3 words, from A to Z."
TEXT_ZH = "用Python写3行代码。"


@pytest.fixture
def pool():
    pool = Pool(1.0)
    pool.add_seed("en", Member("seed-en", TEXT))
    pool.add_seed("zh", Member("seed-zh", TEXT_ZH))
    for identity, text in (("again", TEXT), ("emoji", "🍎 🍊"), ("marks", "？！"), ("blank", "")):
        pool.add("zh", Member(identity, text))
    return pool


@pytest.mark.parametrize(
    ("lang", "text", "near"),
    [
        pytest.param("en", TEXT, "seed-en", id="en, the same: the first of two"),
        pytest.param("en", TEXT.upper(), "seed-en", id="en, case"),
        pytest.param("en", "sort: 3 words; from a to z!", "seed-en", id="en, sentence marks"),
        pytest.param("en", "  Sort 3\nwords from\tA to Z", "seed-en", id="en, spaces"),
        pytest.param("en", "Ｓｏｒｔ　３ words, from Ａ to Ｚ.", "seed-en", id="en, full width"),
        pytest.param("en", "Sort 3 words, from A to Y.", "", id="en, one word more of another"),
        pytest.param("en", "Sort 3 words, from A to.", "", id="en, one word less"),
        pytest.param("en", "Sort -3 words, from A to Z.", "", id="en, a sign"),
        pytest.param("en", "Sort 3 words, from Z to A.", "", id="en, another order"),
        pytest.param("en", "Sort 3 words, from ato Z.", "", id="en, the letters are the same"),
        pytest.param("zh", TEXT_ZH, "seed-zh", id="zh, the same"),
        pytest.param("zh", "用 PYTHON 写 3 行代码", "seed-zh", id="zh, case, spaces, punctuation"),
        pytest.param("zh", "用Ｐｙｔｈｏｎ写３行代码！", "seed-zh", id="zh, full width"),
        pytest.param("zh", "用Python写4行代码。", "", id="zh, another number"),
        pytest.param("zh", "用Python写≥3行代码。", "", id="zh, a sign"),
        pytest.param("zh", "用Python写3行代码吧。", "", id="zh, one character more"),
        pytest.param("zh", "写3行代码用Python。", "", id="zh, another order"),
        pytest.param("en", TEXT_ZH, "seed-zh", id="one pool for both languages"),
        pytest.param("zh", "🍎 🍊", "emoji", id="emoji only, the same"),
        pytest.param("zh", " 🍎\n🍊 ", "emoji", id="emoji only, white space"),
        pytest.param("zh", "🍎🍊", "emoji", id="emoji only, joined"),
        pytest.param("zh", "🍎", "", id="emoji only, one less"),
        pytest.param("zh", "🍊 🍎", "", id="emoji only, another order"),
        pytest.param("zh", "？！", "marks", id="punctuation only, the same"),
        pytest.param("zh", "?!", "", id="punctuation only, another width"),
        pytest.param("en", "", "", id="en, empty"),
        pytest.param("zh", " \u3000\n", "", id="zh, blank"),
    ],
)
def test_exact_duplicate(judge, pool, lang, text, near):
    verdict = judge(exact_duplicate(), lang, text, pool=pool)

    assert verdict == Verdict("exact_duplicate", not near, None, None, near)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_compared_is_the_scope_of_the_pool(judge, scope, lang):
    """Of a task that differs in one part at a time; the last one differs in none."""
    pool, ask = Pool(1.0, scope), exact_duplicate()
    kept = []
    for number, row in enumerate(ALIKE[lang]):
        if judge(ask, lang, *row, pool=pool).kept:
            pool.add(lang, Member(str(number), *row))
            kept.append(number)

    assert kept == KEPT[scope]


@pytest.mark.parametrize(
    ("names", "max_f1", "reason"),
    [
        pytest.param(None, 0.7, "exact_duplicate", id="both: the cheaper one says it"),
        pytest.param(["near_duplicate"], 0.7, "near_duplicate", id="near alone decides as well"),
        pytest.param(["near_duplicate"], 0.99, "near_duplicate", id="just below 1"),
        pytest.param(["near_duplicate"], 1.0, "", id="at 1 nothing is near enough"),
        pytest.param(None, 1.0, "exact_duplicate", id="at 1 what is the same still goes"),
    ],
)
@pytest.mark.parametrize(
    ("lang", "known", "text"),
    [
        pytest.param("en", "Name three kinds of bread.", "name three kinds of bread", id="en"),
        pytest.param("zh", "说出三种面包的名字。", "说出三种面包的名字！", id="zh"),
    ],
)
def test_beside_near_duplicate(lang, known, text, names, max_f1, reason):
    pool = Pool(max_f1)
    pool.add(lang, Member("first", known))
    draft = Draft("draft", lang, text, "", {"en": "Rye, naan.", "zh": "法棍。"}[lang], Source())

    verdict = judge_all(draft, chain(names).whole, pool)[-1]

    assert (verdict.kept, verdict.near) == (not reason, "first" if reason else "")
    assert verdict.filter == (reason or "near_duplicate")


def test_it_does_not_add_to_the_pool(judge, pool):
    """Only what every filter kept becomes a member."""
    for _ in range(2):
        assert judge(exact_duplicate(), "en", "Explain tides to a child.", pool=pool).kept
