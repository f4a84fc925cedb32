"""DeepSpeed-Chat: main.py of each step, over the two files in its own folder data/.

microsoft/DeepSpeedExamples (83757d9c, 2025-02), applications/DeepSpeed-Chat: the arguments of
training/step{1_supervised,2_reward_model,2_dpo}_finetuning/main.py, and dschat/utils/data, where
"local/jsonfile" is data/train.json and data/eval.json of the clone, both of which must be there:
the files are copied to it before each step, and without validation rows the training rows stand in
for eval.json. `data_split` gives the whole file to the step, not a fifth of it. Rows are cut at
`max_seq_len`, 512 when it is not set. The first step trains on questions too. What was made of the
files is kept in `data_output_path`, which is said here to be in the folder of the export.
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

_FOLDER = "applications/DeepSpeed-Chat"
# Step: its layout, share of the data for each of three steps, learning rate, options of its own.
_STEPS: dict[str, tuple[str, str, str, dict[str, Option]]] = {
    "step1_supervised_finetuning": ("deepspeed_chat_sft", "10,0,0", "1e-4", {}),
    # 1 when it is not set, which is for OPT alone.
    "step2_reward_model_finetuning": (
        "deepspeed_chat",
        "0,10,0",
        "1e-5",
        {"--num_padding_at_beginning": 0},
    ),
    "step2_dpo_finetuning": ("deepspeed_chat", "0,10,0", "5e-6", {"--beta": 0.1}),
}


def _commands(exported: Exported, step: str) -> list[str]:
    layout, split, rate, own = _STEPS[step]
    rows = exported.files[layout]
    options: dict[str, Option] = {
        "--model_name_or_path": exported.model,
        "--data_path": "local/jsonfile",
        "--data_split": split,
        "--data_output_path": f"prepared/{step}",
        "--output_dir": f"trained/{step}",
        "--max_seq_len": 1024,
        "--num_train_epochs": 3 if layout.endswith("sft") else 1,
        "--per_device_train_batch_size": 2,
        "--per_device_eval_batch_size": 2,
        "--gradient_accumulation_steps": 8,
        "--gradient_checkpointing": True,
        "--learning_rate": rate,
        "--dtype": "bf16",
        "--zero_stage": 2,
        "--deepspeed": True,
        **own,
    }
    script = in_clone(f"{_FOLDER}/training/{step}/main.py")
    return [
        f"cp {rows} {in_clone(f'{_FOLDER}/data/train.json')}",
        f"cp {exported.validation(layout) or rows} {in_clone(f'{_FOLDER}/data/eval.json')}",
        build_command(f"deepspeed --num_gpus 1 {script}", options),
    ]


def _setup(exported: Exported) -> Setup:
    steps = [step for step, (layout, *_) in _STEPS.items() if layout in exported.files]
    commands = (command for step in steps for command in _commands(exported, step))
    return Setup({}, (f"mkdir -p {in_clone(f'{_FOLDER}/data')}", *commands))


DEEPSPEED_CHAT = Trainer(
    ("deepspeed_chat_sft",),
    _setup,
    preferences=("deepspeed_chat",),
    note=clone_note(
        "microsoft/DeepSpeedExamples",
        "Without --validation its eval.json has the rows that are trained on.",
    ),
)
