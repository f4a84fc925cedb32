"""stanford_alpaca: train.py over one JSON array.

tatsu-lab/stanford_alpaca, train.py (761dc5b, 2023-05): the arguments are its ModelArguments,
DataArguments and TrainingArguments, read there. It opens the file without an encoding. Rows are cut
at `model_max_length`, which is 512 when it is not set. It counts the tokens of a prompt without
those of "[PAD]", so where that stands in a question a part of the question is trained.
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
        "--model_name_or_path": exported.model,
        "--data_path": exported.files["alpaca"],
        "--output_dir": "trained",
        "--model_max_length": 1024,
        "--num_train_epochs": 3,
        "--per_device_train_batch_size": 4,
        "--gradient_accumulation_steps": 8,
        "--learning_rate": "2e-5",
        "--bf16": "True",
    }
    program = f"PYTHONUTF8=1 torchrun --nproc_per_node=1 {in_clone('train.py')}"
    return Setup({}, (build_command(program, options),))


def _refuse(draft: Draft) -> str:
    return find_mark([draft.instruction, draft.input], ["[PAD]"])


STANFORD_ALPACA = Trainer(
    ("alpaca",),
    _setup,
    refuse=_refuse,
    note=clone_note(
        "tatsu-lab/stanford_alpaca",
        "It has no validation file, and trains all weights.",
    ),
)
