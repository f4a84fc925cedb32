"""TRL: trl sft, dpo, reward and kto, each with a file of its settings.

huggingface/trl 1.16.0, trl/scripts and trl/trainer/*_config.py: the files are read by its own
`TrlParser` in the tests, and the rows through splits/README.md by `load_dataset`: it finds the
files of each split there, and TRL has no other setting for a file of validation rows. `max_length`
is 1,024 when it is not set: SFT cuts, and leaves out rows that have no answer left then; DPO and
KTO leave out rows with a longer prompt, Reward rows with a longer answer, all without a word. SFT
trains on questions too unless `assistant_only_loss` is set, for which the chat template must mark
the answers; TRL knows how for the families it lists.
"""

from vicugna.trainers.trainer import Exported, Setup, Trainer, join_lines, to_scalar

_SETTINGS = """\
model_name_or_path: {model}
use_peft: true
lora_r: 16
lora_alpha: 32
lora_target_modules: all-linear

dataset_name: splits  # its README.md names the files of each split
dataset_config: {layout}

output_dir: trained/{kind}
max_length: 2048  # {longer}
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: {rate}
num_train_epochs: {epochs}
save_strategy: epoch
report_to: none
"""
_SFT = "assistant_only_loss: true  # without it questions are trained too"
_LEFT_OUT = "rows with a longer prompt are left out without a word"
# Script: the layout, learning rate, epochs, what becomes of longer rows, a setting of its own.
_SCRIPTS = {
    "sft": ("messages", "2.0e-4", 3, "longer rows lose their end without a word", _SFT),
    "dpo": ("preference", "5.0e-6", 1, _LEFT_OUT, None),
    "reward": ("preference", "1.0e-4", 1, "longer rows are left out without a word", None),
    "kto": ("kto", "5.0e-6", 1, _LEFT_OUT, None),
}


def _write(exported: Exported, kind: str) -> str:
    layout, rate, epochs, longer, own = _SCRIPTS[kind]
    evaluated = exported.validation(layout)
    settings = _SETTINGS.format(
        model=to_scalar(exported.model),
        layout=layout,
        kind=kind,
        longer=longer,
        rate=rate,
        epochs=epochs,
    )
    return settings + join_lines(
        own,
        "lora_task_type: SEQ_CLS  # a reward model gives one number" if kind == "reward" else None,
        "dataset_test_split: validation" if evaluated else None,
        "eval_strategy: epoch" if evaluated else None,
    )


def _write_card(exported: Exported, layouts: list[str]) -> str:
    """Return a README.md, whose head is what `load_dataset` reads of a folder."""
    lines = ["---", "configs:"]
    for layout in layouts:
        lines += [f"- config_name: {layout}", "  data_files:"]
        lines += ["  - split: train", f"    path: ../{exported.files[layout]}"]
        if held_out := exported.validation(layout):
            lines += ["  - split: validation", f"    path: ../{held_out}"]
    return join_lines(*lines, "---", "", "What `load_dataset` reads: the files of each split.")


def _setup(exported: Exported) -> Setup:
    kinds = [kind for kind, (layout, *_) in _SCRIPTS.items() if layout in exported.files]
    files = {f"{kind}.yaml": _write(exported, kind) for kind in kinds}
    layouts = list(dict.fromkeys(_SCRIPTS[kind][0] for kind in kinds))
    commands = tuple(f"trl {kind} --config {kind}.yaml" for kind in kinds)
    return Setup(files | {"splits/README.md": _write_card(exported, layouts)}, commands)


TRL = Trainer(
    ("messages",),
    _setup,
    preferences=("preference", "kto"),
    note="assistant_only_loss needs a chat template that TRL can mark, as it can Qwen's and "
    "Llama 3's; for another model it stops.",
)
