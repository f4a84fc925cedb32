"""ChatGLM-6B: ptuning/main.py over a row for each round.

THUDM/ChatGLM-6B (401bf3a, 2024-06), ptuning/main.py and arguments.py: the arguments are those of
ptuning/train_chat.sh, read there. Of a source longer than `max_source_length` the head stays, so
what is lost is the question; the layout leaves earlier rounds away for 1,024 tokens, where
train_chat.sh has 256. Answers are cut at `max_target_length`, 128 when it is not set.
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


def _setup(exported: Exported) -> Setup:
    options: dict[str, Option] = {
        "--do_train": True,
        "--train_file": exported.files["chatglm"],
        "--validation_file": exported.validation("chatglm"),
        "--prompt_column": "prompt",
        "--response_column": "response",
        "--history_column": "history",
        "--overwrite_cache": True,
        "--model_name_or_path": exported.choose_model("THUDM/chatglm-6b"),
        "--output_dir": "trained",
        "--max_source_length": 1024,
        "--max_target_length": 1024,
        "--per_device_train_batch_size": 1,
        "--gradient_accumulation_steps": 16,
        "--max_steps": 3000,
        "--logging_steps": 10,
        "--save_steps": 1000,
        "--learning_rate": "2e-2",
        "--pre_seq_len": 128,
        "--quantization_bit": 4,
    }
    return Setup({}, (build_command(f"python {in_clone('ptuning/main.py')}", options),))


CHATGLM = Trainer(
    ("chatglm",),
    _setup,
    note=clone_note(
        "THUDM/ChatGLM-6B", "Give --max_source_length no less: what is cut is the question."
    ),
)
