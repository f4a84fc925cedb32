"""What FastChat trains: `make_supervised_data_module`, eager and lazy."""

import argparse
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file with Llama's tags, since the loader counts its tokens that way."""
    stand_ins.stand_in(*file.get("stand_ins", ()))
    from fastchat.train import train

    tokens = tiny.tokenizer("llama")
    tokens.legacy = True
    train.local_rank = 0
    arguments = argparse.Namespace(
        data_path=file["path"], eval_data_path=None, lazy_preprocess=file["lazy"]
    )
    data = train.make_supervised_data_module(tokens, arguments)["train_dataset"]
    return {"answer": [unmasked(tokens, data[at]["labels"]) for at in range(len(data))]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
