import pytest
from hypothesis import given

from tests.layouts.drafts import CHAT, SINGLE, drafts, read, read_back, write
from vicugna.layouts import find_layout


@given(draft=drafts())
def test_everything_said_comes_back(draft):
    content = read_back("messages", draft)

    names = ("instruction", "output", "system", "rounds")
    assert {name: content[name] for name in names} == {name: getattr(draft, name) for name in names}


@pytest.mark.parametrize("draft", [SINGLE, CHAT], ids=["en", "zh"])
def test_there_is_no_other_column(draft):
    """TRL takes a column named "prompt" or "completion" for the layout."""
    for name in ("messages", "parquet"):
        assert [list(row) for row in write(name, draft)] == [["messages"]]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"label": True}, "kto_messages"),
        ({"kto_tag": False}, "kto_messages"),
        ({"id": "x", "source": "y"}, "messages"),
    ],
)
def test_what_stands_beside_the_messages_tells_the_layout(more, name):
    assert find_layout(write("messages", SINGLE)[0] | more) == name


def test_pairs_of_ms_swift_are_read():
    row = {"messages": [{"user": "问", "assistant": "答"}, {"user": "再问", "assistant": "再答"}]}

    assert len(read("messages", row)[0]["rounds"]) == 1
