"""Long conversations in parts: no round is lost, and each part is as long as it can be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vicugna.conversations import MESSAGE_MARKS, is_longer, split_rounds
from vicugna.records import Alternative, Draft, Round, Source

MARKS = 2 * MESSAGE_MARKS  # of a round


def words(text: str) -> int:
    return len(text.split())


def conversation(*lengths: int, system: int = 0, word: str = "w") -> Draft:
    """Return a conversation whose rounds have these tokens in their texts: one in the question."""
    first, *rest = [
        Round(f"{word}{place}", f"{word} " * (length - 1)) for place, length in enumerate(lengths)
    ]
    return Draft(
        "a",
        "en",
        first.question,
        "",
        first.answer,
        Source(),
        system="s " * system,
        rounds=tuple(rest),
    )


def rounds_of(draft: Draft) -> list[Round]:
    return [Round(draft.instruction, draft.output, draft.reasoning), *draft.rounds]


def lengths_of(parts: list[Draft]) -> list[list[int]]:
    return [[words(one.question) + words(one.answer) for one in rounds_of(part)] for part in parts]


@pytest.mark.parametrize("word", ["word", "字"], ids=["English", "Chinese"])
@pytest.mark.parametrize(
    ("lengths", "most", "expected"),
    [
        pytest.param([10], 10 + MARKS, [[10]], id="one round that fits"),
        pytest.param([10], 9 + MARKS, [[10]], id="one round that does not"),
        pytest.param([10, 10], 20 + 2 * MARKS, [[10, 10]], id="all fit exactly"),
        pytest.param([10, 10], 19 + 2 * MARKS, [[10], [10]], id="one token too many"),
        pytest.param(
            [1000, 1000, 1000], 2048, [[1000, 1000], [1000]], id="the last does not fit: FastChat"
        ),
        pytest.param([5, 90, 5], 50, [[5], [90], [5]], id="a long one in the middle"),
        pytest.param([90, 5, 5], 50, [[90], [5, 5]], id="a long one first"),
        pytest.param([5, 5, 90], 50, [[5, 5], [90]], id="a long one last"),
        pytest.param([5, 5], 0, [[5], [5]], id="no room at all"),
    ],
)
def test_where_it_is_split(
    word: str, lengths: list[int], most: int, expected: list[list[int]]
) -> None:
    assert lengths_of(split_rounds(conversation(*lengths, word=word), most, words)) == expected


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=12),
    system=st.integers(0, 30),
    most=st.integers(0, 200),
)
def test_no_round_is_lost_and_parts_are_as_long_as_they_can_be(
    lengths: list[int], system: int, most: int
) -> None:
    draft = conversation(*lengths, system=system)
    parts = split_rounds(draft, most, words)
    assert [one for part in parts for one in rounds_of(part)] == rounds_of(draft)
    assert {part.system for part in parts} == {draft.system}
    used = [
        sum(length + MARKS for length in part) + (system + MESSAGE_MARKS if system else 0)
        for part in lengths_of(parts)
    ]
    for place, part in enumerate(parts):
        assert is_longer(part, most, words) is (used[place] > most)
        assert used[place] <= most or not part.rounds
        if place + 1 < len(parts):
            following = lengths_of(parts)[place + 1][0]
            assert used[place] + following + MARKS > most


@pytest.mark.parametrize(
    "draft", [conversation(3, 3), conversation(300)], ids=["fits", "one round that does not"]
)
def test_what_is_not_split_is_returned_as_it_is(draft: Draft) -> None:
    (part,) = split_rounds(draft, 100, words)
    assert part is draft


@pytest.mark.parametrize(("group", "expected"), [("", "a"), ("g", "g")], ids=["no group", "group"])
def test_what_stays_with_which_part(group: str, expected: str) -> None:
    worse = (Alternative("worse"),)
    draft = Draft(
        "a",
        "zh",
        "问",
        "文",
        "答",
        Source(file="f"),
        group,
        True,
        "答",
        "系统",
        "想",
        (Round("再问", "再答", "再想"), Round("三问", "三答")),
        worse,
        0.5,
        "math",
        "money",
        "CC0-1.0",
    )
    first, second, third = split_rounds(draft, 0, len)

    shared = replace(draft, group=expected, rounds=(), alternatives=(), score=None)
    later = replace(shared, input="", is_classification=None, check="")
    assert first == replace(shared, id="a#1")
    assert second == replace(later, id="a#2", instruction="再问", output="再答", reasoning="再想")
    assert third == replace(
        later,
        id="a#3",
        instruction="三问",
        output="三答",
        reasoning="",
        alternatives=worse,
        score=0.5,
    )


@pytest.mark.parametrize(
    ("draft", "tokens"),
    [
        pytest.param(Draft("a", "en", "12", "", "345", Source()), 5 + MARKS, id="no input"),
        pytest.param(Draft("a", "en", "12", "3", "4", Source()), 5 + MARKS, id="a line break"),
        pytest.param(
            Draft("a", "zh", "一", "", "二", Source(), system="三"),
            3 + MARKS + MESSAGE_MARKS,
            id="system",
        ),
        pytest.param(
            Draft("a", "zh", "一", "", "二", Source(), reasoning="三四"), 4 + MARKS, id="reasoning"
        ),
        pytest.param(
            Draft("a", "en", "1", "", "2", Source(), rounds=(Round("3", "4", "5"),)),
            5 + 2 * MARKS,
            id="further round",
        ),
    ],
)
def test_what_is_counted(draft: Draft, tokens: int) -> None:
    assert not is_longer(draft, tokens, len)
    assert is_longer(draft, tokens - 1, len)


def test_each_text_is_counted_once() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return 1

    split_rounds(conversation(2, 2, 2, system=1), 15, count)
    assert len(counted) == 7
