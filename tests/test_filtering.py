from dataclasses import replace

import pytest

from vicugna.filtering import Chain, each_round, judge
from vicugna.pool import Pool
from vicugna.records import Draft, Round, Source, Verdict

DRAFT = Draft("d-00", "zh", "写一首诗。", "", "春天来了。", Source())


def _says(name, kept, heard):
    def ask(draft, pool):
        heard.append(name)
        return Verdict(name, kept)

    return ask


def test_the_first_filter_that_does_not_keep_is_the_reason_and_the_last_one_asked():
    heard = []
    filters = (_says("a", True, heard), _says("b", False, heard), _says("c", False, heard))

    verdicts = judge(DRAFT, filters, Pool(0.7))

    assert [(verdict.filter, verdict.kept) for verdict in verdicts] == [("a", True), ("b", False)]
    assert heard == ["a", "b"]


def test_without_filters_there_is_no_verdict():
    assert judge(DRAFT, (), Pool(0.7)) == ()


def test_a_whole_chain_asks_the_instruction_then_the_answer_then_the_pool():
    heard = []
    chain = Chain(
        novelty=(_says("novelty", True, heard),),
        answer=(_says("answer", True, heard),),
        instruction=(_says("instruction", True, heard),),
    )

    judge(DRAFT, chain.whole, Pool(0.7))

    assert heard == ["instruction", "answer", "novelty"]


CHAT = replace(
    DRAFT,
    rounds=(Round("Why?", "Because."), Round("再来一首。", "夏天也来了。")),
    reasoning="想",
)


def ask_output(word):
    """Return a filter that drops an answer with a word in it."""

    def ask(draft, _):
        assert draft.rounds == ()
        return Verdict("word", word not in draft.output, detail=word)

    return each_round(ask)


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        pytest.param("冬天", Verdict("word", True, detail="冬天"), id="in none"),
        pytest.param("春天", Verdict("word", False, detail="春天"), id="in the first"),
        pytest.param("Because", Verdict("word", False, detail="round 2: Because"), id="second"),
        pytest.param("夏天", Verdict("word", False, detail="round 3: 夏天"), id="in the last"),
    ],
)
def test_every_answer_of_a_conversation_is_judged(word, verdict):
    assert ask_output(word)(CHAT, Pool(0.7)) == verdict


def test_a_further_round_is_a_task_whose_instruction_is_its_question():
    asked = []

    def ask(draft, _):
        asked.append((draft.lang, draft.instruction, draft.input, draft.output))
        return Verdict("x", True)

    each_round(ask)(replace(CHAT, input="关于雨"), Pool(0.7))

    assert asked == [
        ("zh", "写一首诗。", "关于雨", "春天来了。"),
        ("en", "Why?", "", "Because."),
        ("zh", "再来一首。", "", "夏天也来了。"),
    ]
