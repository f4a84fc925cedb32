import orjson

from tests.formats.rows import make_task
from vicugna.formats.sharegpt import write_sharegpt


def test_a_conversation_has_the_id_of_its_task_and_no_system_turn(tmp_path):
    """FastChat stops at a system turn."""
    path = tmp_path / "sharegpt.json"

    write_sharegpt([make_task("with input", 7)], path)

    assert orjson.loads(path.read_bytes()) == [
        {
            "id": "0123456789abcdef-07",
            "conversations": [
                {"from": "human", "value": "Sort these words.\npear, apple"},
                {"from": "gpt", "value": "apple, pear"},
            ],
        }
    ]
