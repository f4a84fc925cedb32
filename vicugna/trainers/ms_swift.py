"""ms-swift: swift sft and swift rlhf, each with a file of its settings.

modelscope/ms-swift 4.6.0, swift/arguments and swift/cli/main.py: the files are read by its own
argument classes in the tests. A row longer than `max_length` is left out with a line in the log
("delete" is the `truncation_strategy` when none is set); "right" would cut its end. "#" and ":" in
the path of a data set are read as a number of rows and a subset: run it in the folder. Until
version 3 `tuner_type` was `train_type`.
"""

from vicugna.trainers.trainer import Exported, Setup, Trainer, join_lines, to_scalar

_SETTINGS = """\
model: {model}
tuner_type: lora  # before version 4: train_type
lora_rank: 16
lora_alpha: 32
target_modules: all-linear
dataset: {file}
"""
_TRAINING = """\
max_length: 2048  # longer rows are left out
output_dir: trained/{kind}
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: {rate}
num_train_epochs: {epochs}
save_strategy: epoch
logging_steps: 10
"""
# File: its command, layout, learning rate, epochs.
_KINDS = {
    "sft": ("swift sft", "messages", "1.0e-4", 3),
    "dpo": ("swift rlhf", "preference_swift", "5.0e-6", 1),
    "kto": ("swift rlhf", "kto_messages", "5.0e-6", 1),
    "reward": ("swift rlhf", "preference_swift", "1.0e-4", 1),
}
_RLHF = {"dpo": "dpo", "kto": "kto", "reward": "rm"}


def _write(exported: Exported, kind: str) -> str:
    _, layout, rate, epochs = _KINDS[kind]
    held_out = exported.validation(layout)
    return (
        join_lines(f"rlhf_type: {_RLHF[kind]}" if kind in _RLHF else None)
        + _SETTINGS.format(model=to_scalar(exported.model), file=exported.files[layout])
        + join_lines(f"val_dataset: {held_out}" if held_out else None)
        + _TRAINING.format(kind=kind, rate=rate, epochs=epochs)
    )


def _setup(exported: Exported) -> Setup:
    kinds = [kind for kind, one in _KINDS.items() if one[1] in exported.files]
    files = {f"{kind}.yaml": _write(exported, kind) for kind in kinds}
    return Setup(files, tuple(f"{_KINDS[kind][0]} {kind}.yaml" for kind in kinds))


MS_SWIFT = Trainer(
    ("messages",),
    _setup,
    preferences=("preference_swift", "kto_messages"),
    note="Models come from ModelScope; with USE_HF=1 before the command from the Hugging Face hub.",
)
