"""What a run says before it sends anything: who is asked, for how much, and what caps it."""

import io

import pytest
from rich.console import Console

from tests.scripted import make_job, make_recipe
from vicugna.running import announce

VLLM = {"name": "vllm", "model": "x[awq]", "base_url": "http://h/v1"}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(
            {},
            "try: 12 en, 12 zh; teacher offline (scripted); cap none; seed 1",
            id="offline, no cap",
        ),
        pytest.param(
            {
                "target": 52_000,
                "seed": 7,
                "budget": {"usd": 2.5, "tokens": 2_000_000},
                "teacher": {"name": "openai", "model": "qwen", "base_url": "http://[::1]:80/v1"},
            },
            "try: 26,000 en, 26,000 zh; teacher openai (qwen) at http://[::1]:80/v1; "
            "cap 2.5 usd, 2,000,000 tokens; seed 7",
            id="a real one, with caps",
        ),
        pytest.param(
            {"teacher": {"name": "openai", "model": "m", "mode": "batch"}},
            "try: 12 en, 12 zh; teacher openai (m, mode batch); cap none; seed 1",
            id="in batches",
        ),
        pytest.param(
            {"teacher": VLLM, "teachers": {"task_writer": [VLLM]}},
            "try: 12 en, 12 zh; teacher vllm (x[awq]) at http://h/v1; cap none; seed 1",
            id="one for all, by its role",
        ),
        pytest.param(
            {
                "method": "self-instruct",
                "teacher": VLLM,
                "teachers": {"answerer": [{"name": "deepseek", "model": "d"}, VLLM]},
            },
            "try: 12 en, 12 zh; cap none; seed 1\n"
            "task_writer: vllm (x[awq]) at http://h/v1; "
            "answerer: deepseek (d), else vllm (x[awq]) at http://h/v1",
            id="a stand-in",
        ),
        pytest.param(
            {
                "teachers": {
                    "task_writer": [
                        {"name": "openai", "model": "a", "weight": 3, "mode": "batch"},
                        {"name": "openai", "model": "b", "weight": 1},
                    ]
                }
            },
            "try: 12 en, 12 zh; cap none; seed 1\n"
            "task_writer: 75% openai (a, mode batch), 25% openai-2 (b)",
            id="by weight",
        ),
    ],
)
def test_who_is_asked_for_how_much_is_said_before_anything_is_sent(changes, line):
    said = io.StringIO()

    announce(make_job(make_recipe(**changes)), Console(file=said, width=60))

    assert said.getvalue() == f"{line}\n"
