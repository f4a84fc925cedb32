from vicugna.filtering import Chain, judge
from vicugna.pool import Pool
from vicugna.records import Draft, Source, Verdict

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
