"""What Koala trains: the JSON data set and the text processor of EasyLM."""

import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


class _Settings(dict):
    """A dictionary with its keys as attributes, as EasyLM's settings are."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def _open(path: str, mode: str) -> Any:
    return Path(path).open(mode, encoding="utf-8")


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Read one file; the fields of a row say which of its texts count."""
    stand_ins.stand_in("mlxu")
    tools = sys.modules["mlxu"]
    tools.config_dict = _Settings
    tools.update_config_dict = lambda settings, updates: _Settings(settings, **(updates or {}))
    tools.open_file = _open
    source = stand_ins.load(Path(file["clone"], "EasyLM", "data.py"))
    tokens = tiny.tokenizer("llama")
    processor = source.TextProcessor({"fields_from_example": "fields"}, tokens)
    lines = source.JsonDataset(
        {"path": file["path"]}, tokens, processor
    ).parallel_example_iterator()
    made, last = [], -1
    for numbers, mask, _, index in lines:  # begins again at the end of the file
        if index <= last:
            break
        made.append(
            unmasked(tokens, [n for n, counts in zip(numbers, mask, strict=True) if counts])
        )
        last = index
    return {"answer": made}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
