from dataclasses import replace

import pytest

import filters
from filters import ANSWER, INSTRUCTION, NAMES, NOVELTY, PUBLISHED, chain
from vicugna.errors import UserError
from vicugna.filtering import judge as judge_all
from vicugna.pool import Pool
from vicugna.records import Draft, Round, Source

SEASONS = Round("Explain why there are seasons.", "The axis of the Earth is tilted.")


def _names(asks):
    return [ask.__qualname__.split(".")[0] for ask in asks]


def _draft(lang, instruction, input="", output=""):
    return Draft("draft", lang, instruction, input, output, Source())


def test_the_default_chain_has_every_filter_of_ours_and_none_of_the_papers():
    whole = chain()

    assert _names(whole.instruction) == list(INSTRUCTION)
    assert _names(whole.answer) == list(ANSWER)
    assert _names(whole.novelty) == ["exact_duplicate", "near_duplicate"]
    assert not set(_names(whole.whole)) & set(PUBLISHED)


def test_the_order_is_the_modules_whatever_was_asked():
    named = chain(["near_duplicate", "exact_duplicate", "echo", "length", "alpaca_rules"])
    ordered = ["alpaca_rules", "length", "echo", "exact_duplicate", "near_duplicate"]

    assert _names(named.whole) == ordered
    assert _names(chain(["echo", "echo"]).whole) == ["echo"]


def test_no_names_is_no_filter():
    assert chain([]).whole == ()


def test_an_unknown_name_is_the_users_to_mend():
    with pytest.raises(UserError, match=r'"lenght": unknown\. Filters are length, .*alpaca_rules'):
        chain(["lenght"])


@pytest.mark.parametrize("name", NAMES)
def test_a_verdict_carries_the_name_it_is_asked_for_by(name):
    """The report counts by this name, and `--filters` takes it."""
    groups = {**INSTRUCTION, **ANSWER, **NOVELTY, **PUBLISHED}
    verdict = groups[name]()(_draft("en", "Name three kinds of bread."), Pool(0.7))

    assert verdict.filter == name
    assert getattr(filters, name) is groups[name]


@pytest.mark.parametrize(
    ("lang", "instruction", "output"),
    [("en", "Name three kinds of bread.", "Rye."), ("zh", "说出三种面包的名字。", "法棍。")],
    ids=["en", "zh"],
)
@pytest.mark.parametrize("name", INSTRUCTION)
def test_an_instruction_is_judged_before_its_answer_is_there(name, lang, instruction, output):
    ask = INSTRUCTION[name]()
    before = ask(_draft(lang, instruction), Pool(0.7))

    assert before == ask(_draft(lang, instruction, output=output), Pool(0.7))
    assert before.kept


@pytest.mark.parametrize(
    ("lang", "instruction", "output", "reason"),
    [
        pytest.param("en", "Name three kinds of bread.", "Rye, naan, pita.", "", id="en, kept"),
        pytest.param("en", "Draw a loaf of bread.", "", "blocklist", id="en, the first reason"),
        pytest.param("en", "Name three kinds of bread.", "N/A", "empty", id="en, the answer's"),
        pytest.param("zh", "说出三种面包的名字。", "法棍、吐司、贝果。", "", id="zh, kept"),
        pytest.param("zh", "画一个面包。", "", "blocklist", id="zh, the first reason"),
        pytest.param("zh", "说出三种面包的名字。", "（略）", "empty", id="zh, the answer's"),
    ],
)
def test_the_first_verdict_that_does_not_keep_is_the_reason(lang, instruction, output, reason):
    verdicts = judge_all(_draft(lang, instruction, "", output), chain().whole, Pool(0.7))

    assert all(verdict.kept for verdict in verdicts[:-1])
    assert verdicts[-1].filter == (reason or "near_duplicate")
    assert verdicts[-1].kept == (not reason)
    assert len(verdicts) == len(chain().whole) or reason


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        pytest.param(Round("Why?", "It tilts."), ("", ""), id="en, a short question"),
        pytest.param(Round("那秋分呢？", "昼夜等长。"), ("", ""), id="zh in an English chat"),
        pytest.param(
            Round("Draw a picture of it.", "Here."), ("blocklist", "round 2: "), id="en, a picture"
        ),
        pytest.param(
            Round("Say more.", "As an AI language model, I cannot."),
            ("refusal", "round 2: "),
            id="en, a refusal",
        ),
        pytest.param(
            Round("再说说。", "作为一个人工智能，我不能回答。"),
            ("refusal", "round 2: "),
            id="zh, a refusal",
        ),
        pytest.param(Round("还有吗？", "N/A"), ("empty", "round 2: "), id="zh, no answer"),
    ],
)
def test_every_round_of_a_conversation_is_judged(later, verdict):
    draft = replace(_draft("en", "Hi", output="Hello there."), rounds=(later, SEASONS))

    said = judge_all(draft, chain().whole, Pool(0.7))[-1]

    name, start = verdict
    assert (said.kept, said.filter if not said.kept else "") == (not name, name)
    assert said.detail.startswith(start)
