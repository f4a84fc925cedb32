"""What DeepSpeed-Chat trains: `create_dataset` over its local JSON files."""

import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load train.json in the phase that is asked for; its place is fixed, so that is patched."""
    stand_ins.stand_in("deepspeed", "deepspeed.accelerator")
    sys.path.insert(0, str(Path(file["clone"], "applications", "DeepSpeed-Chat")))
    from dschat.utils.data import data_utils, raw_datasets

    data = folder / "data"
    data.mkdir()
    for name in ("train.json", "eval.json"):
        (data / name).write_bytes(Path(file["path"]).read_bytes())
    raw = raw_datasets.LocalJsonFileDataset(str(folder), 1, 0, "local/jsonfile", str(folder))
    tokens = tiny.tokenizer("llama")
    rows = data_utils.create_dataset_split(
        raw.get_train_data(), raw, file["phase"], tokens, tokens.eos_token, tiny.LENGTH
    )
    made = [rows[at] for at in range(len(rows))]
    if file["phase"] == 1:
        del file["wanted"]["rejected"]  # the first phase has no use for it
        return {"chosen": [unmasked(tokens, row["labels"]) for row in made]}
    sides = (("chosen", 0), ("rejected", 2))
    return {side: [unmasked(tokens, row[at][0]) for row in made] for side, at in sides}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
