"""LMFlow: examples/finetune.py over a folder of conversations, reward_modeling.py over pairs.

OptimalScale/LMFlow (f3597dba, 2026-04): scripts/run_finetune_with_lora.sh,
scripts/archive/run_reward_modeling_with_lora.sh, src/lmflow/args.py, read there. Rows are cut at
`block_size`; without `disable_group_texts` they are glued together. `conversation_template` is one
of src/lmflow/utils/conversation_template. An empty system prompt, which every row has that has no
other, is taken for none by templates of LMFlow's own such as qwen2, and for an empty turn by those
in Jinja such as qwen2_5.
"""

from vicugna.trainers.trainer import (
    Exported,
    Option,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
)

# The beginning of a model's name without its owner, and its template.
_TEMPLATES = {"qwen2": "qwen2", "meta-llama-3": "llama3", "llama-3": "llama3", "gemma-": "gemma"}


def _template(model: str) -> str:
    name = model.rpartition("/")[2].lower()
    return next((of for begin, of in _TEMPLATES.items() if name.startswith(begin)), "chatml")


def _command(exported: Exported, script: str, layout: str, more: dict[str, Option]) -> str:
    held_out = exported.folder(f"{layout}_validation")
    options: dict[str, Option] = {
        "--model_name_or_path": exported.model,
        "--dataset_path": exported.folder(layout),
        "--conversation_template": _template(exported.model),
        "--do_train": "True",
        "--do_eval": "True" if held_out else None,
        "--eval_dataset_path": held_out,
        "--use_lora": 1,
        "--lora_r": 16,
        "--block_size": 2048,
        "--per_device_train_batch_size": 1,
        "--gradient_accumulation_steps": 16,
        "--bf16": "True",
        "--torch_dtype": "bfloat16",
        "--lr_scheduler_type": "cosine",
    }
    config = in_clone("configs/accelerate_singlegpu_config.yaml")
    program = f"accelerate launch --config_file {config} {in_clone(f'examples/{script}')}"
    return build_command(program, options | more)


def _setup(exported: Exported) -> Setup:
    tuning: dict[str, Option] = {
        "--disable_group_texts": 1,
        "--validation_split_percentage": 0,
        "--learning_rate": "1e-4",
        "--num_train_epochs": 3,
        "--output_dir": "trained/sft",
    }
    commands = [_command(exported, "finetune.py", "lmflow_conversation", tuning)]
    if "lmflow_paired" in exported.files:
        reward: dict[str, Option] = {
            "--arch_type": "text_regression",
            "--remove_unused_columns": "False",
            "--learning_rate": "1e-5",
            "--num_train_epochs": 1,
            "--output_dir": "trained/reward",
        }
        commands.append(_command(exported, "reward_modeling.py", "lmflow_paired", reward))
    return Setup({}, tuple(commands))


LMFLOW = Trainer(
    ("lmflow_conversation",),
    _setup,
    preferences=("lmflow_paired",),
    note=clone_note(
        "OptimalScale/LMFlow",
        "Look whether --conversation_template is that of the model: chatml stands for others.",
    ),
)
