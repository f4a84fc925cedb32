"""What alpaca-lora trains: the functions inside `train` of its `finetune.py`."""

import os
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file with the settings of its README, but with questions masked."""
    clone = Path(file["clone"])
    os.chdir(clone)  # its templates are read from the working folder
    prompter = stand_ins.load(clone / "utils" / "prompter.py").Prompter("")
    tokens = tiny.tokenizer("llama")
    made = stand_ins.functions(
        clone / "finetune.py",
        "tokenize",
        "generate_and_tokenize_prompt",
        tokenizer=tokens,
        prompter=prompter,
        cutoff_len=tiny.LENGTH,
        train_on_inputs=False,
        add_eos_token=False,
    )
    rows = load_dataset("json", data_files=file["path"], cache_dir=str(folder))["train"]
    rows = rows.map(made.generate_and_tokenize_prompt)
    return {"answer": [unmasked(tokens, labels) for labels in rows["labels"]]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
