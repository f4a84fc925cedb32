"""What stanford_alpaca trains: the data set of its `train.py`."""

from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file with the tags that `train.py` gives to Llama."""
    stand_ins.stand_in("openai", "openai.openai_object")  # for writing data, not for training
    stand_ins.load(Path(file["clone"], "utils.py"), "utils")
    train = stand_ins.load(Path(file["clone"], "train.py"))
    tokens = tiny.tokenizer("llama")
    tokens.add_special_tokens({"pad_token": train.DEFAULT_PAD_TOKEN})
    rows = train.SupervisedDataset(file["path"], tokens)
    return {"answer": [unmasked(tokens, row["labels"]) for row in rows]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
