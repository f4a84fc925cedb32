"""What Baize trains: the functions of its `finetune.py`; the whole text counts."""

from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file and tokenize it as the script does it, without its limit of 512 tokens."""
    tokens = tiny.tokenizer("llama")
    made = stand_ins.functions(
        Path(file["clone"], "finetune.py"),
        "generate_prompt",
        "tokenize",
        "generate_and_tokenize_prompt",
        tokenizer=tokens,
        CUTOFF_LEN=tiny.LENGTH,
    )
    rows = load_dataset("json", data_files=file["path"], cache_dir=str(folder))["train"]
    rows = rows.map(made.generate_and_tokenize_prompt)
    return {"answer": [unmasked(tokens, numbers) for numbers in rows["input_ids"]]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
