import pytest

from tests.formats.rows import make_task
from vicugna.formats.messages import to_messages, user_turn


@pytest.mark.parametrize(
    ("name", "turn"),
    [
        pytest.param("plain zh", "说出一种鸟。", id="no input: no line for it"),
        pytest.param("with zh input", "把下面这句话译成英文。\n今天天气很好。", id="input"),
    ],
)
def test_instruction_and_input_are_one_user_turn(name, turn):
    draft = make_task(name).draft

    assert user_turn(draft) == turn
    assert to_messages(draft) == [
        {"role": "user", "content": turn},
        {"role": "assistant", "content": draft.output},
    ]
