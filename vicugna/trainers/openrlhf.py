"""OpenRLHF: openrlhf.cli.train_sft, train_dpo and train_rm, all by options.

OpenRLHF/OpenRLHF 0.11.2, openrlhf/cli: the options are read by its own parsers in the tests. It
does not join the `input` of Alpaca's rows to the prompt, so these are messages. Rows with a longer
prompt than `max_len` are left out without a word. `--eval.split` is "test" in train_dpo, which a
file has not. It has no KTO.
"""

from vicugna.trainers.trainer import Exported, Option, Setup, Trainer, build_command

_PAIRS: dict[str, Option] = {
    "--data.prompt_key": "prompt",
    "--data.chosen_key": "chosen",
    "--data.rejected_key": "rejected",
    "--train.max_epochs": 1,
}
_MESSAGES: dict[str, Option] = {
    "--data.input_key": "messages",
    "--data.multiturn": True,
    "--train.max_epochs": 3,
}
# Program: the layout, learning rate, and options of its own.
_PROGRAMS = {
    "train_sft": ("messages", "1e-4", _MESSAGES),
    "train_dpo": ("preference", "5e-6", _PAIRS | {"--model.beta": 0.1}),
    "train_rm": ("preference", "1e-5", _PAIRS),
}


def _command(exported: Exported, program: str) -> str:
    layout, rate, own = _PROGRAMS[program]
    held_out = exported.validation(layout)
    options: dict[str, Option] = {
        "--model.model_name_or_path": exported.model,
        "--model.gradient_checkpointing_enable": True,
        "--data.dataset": exported.files[layout],
        "--eval.dataset": held_out,
        "--eval.split": "train" if held_out else None,
        "--eval.steps": 50 if held_out else None,
        **own,
        "--data.apply_chat_template": True,
        "--data.max_len": 2048,
        "--train.batch_size": 16,
        "--train.micro_batch_size": 2,
        "--adam.lr": rate,
        "--ds.lora.rank": 16,
        "--ds.lora.alpha": 32,
        "--ds.attn_implementation": "sdpa",
        "--ckpt.output_dir": f"trained/{program.removeprefix('train_')}",
    }
    return build_command(f"deepspeed --num_gpus=1 --module openrlhf.cli.{program}", options)


def _setup(exported: Exported) -> Setup:
    programs = [name for name, (layout, *_) in _PROGRAMS.items() if layout in exported.files]
    return Setup({}, tuple(_command(exported, program) for program in programs))


OPENRLHF = Trainer(
    ("messages",),
    _setup,
    preferences=("preference",),
    note="Options are those of OpenRLHF 0.11; older versions have them without the groups before "
    "the dots: --dataset, --input_key, --pretrain.",
)
