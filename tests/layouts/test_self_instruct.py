from dataclasses import replace

import orjson
import pytest
from hypothesis import assume, given

from tests.formats.rows import make_task
from tests.layouts.drafts import CHAT, SINGLE, drafts, read, read_back, refuse, write
from vicugna.layouts.layout import Problem


@pytest.mark.parametrize(
    ("name", "row"),
    [
        pytest.param(
            "plain en",
            {
                "prompt": "Task: Name a bird.\n\nOutput:",
                "completion": " A red kite.<|endoftext|>",
            },
            id="en without input",
        ),
        pytest.param(
            "with input",
            {
                "prompt": "Task: Sort these words.\n\nInput: pear, apple\n\nOutput:",
                "completion": " apple, pear<|endoftext|>",
            },
            id="en with input",
        ),
        pytest.param(
            "plain zh",
            {"prompt": "任务：说出一种鸟。\n\n输出：", "completion": " 麻雀。<|endoftext|>"},
            id="zh without input",
        ),
        pytest.param(
            "with zh input",
            {
                "prompt": "任务：把下面这句话译成英文。\n\n输入：今天天气很好。\n\n输出：",
                "completion": " The weather is fine today.<|endoftext|>",
            },
            id="zh with input",
        ),
    ],
)
def test_a_row_is_as_published_with_labels_in_its_language(name, row):
    """prepare_for_finetuning.py: the prompt ends with the label, the answer with the end mark."""
    draft = make_task(name).draft

    assert write("self_instruct", draft) == [row]
    content = read_back("self_instruct", draft)
    assert (content["instruction"], content.get("input"), content["output"]) == (
        draft.instruction,
        draft.input,
        draft.output,
    )


@given(draft=drafts())
def test_any_task_comes_back(draft):
    assume("<|endoftext|>" not in draft.output and "\n\nInput: " not in draft.instruction)
    assume("\n\n输入：" not in draft.instruction)

    content = read_back("self_instruct", replace(draft, rounds=(), system=""))

    assert (content["instruction"], content["output"]) == (draft.instruction, draft.output)


def test_what_it_cannot_hold():
    assert refuse("self_instruct", CHAT) == "more than one round"
    cut = replace(SINGLE, output="a<|endoftext|>b")
    assert refuse("self_instruct", cut) == "<|endoftext|> in a text"


def test_any_prompt_and_completion_is_read():
    [plain] = read("self_instruct", {"prompt": "问", "completion": "答"})
    [chat] = read(
        "self_instruct",
        {
            "prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}],
            "completion": [{"role": "assistant", "content": "a"}],
        },
    )

    assert (plain["instruction"], plain["output"]) == ("问", "答")
    assert (chat["system"], chat["instruction"], chat["output"]) == ("s", "q", "a")


SEED = {
    "id": "seed_task_0",
    "name": "breakfast",
    "instruction": "Sort the words.",
    "instances": [{"input": "b a", "output": "a b"}, {"input": "d c", "output": "c d"}],
    "is_classification": False,
}


def test_each_instance_of_a_seed_task_is_a_task():
    """The published seed tasks: one instruction, several inputs."""
    first, second = read("self_instruct_tasks", SEED)

    assert [piece["input"] for piece in (first, second)] == ["b a", "d c"]
    assert first["is_classification"] is False
    assert first["group"] == second["group"] == "breakfast"


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"instances": []}, ["no instance"]),
        ({"instances": ["x"]}, ["input is not text"]),
        ({"instances": [{"input": "a", "output": {}}]}, ["output is not text"]),
        ({"instruction": ""}, ["no instruction", "no instruction"]),
    ],
)
def test_what_is_no_instance(changes, reasons):
    read_rows = read("self_instruct_tasks", SEED | changes)

    assert all(isinstance(piece, Problem) for piece in read_rows)
    assert [piece.reason for piece in read_rows] == reasons
    assert all(isinstance(orjson.loads(piece.text), dict) for piece in read_rows)
