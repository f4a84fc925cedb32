"""The trainers that are packages, each with its own loader over each file that is meant for it.

Every row of a file is kept, every answer is among the labels that count, and nothing else is but
the tags around an answer. One test is one loader, since the import of a trainer takes seconds.
"""

from typing import Any, NamedTuple

import pytest

from tests.trainers.files import TURN_TAGS, request
from tests.trainers.runner import assert_learned, run_check
from tests.trainers.texts import chats, tasks

pytestmark = pytest.mark.trainers

TASKS, CHATS = tasks(), chats()
PLAIN = chats(system=False)  # sharegpt.json has no system turn


class Case(NamedTuple):
    """A layout, what is written in it, and how the trainer is told to read the file."""

    layout: str
    examples: list[Any]
    options: dict[str, Any]


MESSAGES = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": TURN_TAGS,
}
PAIRS = {"chosen": "chosen", "rejected": "rejected"}
LLAMA_FACTORY = [
    Case("alpaca", TASKS, {"stage": "sft", "entry": {}}),
    Case(
        "sharegpt",
        PLAIN,
        {
            "stage": "sft",
            "entry": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
        },
    ),
    Case("messages", CHATS, {"stage": "sft", "entry": MESSAGES}),
    Case("parquet", CHATS, {"stage": "sft", "entry": MESSAGES}),
    *(
        Case(
            "preference_sharegpt",
            PLAIN,
            {
                "stage": stage,
                "entry": {
                    "formatting": "sharegpt",
                    "ranking": True,
                    "columns": {"messages": "conversations", **PAIRS},
                },
            },
        )
        for stage in ("dpo", "rm")
    ),
    Case(
        "preference_alpaca",
        TASKS,
        {
            "stage": "dpo",
            "entry": {
                "ranking": True,
                "columns": {"prompt": "instruction", "query": "input", **PAIRS},
            },
        },
    ),
    Case(
        "kto_messages",
        CHATS,
        {
            "stage": "kto",
            "entry": MESSAGES | {"columns": {"messages": "messages", "kto_tag": "label"}},
        },
    ),
]
TRL = [
    Case("messages", CHATS, {"trainer": "sft"}),
    Case("parquet", CHATS, {"trainer": "sft"}),
    Case("preference", CHATS, {"trainer": "dpo"}),
    Case("preference_implicit", CHATS, {"trainer": "dpo"}),
    Case("preference", CHATS, {"trainer": "reward", "whole": True}),
    Case("preference_implicit", CHATS, {"trainer": "reward", "whole": True}),
    Case("kto", CHATS, {"trainer": "kto"}),
]
JSON = {"ds_type": "json"}
FROM_VALUE = {"role": "from", "content": "value"}
AXOLOTL = [
    Case("alpaca", TASKS, {"dataset": JSON | {"type": "alpaca"}}),
    Case(
        "sharegpt",
        PLAIN,
        {
            "dataset": JSON
            | {
                "type": "chat_template",
                "field_messages": "conversations",
                "message_property_mappings": FROM_VALUE,
            }
        },
    ),
    Case("messages", CHATS, {"dataset": JSON | {"type": "chat_template"}}),
    Case("parquet", CHATS, {"dataset": {"ds_type": "parquet", "type": "chat_template"}}),
    Case(
        "preference",
        CHATS,
        {
            "settings": {"rl": "dpo"},
            "dataset": JSON
            | {"split": "train", "type": "chat_template.default", "field_messages": "prompt"},
        },
    ),
    Case(
        "preference_implicit",
        CHATS,
        {
            "settings": {"rl": "dpo"},
            "dataset": JSON | {"split": "train", "type": "chat_template.argilla_chat"},
        },
    ),
]
SWIFT = [
    Case("alpaca", TASKS, {}),
    Case("sharegpt", PLAIN, {}),
    Case("messages", CHATS, {}),
    Case("parquet", CHATS, {}),
    Case("preference_swift", CHATS, {"mode": "rlhf"}),
    Case("kto_messages", CHATS, {"mode": "kto"}),
]
OPENAI = {"conversation_column": "messages", "conversation_style": "openai"}
SHAREGPT = {"conversation_column": "conversations", "conversation_style": "sharegpt"}
TORCHTUNE = [
    Case(
        "alpaca",
        TASKS,
        {"builder": "alpaca_dataset", "settings": {"train_on_input": False}},
    ),
    Case("sharegpt", PLAIN, {"builder": "chat_dataset", "settings": SHAREGPT}),
    Case("messages", CHATS, {"builder": "chat_dataset", "settings": OPENAI}),
    Case("parquet", CHATS, {"builder": "chat_dataset", "settings": OPENAI}),
    Case("preference_implicit", CHATS, {"builder": "preference_dataset", "settings": {}}),
]
CHAT = {"apply_chat_template": True}
KEYS = {"chosen_key": "chosen", "rejected_key": "rejected"} | CHAT
TURNS = {"input_key": "messages", "multiturn": True} | CHAT
BARE = {"input_key": "instruction", "output_key": "output"}
OPENRLHF = [
    Case("alpaca", TASKS, {"settings": BARE}),
    Case("messages", CHATS, {"settings": TURNS}),
    Case("parquet", CHATS, {"settings": TURNS}),
    *(
        Case(file, CHATS, {"dpo": dpo, "whole": not dpo, "settings": KEYS | more})
        for dpo in (True, False)
        for file, more in (
            ("preference", {"prompt_key": "prompt"}),
            ("preference_implicit", {}),
        )
    ),
]
READ = [
    *(Case(file, TASKS, {"whole": True}) for file in ("alpaca", "preference_alpaca")),
    *(Case(file, PLAIN, {"whole": True}) for file in ("sharegpt", "preference_sharegpt")),
    *(
        Case(file, CHATS, {"whole": True})
        for file in (
            "messages",
            "parquet",
            "preference",
            "preference_implicit",
            "preference_swift",
            "kto",
            "kto_messages",
        )
    ),
]


@pytest.mark.parametrize(
    ("script", "trainer", "cases"),
    [
        pytest.param("datasets", "datasets_old", READ, id="datasets 4.0"),
        pytest.param("datasets", "datasets_new", READ, id="datasets 5.2"),
        pytest.param("llamafactory", "", LLAMA_FACTORY, id="LLaMA-Factory"),
        pytest.param("trl", "", TRL, id="TRL"),
        pytest.param("axolotl", "", AXOLOTL, id="axolotl"),
        pytest.param("swift", "", SWIFT, id="ms-swift"),
        pytest.param("torchtune", "", TORCHTUNE, id="torchtune"),
        pytest.param("openrlhf", "", OPENRLHF, id="OpenRLHF"),
        pytest.param(
            "fschat",
            "",
            [Case("sharegpt", PLAIN, {"lazy": lazy}) for lazy in (False, True)],
            id="FastChat",
        ),
    ],
)
def test_every_row_is_kept_and_every_answer_is_learned(script, trainer, cases, tmp_path):
    files = [
        request(case.layout, case.examples, tmp_path / str(number), **case.options)
        for number, case in enumerate(cases)
    ]

    assert_learned(run_check(script, files, tmp_path, trainer=trainer), files)
