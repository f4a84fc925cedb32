"""LLaMA-Factory: llamafactory-cli over the files that dataset_info.json names.

hiyouga/LLaMA-Factory 0.9.5, src/llamafactory/hparams and data: the files are read by its own
`get_train_args` in the tests. Rows longer than `cutoff_len` lose their end without a word. Without
`template` the chat template of the tokenizer is taken; a wrong one is never told. The first
"{{idx}}" in a question is replaced by the number of the round (data/formatter.py, StringFormatter).
"<image>", "<video>" and "<audio>" stop it with multimodal templates only.
"""

from vicugna.formats.dataset_info import entry_name
from vicugna.layouts.marks import find_mark
from vicugna.layouts.turns import to_turns
from vicugna.records import Draft
from vicugna.trainers.trainer import Exported, Setup, Trainer, join_lines, to_scalar

_MODEL = """\
### Model
model_name_or_path: {model}
stage: {stage}
do_train: true
finetuning_type: lora
lora_rank: 16
lora_target: all
"""
_DATA = """
### Data, as dataset_info.json names it
dataset_dir: .
dataset: {dataset}
"""
_CUTOFF = "cutoff_len: 2048  # longer rows lose their end without a word"
_TRAINING = """
### Training
output_dir: trained/{stage}
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: {rate}
num_train_epochs: {epochs}
lr_scheduler_type: cosine
bf16: true  # false on GPUs before Ampere, and fp16: true
logging_steps: 10
report_to: none
save_strategy: epoch
"""
# Stage: the file it is written to, the layout, learning rate, epochs, and a setting of its own.
_STAGES = {
    "sft": ("sft.yaml", "messages", "1.0e-4", 3, None),
    "dpo": ("dpo.yaml", "preference_sharegpt", "5.0e-6", 1, "pref_beta: 0.1"),
    "rm": ("reward.yaml", "preference_sharegpt", "1.0e-4", 1, None),
    "kto": ("kto.yaml", "kto_messages", "5.0e-6", 1, "pref_beta: 0.1"),
}


def _entry(exported: Exported, layout: str) -> str:
    """Return the name that dataset_info.json has for a file, as a YAML scalar."""
    return to_scalar(entry_name(exported.name, layout))


def _template(model: str) -> str:
    if model.rpartition("/")[2].lower().startswith(("qwen2-", "qwen2.5-")):
        return "template: qwen"
    return "# template: the chat template of the tokenizer is taken where none is named"


def _write(exported: Exported, stage: str) -> str:
    _, layout, rate, epochs, own = _STAGES[stage]
    held_out = exported.validation(layout)
    entry = _entry(exported, f"{layout}_validation")
    data = join_lines(
        f"eval_dataset: {entry}" if held_out else None, _template(exported.model), _CUTOFF
    )
    end = join_lines("eval_strategy: epoch" if held_out else None, own)
    return (
        _MODEL.format(model=to_scalar(exported.model), stage=stage)
        + _DATA.format(dataset=_entry(exported, layout))
        + data
        + _TRAINING.format(stage=stage, rate=rate, epochs=epochs)
        + end
    )


def _setup(exported: Exported) -> Setup:
    stages = [stage for stage, (_, layout, *_) in _STAGES.items() if layout in exported.files]
    files = {_STAGES[stage][0]: _write(exported, stage) for stage in stages}
    return Setup(files, tuple(f"llamafactory-cli train {file}" for file in files))


def _refuse(draft: Draft) -> str:
    return find_mark((text for role, text in to_turns(draft) if role == "user"), ["{{idx}}"])


LLAMA_FACTORY = Trainer(
    ("messages",),
    _setup,
    preferences=("preference_sharegpt", "kto_messages"),
    refuse=_refuse,
    note="A multimodal model's template takes <image>, <video> and <audio> in a text for files "
    "that are not there, and stops.",
)
