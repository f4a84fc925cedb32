"""Dolly: training.trainer over a folder with one file.

databrickslabs/dolly (e2d664d, 2023-06), training/trainer.py: its options, read there. What
`training_dataset` names is given to `load_dataset`, so it is a folder, and the file is copied into
one of its own. `test_size` rows are kept apart, 1,000 when it is not set; it takes no ratio, and
there is no file for them. It pads with the end of text, so "<|endoftext|>" in an answer is not
trained. Rows longer than the model has positions are left out.
"""

from vicugna.layouts.marks import find_mark
from vicugna.records import Draft
from vicugna.trainers.trainer import (
    Exported,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
)


def _setup(exported: Exported) -> Setup:
    options = {
        "--input-model": exported.choose_model("EleutherAI/pythia-2.8b"),
        "--training-dataset": "dolly_rows",
        "--local-output-dir": "trained",
        "--deepspeed": in_clone("config/a10_config.json"),
        "--test-size": 10,
        "--epochs": 2,
        "--per-device-train-batch-size": 4,
        "--per-device-eval-batch-size": 4,
        "--warmup-steps": 50,
        "--lr": "5e-6",
        "--bf16": "true",
    }
    program = 'PYTHONPATH="$CLONE" deepspeed --num_gpus=1 --module training.trainer'
    commands = (
        "mkdir -p dolly_rows",
        f"cp {exported.files['dolly']} dolly_rows/train.jsonl",
        build_command(program, options),
    )
    return Setup({}, commands)


def _refuse(draft: Draft) -> str:
    return find_mark([draft.output], ["<|endoftext|>"])


DOLLY = Trainer(
    ("dolly",),
    _setup,
    refuse=_refuse,
    note=clone_note(
        "databrickslabs/dolly",
        "The model must be a GPT-NeoX or GPT-J. It keeps 10 rows apart itself (--test-size).",
    ),
)
