"""MOSS: finetune_moss.py over train.jsonl and val.jsonl of a folder.

OpenMOSS/MOSS (f7c3309, 2024-07), finetune_moss.py: its arguments, with configs/sft.yaml for
accelerate (ZeRO 3), which its code needs: it reads `deepspeed_plugin`. Both files must be there, so
the training rows stand in for val.jsonl where there are no others. What it made of them is kept in
the folder (train_data), and read instead of changed files. It writes ids of MOSS's own tokens, so
the model must be a MOSS. All that passes 2,048 tokens is left away by whole turns.
"""

from vicugna.trainers.trainer import (
    Exported,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
)


def _setup(exported: Exported) -> Setup:
    rows = exported.files["moss"]
    options = {
        "--model_name_or_path": exported.choose_model("fnlp/moss-moon-003-base"),
        "--data_dir": "sft_data",
        "--output_dir": "trained",
        "--log_dir": "trained/logs",
        "--n_epochs": 2,
        "--train_bsz_per_gpu": 1,
        "--eval_bsz_per_gpu": 1,
        "--learning_rate": "1.5e-5",
        "--eval_step": 200,
        "--save_step": 2000,
    }
    launch = f"accelerate launch --config_file {in_clone('configs/sft.yaml')} --num_processes 8"
    commands = (
        "mkdir -p sft_data",
        f"cp {rows} sft_data/train.jsonl",
        f"cp {exported.validation('moss') or rows} sft_data/val.jsonl",
        build_command(f"PYTHONUTF8=1 {launch} {in_clone('finetune_moss.py')}", options),
    )
    return Setup({}, commands)


MOSS = Trainer(
    ("moss",),
    _setup,
    note=clone_note(
        "OpenMOSS/MOSS",
        "All 16 billion weights are trained, on 8 GPUs; without --validation its val.jsonl has the "
        "rows that are trained on.",
    ),
)
