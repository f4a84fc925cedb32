"""What a run spent, by teacher and purpose, and how it is told."""

import pytest

from tests.spent import make_asked, make_kept
from vicugna.spending import HEAD, describe_usage, list_rows, show_usage

# Two roles: one teacher writes the tasks, two answer them, one of these without a price.
ASKED = [
    make_asked("a", "deepseek", "new_instructions", model="deepseek-chat", price_nusd=300_000),
    make_asked("b", "openai", "input_first"),
    make_asked("c", "vllm", "input_first", model="qwen3", price_nusd=None, cached_tokens=0),
    make_asked("d", "openai", "output_first", output_tokens=1),
    make_asked("e", "openai", "input_first", model="gpt-4o", price_nusd=1_700_000),
]
TASKS = [make_kept(key) for key in ("b", "b", "e", "c", "d")]


def _all_priced():
    return [line for line in ASKED if line.price_nusd is not None]


def test_the_whole_is_added_up_with_the_price_of_a_task():
    usage = describe_usage(_all_priced(), TASKS[:3])

    assert {name: value for name, value in usage.items() if name != "by_teacher"} == {
        "requests": 4,
        "input_tokens": 4000,
        "output_tokens": 601,
        "cached_tokens": 1000,
        "price_usd": "0.003000",
        "replies_without_price": 0,
        "usd_per_task": "0.001000000",
    }


def test_teachers_and_purposes_come_in_the_order_of_their_first_reply():
    by_teacher = describe_usage(ASKED, TASKS)["by_teacher"]

    assert {label: list(one["by_purpose"]) for label, one in by_teacher.items()} == {
        "deepseek": ["new_instructions"],
        "openai": ["input_first", "output_first"],
        "vllm": ["input_first"],
    }
    assert list(by_teacher) == ["deepseek", "openai", "vllm"]
    assert by_teacher["openai"]["models"] == ["gpt-4o", "gpt-4o-mini"]


def test_the_parts_are_those_of_a_teacher_and_of_a_purpose():
    """Its price is divided by all tasks of the run; its own tasks are counted beside."""
    openai = describe_usage(ASKED, TASKS)["by_teacher"]["openai"]

    purposes = openai.pop("by_purpose")
    assert openai == {
        "models": ["gpt-4o", "gpt-4o-mini"],
        "tasks": 4,
        "requests": 3,
        "input_tokens": 3000,
        "output_tokens": 401,
        "cached_tokens": 750,
        "price_usd": "0.002700",
        "replies_without_price": 0,
        "usd_per_task": "0.000540000",
    }
    assert purposes["input_first"] == {
        "tasks": 3,
        "requests": 2,
        "input_tokens": 2000,
        "output_tokens": 400,
        "cached_tokens": 500,
        "price_usd": "0.002200",
        "replies_without_price": 0,
        "usd_per_task": "0.000440000",
    }


def test_the_parts_add_up_to_the_whole():
    usage = describe_usage(_all_priced(), TASKS[:3])

    parts = [
        purpose
        for teacher in usage["by_teacher"].values()
        for purpose in teacher["by_purpose"].values()
    ]
    for name in ("requests", "input_tokens", "output_tokens", "cached_tokens"):
        assert sum(part[name] for part in parts) == usage[name]
    for name in ("price_usd", "usd_per_task"):
        total = sum(float(part[name]) for part in parts)
        assert total == pytest.approx(float(usage[name]), abs=1e-9)
    assert sum(part["tasks"] for part in parts) == 3


def test_what_has_no_price_makes_only_the_sums_that_hold_it_unknown():
    usage = describe_usage(ASKED, TASKS)

    assert (usage["price_usd"], usage["usd_per_task"]) == (None, None)
    assert usage["replies_without_price"] == 1
    teachers = usage["by_teacher"]
    assert {label: one["price_usd"] for label, one in teachers.items()} == {
        "deepseek": "0.000300",
        "openai": "0.002700",
        "vllm": None,
    }
    assert teachers["vllm"]["by_purpose"]["input_first"]["usd_per_task"] is None


def test_where_nothing_was_kept_a_task_has_no_price():
    usage = describe_usage(ASKED[:1], [])

    assert (usage["price_usd"], usage["usd_per_task"]) == ("0.000300", None)


def test_where_nothing_was_asked_nothing_was_spent():
    usage = describe_usage([], [])

    assert (usage["requests"], usage["price_usd"], usage["by_teacher"]) == (0, "0.000000", {})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param(
            [make_asked()],
            "1 answers, 1,000 + 200 tokens (25% of the prompt from cache), 0.0005 USD, "
            "0.25 USD per 1,000 tasks",
            id="priced",
        ),
        pytest.param(
            [make_asked(cached_tokens=0, price_nusd=0)],
            "1 answers, 1,000 + 200 tokens, 0 USD",
            id="free, nothing from the cache",
        ),
        pytest.param(
            [make_asked(cached_tokens=1)],
            "1 answers, 1,000 + 200 tokens (<1% of the prompt from cache), 0.0005 USD, "
            "0.25 USD per 1,000 tasks",
            id="hardly anything from the cache",
        ),
        pytest.param(
            [make_asked(cached_tokens=0, price_nusd=None)],
            "1 answers, 1,000 + 200 tokens, price unknown",
            id="unknown",
        ),
        pytest.param(
            [make_asked(cached_tokens=0), make_asked("b", cached_tokens=0, price_nusd=None)],
            "2 answers, 2,000 + 400 tokens, price unknown (1 of 2 answers)",
            id="of one unknown",
        ),
        pytest.param(
            [make_asked(cached_tokens=0, price_nusd=12_345_678_901)],
            "1 answers, 1,000 + 200 tokens, 12.35 USD, 6,172.84 USD per 1,000 tasks",
            id="dear",
        ),
    ],
)
def test_the_whole_in_words(asked, words):
    assert show_usage(describe_usage(asked, [make_kept("a"), make_kept("a")])) == words


def test_a_row_for_each_teacher_and_purpose():
    rows = list_rows(describe_usage(ASKED, TASKS))

    assert all(len(row) == len(HEAD) for row in rows)
    assert rows == [
        ("deepseek", "new_instructions", "1", "0", "1,000", "25%", "200", "0.0003", "0.06"),
        ("openai", "input_first", "2", "3", "2,000", "25%", "400", "0.0022", "0.44"),
        ("openai", "output_first", "1", "1", "1,000", "25%", "1", "0.0005", "0.1"),
        ("vllm", "input_first", "1", "1", "1,000", "0%", "200", "unknown", "unknown"),
    ]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([make_asked("a"), make_asked("b")], 0, id="one of each"),
        pytest.param([make_asked("a"), make_asked("b", "vllm")], 2, id="two teachers"),
        pytest.param([make_asked("a"), make_asked("b", purpose="input_first")], 2, id="purposes"),
    ],
)
def test_there_is_a_table_only_where_there_is_something_to_compare(asked, rows):
    assert len(list_rows(describe_usage(asked, []))) == rows


def test_a_manifest_of_an_earlier_version_has_no_table():
    assert list_rows({"requests": 3}) == []


def test_models_are_named_where_they_are_wanted_and_no_word_breaks_its_line():
    asked = [make_asked("a"), make_asked("b", "vllm\x1b[2J", model="x\n# y[awq]")]

    names = [row[0] for row in list_rows(describe_usage(asked, []), models=True)]

    assert names == ["openai (gpt-4o-mini)", "vllm?[2J (x?# y[awq])"]
