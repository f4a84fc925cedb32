"""What BELLE trains: the function that its `sft_train.py` maps over the rows."""

from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file as `load_dataset` gives it to the function."""
    source = stand_ins.load(Path(file["clone"], "train", "src", "sample_generator.py"))
    tokens = tiny.tokenizer("llama")
    rows = load_dataset("json", data_files=file["path"], cache_dir=str(folder))["train"]
    made = [source.generate_and_tokenize_prompt(tiny.LENGTH, tokens, row) for row in rows]
    return {"answer": [unmasked(tokens, row["labels"]) for row in made]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
