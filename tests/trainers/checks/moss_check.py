"""What MOSS trains: the data set of its `finetune_moss.py`."""

from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file, which has to be `train.jsonl` in a folder of its own."""
    stand_ins.stand_in("torch.utils.tensorboard")
    train = stand_ins.load(Path(file["clone"], "finetune_moss.py"))
    (folder / "train.jsonl").write_bytes(Path(file["path"]).read_bytes())
    tokens = tiny.tokenizer()
    rows = train.SFTDataset(str(folder), tokens)
    return {"answer": [unmasked(tokens, rows[at][2]) for at in range(len(rows))]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
