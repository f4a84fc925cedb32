"""What Dolly trains: the data set and the collator of its `training/trainer.py`."""

import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file, which has to be the only one of its folder."""
    stand_ins.stand_in("click")
    sys.path.insert(0, file["clone"])
    from training import trainer

    tokens = tiny.tokenizer()
    tokens.add_special_tokens(
        {"additional_special_tokens": [trainer.END_KEY, trainer.INSTRUCTION_KEY, RESPONSE]}
    )
    rows = trainer.load_training_dataset(str(Path(file["path"]).parent))
    made = [trainer.preprocess_batch(row, tokens, tiny.LENGTH) for row in rows]
    collate = trainer.DataCollatorForCompletionOnlyLM(tokens, mlm=False, return_tensors="pt")
    return {"answer": [unmasked(tokens, collate([row])["labels"][0]) for row in made]}


RESPONSE = "### Response:\n"


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
