"""Who is asked which question, and how that is named."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.scripted import make_recipe
from vicugna.records import Message, Request, Sampling
from vicugna.settings import PURPOSES_OF, ROLE_OF
from vicugna.teachers.roles import addressing, everyone, name_teachers, readdress, stand_ins

WRITER = {"name": "openai", "model": "gpt-4o-mini"}
FAST = {"name": "vllm", "model": "qwen3", "base_url": "http://gpu:8000/v1"}
OTHER = {"name": "vllm", "model": "qwen3", "base_url": "http://gpu2:8000/v1"}


def _request(purpose="new_tasks", lang="en"):
    return Request(purpose, lang, "", (Message("user", "x"),), Sampling(1, 1, 100), "p@1")


def _cast(method="self-instruct", **changes):
    return name_teachers(make_recipe(method, **changes))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("purpose", ROLE_OF)
def test_without_roles_the_one_teacher_is_asked_everything(purpose, lang):
    method = next(name for name, purposes in PURPOSES_OF.items() if purpose in purposes)
    address = addressing(_cast(method))

    asked = address(_request(purpose, lang), "1/0/en")

    assert (asked.teacher, asked.model) == ("offline", "scripted")


def test_each_role_asks_its_own_teacher():
    address = addressing(_cast(teacher=WRITER, teachers={"answerer": FAST}))

    asked = {purpose: address(_request(purpose), "x").teacher for purpose in ROLE_OF}

    assert asked == {
        "new_tasks": "openai",
        "new_instructions": "openai",
        "is_classification": "vllm",
        "input_first": "vllm",
        "output_first": "vllm",
    }


def test_two_teachers_of_one_provider_have_two_labels_and_the_same_one_has_one():
    cast = _cast(
        teachers={
            "task_writer": [FAST, OTHER],
            "answerer": [OTHER | {"weight": 2}, WRITER | {"weight": 1}],
        }
    )

    labels = {role: [one.label for one in several] for role, several in cast.items()}

    assert labels == {"task_writer": ["vllm", "vllm-2"], "answerer": ["vllm-2", "openai"]}
    assert [one.label for one in everyone(cast)] == ["vllm", "vllm-2", "openai"]


def test_a_weight_is_a_share_of_the_questions():
    heavy, light = FAST | {"weight": 3}, WRITER | {"weight": 1}
    address = addressing(_cast(teachers={"task_writer": [heavy, light]}))

    drawn = Counter(address(_request(), f"1/{number}/zh").teacher for number in range(4000))

    assert drawn["vllm"] / 4000 == pytest.approx(0.75, abs=0.03)


def test_another_weight_moves_only_what_it_must():
    """Rendezvous hashing: nothing goes from the one that gained to the one that lost."""
    salts = [f"1/{number}/en" for number in range(1000)]
    drawn = []
    for weight in (1, 2):
        teachers = {"task_writer": [FAST | {"weight": weight}, WRITER | {"weight": 1}]}
        address = addressing(_cast(teachers=teachers))
        drawn.append([address(_request(), salt).teacher for salt in salts])

    moved = {(old, new) for old, new in zip(*drawn, strict=True) if old != new}
    assert moved == {("openai", "vllm")}


def test_without_weights_the_first_is_asked_and_the_others_stand_in():
    cast = _cast(teachers={"task_writer": [WRITER, FAST, OTHER]})
    asked = addressing(cast)(_request(), "x")

    others = stand_ins(cast, asked)

    assert [one.teacher for one in [asked, *others]] == ["openai", "vllm", "vllm-2"]
    assert [one.model for one in others] == ["qwen3", "qwen3"]
    assert others[0].key == others[1].key != asked.key  # the same question to the same model
    assert [one.teacher for one in stand_ins(cast, others[0])] == ["vllm-2", "openai"]


def test_what_belongs_to_a_teacher_is_put_on_the_request():
    settings = FAST | {"thinking": False, "extra_body": {"top_k": 20, "a": 1}}
    (teacher,) = _cast("alpaca", teachers={"task_writer": settings})["task_writer"]

    asked = readdress(_request(), teacher)

    assert asked.sampling == replace(
        _request().sampling, thinking=False, extra='{"a":1,"top_k":20}'
    )
