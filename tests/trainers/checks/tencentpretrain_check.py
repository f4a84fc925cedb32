"""What TencentPretrain trains: the `LlmSftDataset` that its `preprocess.py` writes."""

import argparse
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Write the samples of one file and read them back; the answer stands from the first mark."""
    stand_ins.stand_in(*MISSING)
    sys.path.insert(0, file["clone"])
    os.chdir(file["clone"])  # the names of its marks are read from the working folder
    from tencentpretrain.utils import dataset

    os.chdir(folder)  # samples are written into the working folder
    tokens = tiny.tokenizer("llama")
    settings = argparse.Namespace(corpus_path=file["path"], seq_length=tiny.LENGTH, seed=1)
    vocabulary = {dataset.CLS_TOKEN: tokens.bos_token_id, dataset.SEP_TOKEN: tokens.eos_token_id}
    made = dataset.LlmSftDataset.__new__(dataset.LlmSftDataset)
    vars(made).update(vars(settings), tokenizer=tokens, vocab=vocabulary)
    made.worker(0, 0, file["rows"])
    learned = []
    with Path("dataset-tmp-0.pt").open("rb") as samples:
        for _ in range(file["rows"]):
            (numbers, _), (start, end) = pickle.load(samples)
            learned.append(unmasked(tokens, numbers[start:end]))
    return {"answer": learned}


MISSING = ("six",)


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
