import pytest

from filters.echo import echo

CAPITALS = "Put a capital at the start of each word."
PUNCTUATE = "给这句话加上标点。"


@pytest.mark.parametrize(
    ("lang", "instruction", "input", "output", "detail"),
    [
        pytest.param(
            "en", "Make it formal.", "Hi all, see you.", "Hi all, see you.", "input", id="en"
        ),
        pytest.param(
            "en", "Fix it.", " She runs. ", "She runs.\n", "input", id="en, only ends differ"
        ),
        pytest.param("en", CAPITALS, "the old mill", "The Old Mill", "", id="en, case is the task"),
        pytest.param("en", "Fix it.", "She run.", "She runs.", "", id="en, one letter differs"),
        pytest.param(
            "en",
            "Write a haiku about rain.",
            "",
            "write a haiku about rain",
            "instruction",
            id="en, the instruction, whatever its case",
        ),
        pytest.param("en", "Write a haiku.", "", "Write a haiku. Soft rain", "", id="en, goes on"),
        pytest.param("en", "Write a haiku.", "", "", "", id="en, empty is another filter's"),
        pytest.param("en", "!", "", "?", "", id="en, no tokens are no echo"),
        pytest.param(
            "zh", "改写得正式些。", "大家好，回头见。", "大家好，回头见。", "input", id="zh"
        ),
        pytest.param(
            "zh", PUNCTUATE, "走吧我们回家", "走吧，我们回家。", "", id="zh, marks are the task"
        ),
        pytest.param(
            "zh", "改错字。", "他在座位上座下", "他在座位上坐下", "", id="zh, one character"
        ),
        pytest.param(
            "zh",
            "写一首关于雨的诗。",
            "",
            "写一首关于雨的诗",
            "instruction",
            id="zh, the instruction",
        ),
        pytest.param("zh", "写一首诗。", "", "", "", id="zh, empty is another filter's"),
        pytest.param("zh", "写一首关于雨的诗。", "", "写一首", "", id="zh, only its beginning"),
        pytest.param("en", "!", "", "Rain.", "", id="en, no tokens and one"),
    ],
)
def test_echo(judge, lang, instruction, input, output, detail):
    """The detail says what was repeated; nothing repeated keeps the draft."""
    verdict = judge(echo(), lang, instruction, input, output)

    assert (verdict.kept, verdict.detail) == (not detail, detail)
