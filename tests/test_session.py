"""What one process did for a run."""

import pytest

from tests.scripted import grow_once, make_recipe, make_reply, say_well
from vicugna.ledger.traffic import TeacherTraffic, Traffic
from vicugna.session import describe_session, show_troubles

DEEPSEEK = {"name": "deepseek", "model": "deepseek-chat", "price": {"input": 1, "output": 2}}


def _traffic(**teachers):
    return Traffic(teachers=dict(teachers))


def _grow(teacher, **changes):
    """Return a recipe and the set it grew, with answers of a teacher under its name."""
    recipe = make_recipe(target=200, teacher=teacher)

    async def ask(request):
        known = {"teacher": request.teacher, "model": request.model, "input_tokens": 500}
        return make_reply(request, say_well(request), **known | changes)

    return recipe, grow_once(recipe, ask)


def test_each_teacher_with_what_was_sent_and_what_is_in_use():
    known = TeacherTraffic(
        sent=3, nusd=1_500_000, tokens=900, hedged=2, hedges_won=1, concurrency=32, rpm=500.0
    )
    known.faults.update(["429", "429", "reset"])
    known.handed_on.update(["timeout"])
    recipe, growth = _grow({"name": "offline", "model": "m"})

    session = describe_session(recipe, growth, _traffic(openai=known, vllm=TeacherTraffic()))

    assert session["teachers"] == {
        "openai": {
            "sent": 3,
            "paid_tokens": 900,
            "paid_usd": "0.001500",
            "faults": {"429": 2, "reset": 1},
            "handed_on": {"timeout": 1},
            "hedged": 2,
            "hedges_won": 1,
            "concurrency": 32,
            "rpm": 500.0,
            "tpm": None,
        },
        "vllm": {
            "sent": 0,
            "paid_tokens": 0,
            "paid_usd": "0.000000",
            "faults": {},
            "handed_on": {},
            "hedged": 0,
            "hedges_won": 0,
            "concurrency": None,
            "rpm": None,
            "tpm": None,
        },
    }
    assert (session["sent"], session["paid_usd"]) == (3, "0.001500")
    assert session["faults"] == {"429": 2, "reset": 1}


def test_a_price_that_is_not_known_is_none():
    recipe, growth = _grow({"name": "offline", "model": "m"})

    session = describe_session(recipe, growth, _traffic(vllm=TeacherTraffic(sent=2, unpriced=1)))

    assert session["paid_usd"] is None
    assert session["teachers"]["vllm"]["paid_usd"] is None


@pytest.mark.parametrize(
    ("teacher", "sent", "cached", "poor"),
    [
        pytest.param(DEEPSEEK, 60, 0, ["new_tasks"], id="nothing came from the cache"),
        pytest.param(DEEPSEEK, 60, 300, [], id="enough did"),
        pytest.param(DEEPSEEK, 19, 0, [], id="too few were asked now: they may be of a batch"),
        pytest.param({"name": "vllm", "model": "m"}, 60, 0, [], id="nothing is known of its cache"),
    ],
)
def test_poor_caching_of_what_was_asked_now(teacher, sent, cached, poor):
    recipe, growth = _grow(teacher, cached_tokens=cached)
    traffic = _traffic(**{teacher["name"]: TeacherTraffic(sent=sent)})

    session = describe_session(recipe, growth, traffic)

    assert [one["purpose"] for one in session["poor_caching"]] == poor


def _teacher(**changes):
    return {"faults": {}, "handed_on": {}, "hedged": 0, "hedges_won": 0} | changes


@pytest.mark.parametrize(
    ("teachers", "told"),
    [
        pytest.param({}, [], id="nobody"),
        pytest.param({"openai": _teacher()}, [], id="all is well"),
        pytest.param(
            {"openai": _teacher(faults={"reset": 1, "429": 9}, hedged=3, hedges_won=2)},
            [("faults", "429 9, reset 1"), ("hedged", "3 sent twice, 2 won by the second")],
            id="one teacher is not named",
        ),
        pytest.param(
            {
                "openai": _teacher(faults={"429": 9}, handed_on={"no_credit": 4}),
                "vllm\x1b[2J": _teacher(faults={"reset": 1}),
                "zhipu": _teacher(),
            },
            [
                ("faults", "openai: 429 9; vllm?[2J: reset 1"),
                ("handed on", "openai: no_credit 4"),
            ],
            id="several are",
        ),
    ],
)
def test_what_went_wrong_in_words(teachers, told):
    assert show_troubles({"teachers": teachers}) == told
