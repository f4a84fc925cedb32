"""alpaca-lora: finetune.py over one JSON array, with the prompt in a file of its own.

tloen/alpaca-lora, finetune.py and utils/prompter.py (8bb8579, 2023-04): the arguments are those of
`train`, read there. `Prompter` opens templates/NAME.json below the folder it is started in, without
an encoding; what it generates is split at `response_split`, so an answer that has it in it would be
cut. Rows are cut at `cutoff_len`, which is 256 when it is not set, and then have no end; questions
are trained too unless `train_on_inputs` is False. `val_set_size` rows are kept apart, 2,000 when it
is not set: there is no file for them. Base models are LLaMA's (LlamaTokenizer).
"""

from vicugna.layouts.marks import find_mark
from vicugna.records import Draft
from vicugna.trainers.trainer import (
    LLAMA,
    Exported,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
    to_json,
)

_SPLITS = ("### Response:", "### 回答：")
_ENGLISH = {
    "description": "For tasks in English, and for sets of both languages.",
    "prompt_input": "Do what the instruction asks, using the input that comes with it.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
    "prompt_no_input": "Do what the instruction asks.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:\n",
    "response_split": _SPLITS[0],
}
_CHINESE = {
    "description": "用于中文任务。",
    "prompt_input": "请按要求作答，所需材料附在要求之后。\n\n"
    "### 要求：\n{instruction}\n\n### 材料：\n{input}\n\n### 回答：\n",
    "prompt_no_input": "请按要求作答。\n\n### 要求：\n{instruction}\n\n### 回答：\n",
    "response_split": _SPLITS[1],
}


def _setup(exported: Exported) -> Setup:
    options = {
        "--base_model": exported.choose_model(LLAMA),
        "--data_path": exported.files["alpaca"],
        "--output_dir": "trained",
        "--prompt_template_name": "vicugna_zh" if exported.lang == "zh" else "vicugna",
        "--cutoff_len": 1024,
        "--val_set_size": 0,
        "--train_on_inputs": "False",
        "--num_epochs": 3,
        "--learning_rate": "3e-4",
    }
    files = {
        "templates/vicugna.json": to_json(_ENGLISH),
        "templates/vicugna_zh.json": to_json(_CHINESE),
    }
    return Setup(files, (build_command(f"python {in_clone('finetune.py')}", options),))


def _refuse(draft: Draft) -> str:
    return find_mark([draft.output], _SPLITS)


ALPACA_LORA = Trainer(
    ("alpaca",),
    _setup,
    refuse=_refuse,
    note=clone_note(
        "tloen/alpaca-lora",
        "The model must be a LLaMA. The template is in the language of most tasks.",
    ),
)
