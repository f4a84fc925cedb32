r"""axolotl: axolotl train with a file for each way of training.

axolotl-ai-cloud/axolotl 0.19.0: the files are read by its own `load_cfg` in the tests. Rows longer
than `sequence_len` are left out (`excess_length_strategy` "drop" when none is set), which is said
here to be "truncate". Its DPO looks for each answer from the beginning of a chat that it rendered,
"<|im_start|>user\n[[dummy_message]]..." (prompt_strategies/dpo/chat_template.py): an answer that
stands there, such as "user", is found too early and trained with what follows it. Such a task is
refused; what is rendered is that of ChatML with Qwen's system prompt. So is an answer with blanks
around it, which templates that trim (Llama 3's) do not have. Its KTO and reward model read layouts
of their own, which are not written.
"""

from vicugna.records import Draft
from vicugna.trainers.trainer import Exported, Setup, Trainer, join_lines, to_scalar

_MODEL = """\
base_model: {model}
chat_template: tokenizer_default
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true

"""
_DATA = """\
{name}:
- path: {file}
  ds_type: json
  split: train
  type: {type}
"""
_TRAINING = """\
val_set_size: 0
sequence_len: 2048
excess_length_strategy: truncate  # without it longer rows are left out

output_dir: trained/{kind}
micro_batch_size: 2
gradient_accumulation_steps: 8
learning_rate: {rate}
num_epochs: {epochs}
optimizer: adamw_torch
lr_scheduler: cosine
bf16: auto
gradient_checkpointing: true
logging_steps: 10
saves_per_epoch: 1
"""
# Configuration: its file, layout, type of data set, learning rate, epochs, lines of its own.
_KINDS = {
    "sft": ("messages", "chat_template", "2.0e-4", 3, ""),
    "dpo": (
        "preference",
        "chat_template.default\n  field_messages: prompt",
        "5.0e-6",
        1,
        "rl: dpo\nrl_beta: 0.1\n\n",
    ),
}
_RENDERED = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    "<|im_end|>\n<|im_start|>user\n[[dummy_message]]<|im_end|>\n<|im_start|>assistant\n"
)
_TOO_EARLY = "an answer that axolotl's DPO finds before it begins"
_BLANKS = "blanks around an answer"


def _write(exported: Exported, kind: str) -> str:
    layout, of, rate, epochs, own = _KINDS[kind]
    held_out = exported.validation(layout)
    data = _DATA.format(name="datasets", file=exported.files[layout], type=of)
    if held_out:
        data += _DATA.format(name="test_datasets", file=held_out, type=of)
    return (
        _MODEL.format(model=to_scalar(exported.model))
        + own
        + data
        + _TRAINING.format(kind=kind, rate=rate, epochs=epochs)
        + join_lines("evals_per_epoch: 1" if held_out else None)
    )


def _setup(exported: Exported) -> Setup:
    kinds = [kind for kind, one in _KINDS.items() if one[0] in exported.files]
    files = {f"{kind}.yaml": _write(exported, kind) for kind in kinds}
    return Setup(files, tuple(f"axolotl train {file}" for file in files))


def _refuse(draft: Draft) -> str:
    answers = [draft.answer, *(one.answer for one in draft.alternatives)]
    if any(answer != answer.strip() for answer in answers):
        return _BLANKS
    return _TOO_EARLY if any(answer in _RENDERED for answer in answers) else ""


AXOLOTL = Trainer(("messages",), _setup, preferences=("preference",), refuse_pair=_refuse)
