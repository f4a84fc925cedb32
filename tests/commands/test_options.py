import pytest

from vicugna.commands.options import overrides, split_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(None, None, id="not given"),
        pytest.param("", [], id="empty"),
        pytest.param("alpaca", ["alpaca"], id="one"),
        pytest.param(" alpaca , messages,", ["alpaca", "messages"], id="blanks and an end"),
    ],
)
def test_names_are_separated_by_commas(text, names):
    assert split_names(text) == names


def test_options_are_dotted_overrides():
    assert overrides(7, "openai", "m", "http://h/v1", 3, ("a", "b")) == {
        "target": 7,
        "teacher.name": "openai",
        "teacher.model": "m",
        "teacher.base_url": "http://h/v1",
        "seed": 3,
        "against": ["a", "b"],
    }
    assert overrides(None, None, None, None, None, ())["against"] is None
