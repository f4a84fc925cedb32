import pytest

from filters.published import alpaca_rules, self_instruct_rules

LONG = "Write about the sea. " + "word " * 146


@pytest.mark.parametrize("rules", [self_instruct_rules, alpaca_rules])
@pytest.mark.parametrize(
    ("instruction", "detail"),
    [
        pytest.param("Name three kinds of bread.", "", id="kept"),
        pytest.param("Name three breads.", "words", id="three words"),
        pytest.param("Name three good breads.", "", id="four words"),
        pytest.param(LONG, "", id="150 words"),
        pytest.param(LONG + "more", "words", id="151 words"),
        pytest.param("Describe the image in words.", "image", id="a listed word"),
        pytest.param("Explain the IMAGES in words.", "IMAGES", id="in any case"),
        pytest.param("Explain imagery in three sentences.", "", id="inside another word"),
        pytest.param("Please go to the next step.", "go to", id="two listed words"),
        pytest.param("Write a program that sorts names.", "Write a program", id="a program"),
        pytest.param("- Name three kinds of bread.", "-", id="begins with a sign"),
        pytest.param("Écrivez trois sortes de pain.", "É", id="begins beyond ASCII"),
        pytest.param("请 说出 三种 面包 名称", "请", id="Chinese, whatever it says"),
        pytest.param("说出三种面包的名称。", "words", id="Chinese has no spaces"),
        pytest.param("", "words", id="empty"),
    ],
)
def test_the_rules_of_both_papers(judge, rules, instruction, detail):
    verdict = judge(rules(), "en", instruction)

    assert (verdict.filter, verdict.kept) == (rules.__name__, not detail)
    assert verdict.detail == detail


@pytest.mark.parametrize("word", ["video", "audio", "music", "flowchart", "diagram"])
def test_the_words_that_alpaca_added(judge, word):
    instruction = f"Explain how {word} reaches people."

    assert judge(self_instruct_rules(), "en", instruction).kept
    assert judge(alpaca_rules(), "en", instruction).detail == word


@pytest.mark.parametrize(
    ("instruction", "measure", "limit"),
    [("Name three breads.", 3, 3), (LONG + "more", 151, 150)],
    ids=["too short", "too long"],
)
def test_the_count_and_its_limit(judge, instruction, measure, limit):
    verdict = judge(alpaca_rules(), "en", instruction)

    assert (verdict.measure, verdict.limit) == (measure, limit)
