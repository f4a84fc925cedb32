import orjson
import pytest

from tests.formats.rows import make_task
from vicugna.formats.self_instruct import write_self_instruct


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
def test_a_row_is_as_published_with_labels_in_its_language(name, row, tmp_path):
    """prepare_for_finetuning.py: the prompt ends with the label, the answer with the end mark."""
    path = tmp_path / "self_instruct.jsonl"

    write_self_instruct([make_task(name)], path)

    assert orjson.loads(path.read_bytes()) == row
