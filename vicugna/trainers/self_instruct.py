"""Self-Instruct: scripts/finetune_gpt3.sh over prompts and completions.

yizhongw/self-instruct (0b26cca, 2023-03), scripts/finetune_gpt3.sh FILE NAME, read there. It calls
OpenAI's first service for fine-tuning. The same file is what TRL calls a prompt-completion data
set. Its own pipeline starts from tasks with instances, which are written too: they are given to
self_instruct/bootstrap_instructions.py as --seed_tasks_path.
"""

from vicugna.trainers.trainer import Exported, Setup, Trainer, clone_note, in_clone


def _setup(exported: Exported) -> Setup:
    file = exported.files["self_instruct"]
    return Setup({}, (f"bash {in_clone('scripts/finetune_gpt3.sh')} {file} vicugna",))


SELF_INSTRUCT = Trainer(
    ("self_instruct", "self_instruct_tasks"),
    _setup,
    note=clone_note(
        "yizhongw/self-instruct",
        "Its script fine-tunes at OpenAI, by a service of 2023; the file is also what TRL reads as "
        "prompt and completion.",
    ),
)
