"""torchtune: tune run with a file for each recipe.

pytorch/torchtune 0.6.1, recipes/lora_finetune_single_device.py and lora_dpo_single_device.py with
their configs for Qwen2.5 and Llama: the files are read by its own parser, and every `_component_`
is built up to its data, in the tests. It has no names for models but one function for each, so the
sections model, tokenizer and checkpointer are those of the model. `train_on_input` would train on
questions too: it is False by default but in alpaca_dataset. These recipes know no validation file.
Rows are cut at `max_seq_len`.
"""

from vicugna.trainers.trainer import (
    Exported,
    Setup,
    Trainer,
    build_command,
    join_lines,
    quote,
    to_scalar,
)

_DATA = """\
output_dir: trained/{kind}

dataset:
  _component_: torchtune.datasets.{dataset}
  source: json
  data_files: {file}
  split: train
  train_on_input: False  # True would train on questions too
{own}seed: 42
shuffle: True
batch_size: 2
gradient_accumulation_steps: 8
epochs: {epochs}
max_steps_per_epoch: null

# These three are of one model: torchtune has a function for each (tune ls; tune cp).
model:
  _component_: {model}
  lora_attn_modules: ['q_proj', 'v_proj', 'output_proj']
  apply_lora_to_mlp: True
  lora_rank: 16
  lora_alpha: 32
  lora_dropout: 0.0
tokenizer:
  _component_: torchtune.models.qwen2_5.qwen2_5_tokenizer
  path: model/vocab.json
  merges_file: model/merges.txt
  max_seq_len: 2048  # longer rows are cut
checkpointer:
  _component_: torchtune.training.FullModelHFCheckpointer
  checkpoint_dir: model
  checkpoint_files: {weights}
  recipe_checkpoint: null
  output_dir: ${{output_dir}}
  model_type: QWEN2
resume_from_checkpoint: False
save_adapter_weights_only: True

optimizer:
  _component_: torch.optim.AdamW
  fused: True
  weight_decay: 0.01
  lr: {rate}
lr_scheduler:
  _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup
  num_warmup_steps: 10
loss:
  _component_: {loss}
clip_grad_norm: 1.0
compile: False

metric_logger:
  _component_: torchtune.training.metric_logging.DiskLogger
  log_dir: ${{output_dir}}/logs
log_every_n_steps: 1
log_peak_memory_stats: False
device: cuda
dtype: bf16
enable_activation_checkpointing: True
enable_activation_offloading: False
"""
# Recipe: its file, layout, dataset, learning rate, epochs, loss.
_RECIPES = {
    "lora_finetune_single_device": (
        "sft",
        "messages",
        "chat_dataset",
        "2e-4",
        3,
        "torchtune.modules.loss.CEWithChunkedOutputLoss",
    ),
    "lora_dpo_single_device": (
        "dpo",
        "preference_implicit",
        "preference_dataset",
        "5e-6",
        1,
        "torchtune.rlhf.loss.DPOLoss",
    ),
}
_MESSAGES = "  conversation_column: messages\n  conversation_style: openai\n  packed: False\n"
# Model: its function, and how many files its weights are in.
_MODELS = {
    "Qwen/Qwen2.5-0.5B-Instruct": ("lora_qwen2_5_0_5b", 1),
    "Qwen/Qwen2.5-1.5B-Instruct": ("lora_qwen2_5_1_5b_instruct", 1),
    "Qwen/Qwen2.5-3B-Instruct": ("lora_qwen2_5_3b", 2),
    "Qwen/Qwen2.5-7B-Instruct": ("lora_qwen2_5_7b_instruct", 4),
}
_UNKNOWN = '"???"  # torchtune stops here until the sections are those of the model'


def _write(exported: Exported, recipe: str) -> str:
    kind, layout, dataset, rate, epochs, loss = _RECIPES[recipe]
    model, parts = _MODELS.get(exported.model, ("", 1))
    names = [f"model-{part:05}-of-{parts:05}" for part in range(1, parts + 1)]
    weights = [f"{name}.safetensors" for name in (names if parts > 1 else ["model"])]
    return _DATA.format(
        kind=kind,
        dataset=dataset,
        file=exported.files[layout],
        own=_MESSAGES if layout == "messages" else "",
        epochs=epochs,
        model=f"torchtune.models.qwen2_5.{model}" if model else _UNKNOWN,
        weights=f"[{', '.join(weights)}]",
        rate=rate,
        loss=loss,
    )


def _setup(exported: Exported) -> Setup:
    recipes = [recipe for recipe, one in _RECIPES.items() if one[1] in exported.files]
    files = {
        f"{_RECIPES[recipe][0]}.yaml": join_lines(f"# {to_scalar(exported.model)}")
        + _write(exported, recipe)
        for recipe in recipes
    }
    # Where it would go by default is deleted when the machine starts again.
    options = {"--output-dir": "model", "--ignore-patterns": "original/*"}
    download = build_command(f"tune download {quote(exported.model)}", options)
    runs = (f"tune run {recipe} --config {_RECIPES[recipe][0]}.yaml" for recipe in recipes)
    return Setup(files, (download, *runs))


TORCHTUNE = Trainer(
    ("messages",),
    _setup,
    preferences=("preference_implicit",),
    note="The sections model, tokenizer and checkpointer are those of Qwen2.5-Instruct; for "
    "another model take them from tune cp. It reads no validation rows.",
)
