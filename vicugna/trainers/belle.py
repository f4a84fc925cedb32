"""BELLE: sft_train.py, rm_train.py and dpo_train.py of its train folder.

LianjiaTech/BELLE (645084d, 2024-10), train/scripts/run_{sft,rm,dpo}.sh and the dataclasses of
train/src/entry_point, read there. The first two stop without a file of validation rows, so the
training rows stand in for it where there are none. A model must have LLaMA's tokenizer (`llama`,
`use_llama`) or an unknown token to pad with. `max_length` and `seq_length` are 512 when they are
not set: rm_train leaves out longer rows. `sanity_check` of dpo_train is True, and read nowhere.
"""

from vicugna.trainers.trainer import (
    LLAMA,
    Exported,
    Option,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
    to_json,
)

_LORA: dict[str, object] = {
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_target_modules": [
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    ],
}
_PYTHONPATH = 'PYTHONPATH="$CLONE/train"'
_BATCHES: dict[str, Option] = {
    "--per_device_train_batch_size": 1,
    "--per_device_eval_batch_size": 1,
    "--gradient_accumulation_steps": 16,
    "--gradient_checkpointing": "True",
    "--bf16": "True",
    "--logging_steps": 10,
    "--report_to": "tensorboard",
}


def _sft(exported: Exported, model: str) -> str:
    options: dict[str, Option] = {
        "--model_name_or_path": model,
        "--llama": True if "llama" in model.lower() else None,
        "--train_file": exported.files["belle"],
        "--validation_file": exported.validation("belle") or exported.files["belle"],
        "--output_dir": "trained/sft",
        "--model_max_length": 1024,
        "--use_lora": True,
        "--lora_config": "lora_config.json",
        "--torch_dtype": "bfloat16",
        "--learning_rate": "3e-4",
        "--num_train_epochs": 3,
        "--cache_dir": "prepared",
        **_BATCHES,
    }
    script = in_clone("train/src/entry_point/sft_train.py")
    return build_command(f"{_PYTHONPATH} torchrun --nproc_per_node 1 {script}", options)


def _reward(exported: Exported, model: str) -> str:
    rows = exported.files["belle_reward"]
    options: dict[str, Option] = {
        "--model_name": model,
        "--use_llama": str("llama" in model.lower()),
        "--train_data": rows,
        "--eval_data": exported.validation("belle_reward") or rows,
        "--output_dir": "trained/reward",
        "--seq_length": 1024,
        "--use_lora": "True",
        "--learning_rate": "1e-5",
        "--num_train_epochs": 1,
        "--warmup_steps": 10,
        "--cache_dir": "prepared",
        **_BATCHES,
    }
    script = in_clone("train/src/entry_point/rm_train.py")
    return build_command(f"{_PYTHONPATH} accelerate launch --num_processes 1 {script}", options)


def _dpo(exported: Exported, model: str) -> str:
    held_out = exported.validation("belle_dpo")
    options: dict[str, Option] = {
        "--model_name_or_path": model,
        "--train_file": exported.files["belle_dpo"],
        "--validation_file": held_out,
        "--evaluation_strategy": "steps" if held_out else "no",
        "--save_total_limit": 1,
        "--output_dir": "trained/dpo",
        "--logging_dir": "trained/dpo",
        "--max_length": 1024,
        "--max_prompt_length": 768,
        "--torch_dtype": "bfloat16",
        "--learning_rate": "5e-6",
        "--num_train_epochs": 1,
        "--eval_and_save_ratio_per_epoch": 1,
        **_BATCHES,
    }
    script = in_clone("train/src/entry_point/dpo_train.py")
    return build_command(f"{_PYTHONPATH} torchrun --nproc_per_node 1 {script}", options)


def _setup(exported: Exported) -> Setup:
    model = exported.choose_model(LLAMA)
    commands = ["mkdir -p trained/sft", _sft(exported, model)]  # its log is opened at once
    if "belle_reward" in exported.files:
        commands += ["mkdir -p trained/reward", _reward(exported, model)]
    if "belle_dpo" in exported.files:
        commands.append(_dpo(exported, model))
    return Setup({"lora_config.json": to_json(_LORA)}, tuple(commands))


BELLE = Trainer(
    ("belle",),
    _setup,
    preferences=("belle_reward", "belle_dpo"),
    note=clone_note(
        "LianjiaTech/BELLE",
        "Without --validation its validation file has the rows that are trained on.",
    ),
)
