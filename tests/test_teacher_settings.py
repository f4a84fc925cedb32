"""Who is asked, as a recipe says it: what is wrong with it, and what of it decides the answers."""

import pytest
from pydantic import ValidationError

from tests.scripted import make_recipe
from vicugna.errors import UserError
from vicugna.providers import load_providers
from vicugna.settings import load_recipe
from vicugna.teacher_settings import SPEED, TeacherSettings

SECRET = "sk-very-secret-0123456789"


def _make(**fields):
    return TeacherSettings.model_validate(fields)


@pytest.mark.parametrize("name", load_providers())
def test_every_provider_can_be_named(name):
    assert _make(name=name).name == name


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"name": "opnai"}, "expected one of offline, openai", id="no provider"),
        pytest.param({"key_env": "not-a-name"}, "name of an environment variable", id="no name"),
        pytest.param({"extra_body": {"model": "x"}}, "model is said elsewhere", id="said twice"),
        pytest.param({"extra_body": {"x": {1, 2}}}, "what JSON can say", id="no JSON"),
        pytest.param({"name": "deepseek", "mode": "batch"}, "has no Batch API", id="no batches"),
        pytest.param({"name": "offline", "mode": "batch"}, "has no Batch API", id="offline"),
        pytest.param({"weight": 0}, "greater than 0", id="no weight"),
        pytest.param({"rpm": 0}, "greater than 0", id="no requests"),
        pytest.param({"tpm": -1}, "greater than 0", id="less than no tokens"),
        pytest.param({"concurrency": 0}, "greater than or equal to 1", id="none at once"),
        pytest.param({"concurrency": 4097}, "less than or equal to 4096", id="too many at once"),
        pytest.param({"hours": "9:00-17:00"}, "should match pattern", id="no hours"),
        pytest.param({"hours": "09:00-09:00"}, "they end when they begin", id="hours of none"),
        pytest.param(
            {"name": "openai", "mode": "batch", "hours": "09:00-17:00"}, "hours: a batch", id="both"
        ),
        pytest.param({"mode": "fast"}, "'live' or 'batch'", id="no mode"),
    ],
)
def test_what_is_wrong_is_told(fields, says):
    with pytest.raises(ValidationError, match=says):
        _make(**fields)


def test_a_key_in_the_place_of_its_variable_is_not_repeated(place):
    """Somebody may paste it there; what is said goes to a screen and to logs."""
    with pytest.raises(UserError) as told:
        load_recipe("small", {"teacher.key_env": SECRET})

    assert SECRET not in str(told.value)
    assert "not the key itself" in str(told.value)


@pytest.mark.parametrize("fields", [{"concurrency": 1}, {"concurrency": 4096}, {"rpm": 0.5}])
def test_limits_at_their_edges(fields):
    assert _make(**fields).model_dump(include=set(fields)) == fields


def test_what_only_decides_the_speed_is_not_decisive():
    values = {"concurrency": 8, "rpm": 60, "tpm": 1000, "timeout_seconds": 5, "key_env": "MY_KEY"}
    ways = [{"mode": "batch"}, {"hours": "16:30-00:30"}]  # one or the other

    assert set(values).union(*ways) == SPEED
    for way in ways:
        fast = _make(name="openai", model="m", **values, **way)
        assert fast.decisive() == _make(name="openai", model="m").decisive()


@pytest.mark.parametrize(
    "fields", [{"thinking": False}, {"extra_body": {"top_k": 1}}, {"weight": 2}, {"model": "n"}]
)
def test_what_decides_the_answers_is_decisive(fields):
    assert _make(**fields).decisive() != _make().decisive()


def test_further_parameters_are_the_same_in_any_order():
    assert _make(extra_body={"b": 1, "a": 2}).extra == '{"a":2,"b":1}' != _make().extra == ""


# --- roles of a recipe ----------------------------------------------------------------------------

ONE, OTHER = {"name": "vllm", "model": "a"}, {"name": "openai", "model": "b"}


def test_a_role_may_have_one_teacher_or_several():
    recipe = make_recipe(teachers={"task_writer": ONE, "answerer": [ONE, OTHER]})

    assert [one.model for one in recipe.teachers_of("task_writer")] == ["a"]
    assert [one.model for one in recipe.teachers_of("answerer")] == ["a", "b"]
    assert [one.model for one in make_recipe().teachers_of("answerer")] == ["scripted"]


@pytest.mark.parametrize(
    ("teachers", "says"),
    [
        pytest.param({"judge": ONE}, "task_writer", id="no role"),
        pytest.param({"answerer": []}, "expected a teacher", id="nobody"),
        pytest.param({"answerer": [ONE | {"weight": 1}, OTHER]}, "every teacher", id="half a draw"),
        pytest.param({"answerer": [ONE | {"colour": 1}]}, "colour", id="an unknown key"),
        pytest.param([ONE], "dict", id="no roles"),
    ],
)
def test_roles_that_are_wrong_are_told(teachers, says):
    with pytest.raises(ValidationError, match=says):
        make_recipe(teachers=teachers)


def test_other_teachers_are_another_recipe_and_none_is_the_one_it_was():
    plain = make_recipe()

    assert make_recipe(teachers={}).digest == plain.digest
    assert make_recipe(teachers={"task_writer": ONE}).digest != plain.digest
    slower = ONE | {"concurrency": 1, "rpm": 5}
    assert (
        make_recipe(teachers={"task_writer": slower}).digest
        == make_recipe(teachers={"task_writer": [ONE]}).digest
    )


@pytest.mark.parametrize(
    ("changes", "window"),
    [
        pytest.param({"lookahead": 7, "target": 52_000}, 7, id="what is given"),
        pytest.param({"target": 24}, 64, id="few requests: not under 64"),
        pytest.param({"target": 832}, 65, id="a quarter of 260 requests"),
        pytest.param({"target": 52_000}, 4062, id="a quarter of 16,250 requests"),
        pytest.param({"target": 10**6}, 4096, id="many: not over 4,096"),
        pytest.param({"target": 52_000, "shards": 4}, 1015, id="of each shard"),
    ],
)
def test_the_window_fits_the_target(changes, window):
    recipe = make_recipe(**({"lookahead": None} | changes))

    assert recipe.window == window
    assert recipe.decisive()["lookahead"] == window


def test_the_window_of_self_instruct_counts_the_questions_that_follow():
    recipe = make_recipe("self-instruct", lookahead=None, target=416)  # 130 chains of 9 questions

    assert recipe.window == 292
    assert recipe.chains_ahead == 73
