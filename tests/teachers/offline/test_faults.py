from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.errors import UserError
from vicugna.teachers.offline.faults import (
    ANSWER_FAULTS,
    CONNECTION_FAULTS,
    FAULTS,
    apply_text_fault,
    draw_fault,
    parse_faults,
)

EN = '{"instruction": "Name a bird.", "output": "A red kite."}'
ZH = '{"instruction": "说出一种鸟。", "output": "麻雀。"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("429=0.05,hang=0.01", {"429": 0.05, "hang": 0.01}, id="two"),
        pytest.param(" 429 = 0.05 , ,hang=0,", {"429": 0.05, "hang": 0.0}, id="blanks"),
        pytest.param("length=1", {"length": 1.0}, id="always"),
        pytest.param("429=0.5,500=0.5", {"429": 0.5, "500": 0.5}, id="all of the requests"),
        pytest.param("all=0.03", dict.fromkeys(FAULTS, 0.03), id="each of them"),
        pytest.param(
            "hang=0,all=0.05", dict.fromkeys(FAULTS, 0.05) | {"hang": 0.0}, id="all but one"
        ),
    ],
)
def test_parse(text, expected):
    assert parse_faults(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("teapot=0.1", 'Unknown fault "teapot"', id="unknown name"),
        pytest.param("=0.1", 'Unknown fault ""', id="no name"),
        pytest.param("429=1.01", '"1.01", expected 0 to 1', id="over one"),
        pytest.param("429=-0.01", '"-0.01", expected 0 to 1', id="under zero"),
        pytest.param("429=nan", '"nan", expected 0 to 1', id="not a number"),
        pytest.param("429=5%", '"5%", expected 0 to 1', id="per cent"),
        pytest.param("429", 'fault "429" is ""', id="no share"),
        pytest.param("429=0.6,500=0.5", "add up to 1.1", id="over one together"),
        pytest.param("all=0.1", "add up to 1.5", id="over one in all"),
        pytest.param("429=0.1,429=0.2", "twice", id="twice"),
    ],
)
def test_parse_says_what_is_wrong(text, words):
    with pytest.raises(UserError) as caught:
        parse_faults(text)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text())
def test_parse_reads_or_explains(text):
    """Any text is read as shares within their limits, or refused with a line."""
    try:
        shares = parse_faults(text)
    except UserError:
        return
    assert set(shares) <= set(FAULTS)
    assert all(0 <= share <= 1 for share in shares.values())


@pytest.mark.parametrize("name", FAULTS)
def test_a_share_is_kept(name):
    """Of many requests, as many meet the fault as its share says; the rest meet none."""
    draws = Counter(draw_fault({name: 0.2}, seed=1, body=b"%d" % i, seen=0) for i in range(4000))

    assert set(draws) == {name, None}
    assert draws[name] / 4000 == pytest.approx(0.2, abs=0.03)


def test_shares_beside_each_other():
    faults = parse_faults("all=0.05")
    draws = Counter(draw_fault(faults, seed=7, body=b"%d" % i, seen=0) for i in range(20_000))

    assert draws[None] / 20_000 == pytest.approx(0.25, abs=0.02)
    for name in FAULTS:
        assert draws[name] / 20_000 == pytest.approx(0.05, abs=0.01)


def test_a_draw_depends_on_seed_body_and_times_seen():
    """The same request meets the same fault; a retry, another body, another seed are new draws."""
    faults = {"500": 0.5}

    def draws(seed=0, body=b"a"):
        return [draw_fault(faults, seed=seed, body=body, seen=seen) for seen in range(64)]

    assert draws() == draws()
    assert len({tuple(draws()), tuple(draws(seed=1)), tuple(draws(body=b"b"))}) == 3
    assert set(draws()) == {"500", None}


@pytest.mark.parametrize(("share", "expected"), [(0.0, None), (1.0, "reset")])
def test_never_and_always(share, expected):
    assert {draw_fault({"reset": share}, seed=0, body=b"%d" % i, seen=0) for i in range(500)} == {
        expected
    }


@pytest.mark.parametrize(("text", "lang"), [(EN, "en"), (ZH, "zh")], ids=["en", "zh"])
@pytest.mark.parametrize("name", ANSWER_FAULTS)
def test_every_fault_of_the_answer_changes_it(name, text, lang):
    """Each fault is deterministic, and differs from the good answer and from each other."""
    faulty, reason = apply_text_fault(name, text, lang, "previous")

    assert (faulty, reason) == apply_text_fault(name, text, lang, "previous")
    assert faulty != text
    assert reason == ("length" if name == "length" else "stop")


@pytest.mark.parametrize(
    ("text", "cut"),
    [("", ""), ("好", "好"), ("好的", "好"), ("abcde", "abc")],
    ids=["empty", "one", "two", "five"],
)
def test_length_cuts_in_the_middle(text, cut):
    assert apply_text_fault("length", text, "en", "") == (cut, "length")


@pytest.mark.parametrize(
    ("previous", "expected"), [("earlier", "earlier"), ("", EN)], ids=["some", "none yet"]
)
def test_duplicate_repeats_the_previous_answer(previous, expected):
    assert apply_text_fault("duplicate", EN, "en", previous) == (expected, "stop")


def test_the_two_kinds_of_faults_are_all():
    assert sorted({*CONNECTION_FAULTS, *ANSWER_FAULTS}) == sorted(FAULTS)
    assert len(FAULTS) == 15
