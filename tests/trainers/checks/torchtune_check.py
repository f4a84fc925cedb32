"""What torchtune trains: its data set builders over its own Qwen 2.5 tokenizer."""

import json
from pathlib import Path
from typing import Any

import tiny
from answers import Learned, answer, unmasked
from torchtune import datasets
from torchtune.models.qwen2_5._tokenizer import QWEN2_5_SPECIAL_TOKENS, Qwen2_5Tokenizer


class _Decoder:
    """The tokenizer under the name that the comparison calls it by."""

    def __init__(self, tokens: Qwen2_5Tokenizer) -> None:
        self.decode = lambda numbers, skip_special_tokens: tokens.decode(numbers)


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Build the data set that the file's configuration names, and read every row."""
    tokens = _tokenizer(folder)
    build = getattr(datasets, file["builder"])
    kind = "parquet" if file["path"].endswith(".parquet") else "json"
    rows = build(tokens, source=kind, data_files=file["path"], split="train", **file["settings"])
    made = [rows[number] for number in range(len(rows))]
    sides = {side: "labels" if side == "answer" else f"{side}_labels" for side in file["wanted"]}
    decoder = _Decoder(tokens)
    return {side: [unmasked(decoder, row[key]) for row in made] for side, key in sides.items()}


def _tokenizer(folder: Path) -> Qwen2_5Tokenizer:
    """Return the tokenizer of Qwen 2.5 with 256 bytes for a vocabulary and nothing to merge."""
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps(tiny.letters()))
    merges.write_text("#version: 0.2\n")
    tags = {tag: 256 + at for at, tag in enumerate(QWEN2_5_SPECIAL_TOKENS)}
    return Qwen2_5Tokenizer(str(vocabulary), str(merges), tags, max_seq_len=tiny.LENGTH)


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
