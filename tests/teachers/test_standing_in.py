"""Another teacher of the role answers when one cannot, and what is stored goes first."""

import asyncio

import pytest

from tests.scripted import make_recipe, make_reply
from vicugna.errors import BudgetReached, Fatal, Refused, Transient
from vicugna.records import Message, Request, Sampling
from vicugna.teachers.roles import addressing, name_teachers, stand_ins
from vicugna.teachers.standing_in import IN_A_ROW, REST, with_stand_ins

CAST = name_teachers(
    make_recipe(
        teachers={
            "task_writer": [
                {"name": "openai", "model": "a"},
                {"name": "deepseek", "model": "b"},
            ]
        }
    )
)
ALONE = name_teachers(make_recipe())


def _request(text="写一首诗。", cast=CAST):
    messages = (Message("user", text),)
    request = Request("new_tasks", "zh", "", messages, Sampling(1, 1, 100), "p@1")
    return addressing(cast)(request, "x")


class _World:
    """Two teachers, of which some fail with a fault; a ledger; and a clock."""

    def __init__(self, cast=CAST, **faults):
        self.faults = faults
        self.asked, self.handed_on, self.stored, self.now = [], [], {}, 0.0
        labels = [one.label for several in cast.values() for one in several]
        asks = {label: self._teacher(label) for label in labels}
        self.ask = with_stand_ins(
            asks,
            cast,
            self._look,
            on_stand_in=lambda *what: self.handed_on.append(what),
            clock=lambda: self.now,
        )

    def _teacher(self, label):
        async def ask(request):
            assert request.teacher == label
            if request.key in self.stored:
                return self.stored[request.key]
            self.asked.append(label)
            if label in self.faults:
                raise self.faults[label]
            return make_reply(request, "好", teacher=label)

        return ask

    async def _look(self, key):
        return self.stored.get(key)

    def answers(self, *texts):
        async def ask_all():
            return [(await self.ask(_request(text))).teacher for text in texts]

        return asyncio.run(ask_all())


DOWN = Transient("It is down.", cause="timeout")


def test_while_the_first_one_answers_the_other_is_not_asked():
    world = _World()

    assert world.answers("1", "2") == ["openai", "openai"]
    assert world.asked == ["openai", "openai"]


@pytest.mark.parametrize(
    "fault", [DOWN, Fatal("No such key.", cause="bad_key"), Fatal("Too long.", cause="bad_request")]
)
def test_the_other_one_answers_when_the_first_cannot(fault):
    world = _World(openai=fault)

    assert world.answers("1") == ["deepseek"]
    assert world.handed_on == [("openai", fault.cause)]


def test_when_none_can_it_says_what_the_last_one_said():
    world = _World(openai=DOWN, deepseek=Fatal("No credit.", cause="no_credit"))

    with pytest.raises(Fatal, match="No credit"):
        world.answers("1")


@pytest.mark.parametrize("error", [BudgetReached("budget.usd", "all"), KeyError("a bug")])
def test_only_a_teachers_fault_is_met_by_another_teacher(error):
    world = _World(openai=error)

    with pytest.raises(type(error)):
        world.answers("1")
    assert world.asked == ["openai"]


def test_one_that_gives_up_several_in_a_row_rests_for_a_while():
    world = _World(openai=DOWN)
    first = world.answers(*map(str, range(IN_A_ROW + 2)))
    assert world.asked.count("openai") == IN_A_ROW
    del world.faults["openai"]
    world.now = REST - 0.01
    before = world.answers("before")
    world.now = REST
    after = world.answers("after")

    assert (set(first), before, after) == ({"deepseek"}, ["deepseek"], ["openai"])


def test_one_that_no_request_can_reach_is_passed_over_for_good():
    world = _World(openai=Fatal("No such key.", cause="bad_key"))
    world.answers("1")
    world.now = 1e9
    world.answers("2")

    assert world.asked == ["openai", "deepseek", "deepseek"]


def test_when_all_rest_they_are_asked_all_the_same():
    world = _World(openai=DOWN, deepseek=DOWN)
    for number in range(IN_A_ROW):
        with pytest.raises(Transient):
            world.answers(f"{number}")
    del world.faults["openai"]

    assert world.answers("again") == ["openai"]


def test_what_the_ledger_holds_goes_first_whoever_answered():
    """A run that goes on takes the same answers, although the first teacher is up again."""
    world = _World(openai=DOWN)
    world.answers("1")
    stored = _request("1")
    (other,) = stand_ins(CAST, stored)
    world.stored[other.key] = make_reply(other, "好", teacher="deepseek")
    del world.faults["openai"]
    world.asked.clear()

    assert world.answers("1") == ["deepseek"]
    assert world.asked == []


def test_a_role_with_one_teacher_has_no_stand_in():
    refused = Refused("Later.", cause="rate_limit")
    world = _World(ALONE, offline=refused)

    with pytest.raises(Refused):
        asyncio.run(world.ask(_request("1", ALONE)))
