from dataclasses import replace

import orjson
import pytest

from vicugna.records import Message, Request, Sampling, to_json

REQUEST = Request(
    purpose="new_tasks",
    lang="en",
    model="some-model",
    messages=(Message("system", "You write tasks."), Message("user", "写 3 个任务 🦙")),
    sampling=Sampling(0.7, 0.5, 1024),
    prompt="new_tasks.en@12345678",
    shown=("en-001",),
)


def test_the_key_is_pinned():
    """A key that changed would make everybody pay again for every answer they have."""
    assert REQUEST.key == "f58a3fd4fe17bde4fdb5a4cd2ff984e07ceacde7c52c1adfcc83d4cffa0237c7"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"model": "another-model"}, id="model"),
        pytest.param({"messages": REQUEST.messages[1:]}, id="messages"),
        pytest.param({"messages": (Message("user", "写 3 个任务 🦙"),) * 2}, id="role"),
        pytest.param({"sampling": Sampling(0.7, 0.5, 1025)}, id="longest answer"),
        pytest.param({"sampling": Sampling(0.7, 0.5, 1024, 0.0, 0.1)}, id="penalty"),
        pytest.param({"sample": 1}, id="sample"),
    ],
)
def test_what_is_sent_is_in_the_key(change):
    assert replace(REQUEST, **change).key != REQUEST.key


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"purpose": "input_first"}, id="purpose"),
        pytest.param({"lang": "zh"}, id="language"),
        pytest.param({"prompt": "other.en@87654321"}, id="name of the prompt"),
        pytest.param({"shown": ()}, id="ids of shown tasks"),
        pytest.param({"about": "draft"}, id="id of the draft it is about"),
    ],
)
def test_what_is_not_sent_is_not_in_the_key(change):
    assert replace(REQUEST, **change).key == REQUEST.key


def test_a_record_is_ready_for_json():
    plain = to_json(REQUEST)

    assert orjson.loads(orjson.dumps(plain)) == orjson.loads(orjson.dumps(REQUEST))
    assert plain["messages"][1] == {"role": "user", "content": "写 3 个任务 🦙"}
