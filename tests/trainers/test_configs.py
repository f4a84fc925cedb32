"""The configuration that an export writes, read by the trainers' own classes.

What an option is called is the trainer's to say, and it changes from version to version: a file or
a command line that a trainer reads here has no name in it that it does not know. The model is a
random one; the rows of a set with preferences, of which some are kept apart.
"""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.trainers.install import python_of
from tests.trainers_sets import write_set
from vicugna.exporting import Export, Wanted, export_run
from vicugna.trainers import DEFAULT_MODEL

pytestmark = pytest.mark.trainers
CHECKS = Path(__file__).parent / "checks"
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "AXOLOTL_DO_NOT_TRACK": "1"}


def make(trainer: str, folder: Path, model: str) -> Export:
    run = write_set("rated", folder / "small-1")
    return export_run(run, Wanted(trainer=trainer, validation=0.3, model=model))


def read(environment: str, export: Export, *given: str) -> dict[str, Any]:
    """Return what a trainer read, run in the folder of the export as its command is."""
    python = python_of(environment)
    if not python.exists():
        pytest.skip(f"{environment} is not there: python tests/trainers/install.py {environment}")
    ran = subprocess.run(
        [python.absolute(), CHECKS / f"{environment}_config.py", *given],
        cwd=export.folder,
        env=os.environ | OFFLINE | {"HOME": str(export.folder), "HF_HOME": str(export.folder)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-5000:]
    return json.loads(ran.stdout.splitlines()[-1])


def both(export: Export, layout: str) -> list[str]:
    """Return the two files of a layout."""
    return [export.written[name].file for name in (layout, f"{layout}_validation")]


def configured(export: Export) -> list[str]:
    return [file for file in export.setup.files if file.endswith(".yaml")]


def test_llama_factory_reads_its_settings(tmp_path):
    made = make("llama-factory", tmp_path, "tiny_model")
    found = read("llamafactory", made, *configured(made))

    layouts = {
        "sft": "messages",
        "dpo": "preference_sharegpt",
        "reward": "preference_sharegpt",
        "kto": "kto_messages",
    }
    stages = {"sft": "sft", "dpo": "dpo", "reward": "rm", "kto": "kto"}
    assert found == {
        f"{kind}.yaml": {
            "model": "tiny_model",
            "stage": stages[kind],
            "length": 2048,
            "files": both(made, layout),
        }
        for kind, layout in layouts.items()
    }


def test_trl_reads_its_settings_and_their_rows(tmp_path):
    made = make("trl", tmp_path, "tiny_model")
    found = read("trl", made, *configured(made))

    layouts = {"sft": "messages", "dpo": "preference", "reward": "preference", "kto": "kto"}
    assert found == {
        f"{kind}.yaml": {
            "model": "tiny_model",
            "length": 2048,
            "only answers": True if kind == "sft" else None,
            "rows": [made.written[name].rows for name in (layout, f"{layout}_validation")],
        }
        for kind, layout in layouts.items()
    }


def test_axolotl_reads_its_settings(tmp_path):
    made = make("axolotl", tmp_path, "tiny_model")
    found = read("axolotl", made, *configured(made))

    assert found == {
        f"{kind}.yaml": {
            "unknown": [],
            "model": "tiny_model",
            "length": 2048,
            "rl": rl,
            "long": "truncate",
            "files": both(made, layout),
        }
        for kind, layout, rl in (("sft", "messages", None), ("dpo", "preference", "dpo"))
    }


def test_ms_swift_reads_its_settings(tmp_path):
    made = make("ms-swift", tmp_path, "tiny_model")
    found = read("swift", made, *configured(made))

    kinds = {
        "sft": ("messages", None),
        "dpo": ("preference_swift", "dpo"),
        "kto": ("kto_messages", "kto"),
        "reward": ("preference_swift", "rm"),
    }
    assert found == {
        f"{kind}.yaml": {
            "model": "tiny_model",
            "length": 2048,
            "type": of,
            "files": both(made, layout),
            "rest": [],
        }
        for kind, (layout, of) in kinds.items()
    }


def test_torchtune_reads_its_settings(tmp_path):
    made = make("torchtune", tmp_path, DEFAULT_MODEL)
    found = read("torchtune", made, *configured(made))

    layouts = {"sft": "messages", "dpo": "preference_implicit"}
    assert found == {
        f"{kind}.yaml": {
            "model": "torchtune.models.qwen2_5.lora_qwen2_5_0_5b",
            "length": 2048,
            "only answers": True,
            "files": [made.written[layout].file],
        }
        for kind, layout in layouts.items()
    }


def test_openrlhf_reads_its_options(tmp_path):
    made = make("openrlhf", tmp_path, "a 'model'")
    words = [shlex.split(command) for command in made.setup.commands]
    programs = [one[one.index("--module") + 1 :] for one in words]
    found = read("openrlhf", made, *map(json.dumps, programs))

    layouts = {"train_sft": "messages", "train_dpo": "preference", "train_rm": "preference"}
    assert list(found.values()) == [
        {
            "program": f"openrlhf.cli.{program}",
            "model": "a 'model'",
            "length": 2048,
            "files": both(made, layout),
            "split": "train",
        }
        for program, layout in layouts.items()
    ]
