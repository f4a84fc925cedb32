import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.layouts.drafts import ANSWER, RATED, SINGLE, drafts, read, write
from vicugna.layouts.kto import NOTHING_GOOD
from vicugna.layouts.layout import Problem
from vicugna.records import Alternative

BOTH = pytest.mark.parametrize("name", ["kto", "kto_messages"])
MANY = st.lists(st.builds(Alternative, ANSWER), max_size=3, unique=True).map(tuple)


@BOTH
def test_the_chosen_answer_is_labelled_true_and_the_others_false(name):
    assert [row["label"] for row in write(name, RATED)] == [True, False, False]
    assert [row["label"] for row in write(name, SINGLE)] == [True]


def test_what_TRL_and_what_LLaMA_Factory_read():
    assert write("kto", SINGLE)[0] == {
        "prompt": [{"role": "user", "content": "Sort these words.\npear, apple"}],
        "completion": [{"role": "assistant", "content": "apple, pear"}],
        "label": True,
    }
    assert list(write("kto_messages", SINGLE)[0]) == ["messages", "label"]


@BOTH
@given(draft=drafts(alternatives=MANY))
def test_the_answers_to_one_question_come_back_as_one_task(name, draft):
    assume(all(one.answer != draft.answer for one in draft.alternatives))

    [content] = read(name, *write(name, draft))

    names = ("instruction", "output", "system", "rounds")
    assert {one: content[one] for one in names} == {one: getattr(draft, one) for one in names}
    assert content.get("alternatives", ()) == draft.alternatives


def row(question, answer, label):
    return {
        "prompt": [{"role": "user", "content": question}],
        "completion": [{"role": "assistant", "content": answer}],
        "label": label,
    }


def test_rows_in_any_order_find_each_other():
    """A bad answer that comes first waits for a good one; one that waits in vain is set aside."""
    rows = [
        row("问一", "差", False),
        row("q2", "good", True),
        row("问一", "好", True),
        row("q3", "bad", False),
        row("q2", "worse", False),
        row("问一", "另一个好的", True),
        row("问一", "也差", False),
    ]

    first, second, third, alone = read("kto", *rows)

    assert [one.answer for one in first["alternatives"]] == ["worse"]
    assert [one.answer for one in second["alternatives"]] == ["差"]
    assert [one.answer for one in third["alternatives"]] == ["也差"]
    assert alone == Problem(NOTHING_GOOD, "bad")


def test_a_question_is_told_apart_by_its_system_turn():
    asked = row("q", "bad", False)
    asked["prompt"].insert(0, {"role": "system", "content": "s"})

    read_rows = read("kto", row("q", "good", True), asked)

    assert isinstance(read_rows[1], Problem)
