"""What OpenRLHF trains: its two data sets, and the masks that its trainers read from them."""

import argparse
from pathlib import Path
from typing import Any

import tiny
from answers import Learned, answer, unmasked
from stand_ins import stand_in


class _Strategy:
    """What the data sets ask of a training strategy: the command line, and printing."""

    def __init__(self, **data: Any) -> None:
        self.args = argparse.Namespace(data=argparse.Namespace(**data))

    def print(self, *_: Any) -> None:
        pass

    def is_rank_0(self) -> bool:
        return False


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file with the data options of the command line."""
    stand_in(*MISSING)
    from openrlhf.datasets import RewardDataset, SFTDataset
    from openrlhf.datasets.utils import blending_datasets

    strategy = _Strategy(**file["settings"])
    tokens = tiny.tokenizer()
    rows = blending_datasets(file["path"], strategy=strategy)
    more = {"num_processors": None}
    if "answer" in file["wanted"]:
        turns = file["settings"].get("multiturn", False)
        made = SFTDataset(rows, tokens, tiny.LENGTH, strategy, multiturn=turns, **more)
        return {"answer": [_learned(tokens, *made[at]) for at in range(len(made))]}
    pairs = RewardDataset(rows, tokens, tiny.LENGTH, strategy, is_dpo=file["dpo"], **more)
    made = [pairs[at] for at in range(len(pairs))]
    # In DPO the last value is where the answer starts; a reward model scores the whole.
    return {
        side: [unmasked(tokens, row[at][0][row[4] if file["dpo"] else 0 :]) for row in made]
        for side, at in (("chosen", 0), ("rejected", 2))
    }


def _learned(tokens: Any, numbers: Any, _: Any, mask: Any) -> str:
    """Return the text of the tokens that are predicted where the mask is 1."""
    return unmasked(tokens, numbers[0][1:][mask[0][:-1].bool()])


MISSING = (
    "pylatexenc",
    "pylatexenc.latex2text",
    "deepspeed",
    "flash_attn",
    "ray",
    "optree",
    "torchdata.stateful_dataloader",
)
if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
