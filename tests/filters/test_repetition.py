import pytest

from filters.repetition import LONGEST, MAX_LINES, MAX_NGRAMS, MAX_RUN, repetition

WORDS = [f"w{number}" for number in range(60)]
HAN = "".join(chr(0x4E00 + 7 * number) for number in range(60))
EN_LOOP = "The demand for the new product depends on the price that buyers will pay for it. "
ZH_LOOP = "这种新产品的需求取决于买家愿意为它付出的价格。"
SONG = "\n".join(
    f"{line}\nCome home, come home to me"
    for line in (
        "The lamp is lit, the door is wide",
        "The kettle sings, the bread is warm",
        "The dog lies down, the rain outside",
        "The year goes by without a storm",
        "And every road I ever tried",
    )
)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("token", "times", "kept"),
    [
        pytest.param("very ", MAX_RUN, True, id="en word, exactly the limit"),
        pytest.param("very ", MAX_RUN + 1, False, id="en word, one more"),
        pytest.param("哈", MAX_RUN, True, id="zh character, exactly the limit"),
        pytest.param("哈", MAX_RUN + 1, False, id="zh character, one more"),
    ],
)
def test_a_run_of_one_token(judge, lang, token, times, kept):
    verdict = judge(repetition(), lang, output=token * times)

    assert verdict.kept == kept
    if not kept:
        assert (verdict.measure, verdict.limit) == (times, MAX_RUN)
        assert verdict.detail == "run of one token"


@pytest.mark.parametrize(
    ("lang", "line", "others"),
    [
        ("en", "come home to me now", [" ".join(WORDS[n : n + 5]) for n in range(0, 25, 5)]),
        ("zh", "回到我身边", [HAN[n : n + 5] for n in range(0, 25, 5)]),
    ],
    ids=["en", "zh"],
)
@pytest.mark.parametrize(
    ("single", "measure", "kept"),
    [
        pytest.param(5, 0.5, True, id="exactly half is repeated"),
        pytest.param(4, 0.545, False, id="one line more than half"),
    ],
)
def test_repeated_lines(judge, lang, line, others, single, measure, kept):
    """One line seven times, between four or five others that stand once."""
    lines = [text for other in others[:single] for text in (line, other)]
    verdict = judge(repetition(), lang, output="\n".join([*lines, *[line] * (7 - single)]))

    assert verdict.kept == kept
    if not kept:
        assert (verdict.measure, verdict.limit) == (measure, MAX_LINES)
        assert verdict.detail == "lines"


@pytest.mark.parametrize(
    ("lang", "repeated", "fresh"),
    [
        ("en", " ".join(WORDS[:15]), " ".join(WORDS[15:45])),
        ("zh", HAN[:20], HAN[20:60]),
    ],
    ids=["en", "zh"],
)
def test_repeated_phrases_at_the_limit(judge, lang, repeated, fresh):
    """A phrase counts from its second use on: exactly half repeated is kept."""
    gap = " " if lang == "en" else ""
    kept = judge(repetition(), lang, output=gap.join([fresh, *[repeated] * 3]))
    dropped = judge(repetition(), lang, output=gap.join([fresh, *[repeated] * 6]))

    assert kept.kept
    assert kept.measure == pytest.approx(0.4)
    assert not dropped.kept
    assert (dropped.detail, dropped.limit) == ("phrases", MAX_NGRAMS)
    assert dropped.measure > MAX_NGRAMS


@pytest.mark.parametrize(
    ("lang", "output", "kept"),
    [
        pytest.param("en", EN_LOOP * 6, False, id="en, one sentence in a loop"),
        pytest.param("zh", ZH_LOOP * 6, False, id="zh, one sentence in a loop"),
        pytest.param("en", EN_LOOP * 2, True, id="en, too short to judge"),
        pytest.param("zh", ZH_LOOP * 2, True, id="zh, too short to judge"),
        pytest.param("en", SONG, True, id="en, a song with a refrain"),
        pytest.param(
            "zh",
            "\n".join(f"{HAN[n : n + 12]}\n回家吧，回家吧" for n in range(0, 48, 12)),
            True,
            id="zh, a song with a refrain",
        ),
        pytest.param("en", "<tr><td>0</td></tr>\n" * 30, True, id="en, a table in HTML"),
        pytest.param("zh", "[0, 0, 0, 0, 0, 0],\n" * 6, True, id="zh, a matrix of zeros"),
        pytest.param("en", "", True, id="en, empty"),
        pytest.param("zh", "", True, id="zh, empty"),
        pytest.param("zh", "。。。", True, id="zh, no tokens"),
    ],
)
def test_what_loops_and_what_does_not(judge, lang, output, kept):
    assert judge(repetition(), lang, output=output).kept == kept


@pytest.mark.parametrize(
    ("lang", "letter", "sign"), [("en", "very ", "."), ("zh", "哈", "。")], ids=["en", "zh"]
)
def test_what_comes_late_is_not_looked_at(judge, lang, letter, sign):
    """A text that loops does so early, and the phrases of a long one would fill the machine."""
    run = letter * (MAX_RUN + 1)
    early = sign * (LONGEST - len(run)) + run
    late = sign * LONGEST + run

    assert not judge(repetition(), lang, output=early).kept
    assert judge(repetition(), lang, output=late).kept
