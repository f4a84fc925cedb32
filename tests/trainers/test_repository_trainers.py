"""The trainers that are only a repository: their own loading code over each file meant for it.

The clones lie in `.trainers/src`, or in the folder that TRAINER_CLONES names. Their code runs in
TRL's environment; what it imports for other purposes (kernels, web pages) is a stand-in.
"""

import pytest

from tests.trainers.files import request
from tests.trainers.runner import assert_learned, run_check
from tests.trainers.texts import chats, tasks

pytestmark = pytest.mark.trainers

TASKS, CHATS, PLAIN = tasks(), chats(), chats(system=False)
WHOLE = {"whole": True}


@pytest.mark.parametrize(
    ("script", "clone", "cases"),
    [
        ("stanford_alpaca", "stanford_alpaca", [("alpaca", TASKS, {})]),
        ("alpaca_lora", "alpaca-lora", [("alpaca", TASKS, {})]),
        (
            "lmflow",
            "LMFlow",
            [
                ("lmflow_text2text", TASKS, {}),
                ("lmflow_conversation", CHATS, {}),
                ("lmflow_paired", PLAIN, {"template": "chatml"} | WHOLE),
                ("lmflow_paired_text", TASKS, {}),
                ("lmflow_scored", TASKS, {}),
            ],
        ),
        (
            "colossalchat",
            "ColossalAI",
            [
                ("colossalchat", CHATS, {"function": "tokenize_sft"}),
                ("colossalchat_preference", CHATS, {"function": "tokenize_rlhf"}),
                ("colossalchat_kto", CHATS, {"function": "tokenize_kto"}),
                ("colossalchat_prompts", CHATS, {"function": "tokenize_prompt"} | WHOLE),
            ],
        ),
        (
            "deepspeed_chat",
            "DeepSpeedExamples",
            [("deepspeed_chat", TASKS, {"phase": phase} | WHOLE) for phase in (1, 2)],
        ),
        ("moss", "MOSS", [("moss", CHATS, WHOLE)]),
        ("chatglm", "ChatGLM-6B", [("chatglm", PLAIN, {})]),
        ("belle", "BELLE", [("belle", PLAIN, {})]),
        ("baize", "baize-chatbot", [("baize", PLAIN, WHOLE)]),
        ("dolly", "dolly", [("dolly", TASKS, {})]),
        ("koala", "EasyLM", [("koala", PLAIN, {})]),
        ("tencentpretrain", "TencentPretrain", [("tencentpretrain", TASKS, {})]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_row_is_kept_and_every_answer_is_learned(script, clone, cases, tmp_path):
    files = [
        request(name, examples, tmp_path / str(number), **options)
        for number, (name, examples, options) in enumerate(cases)
    ]

    assert_learned(run_check(script, files, tmp_path, trainer="trl", clone=clone), files)
