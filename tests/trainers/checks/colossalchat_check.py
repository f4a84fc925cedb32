"""What ColossalChat trains: the functions its `prepare_dataset.py` maps over rows."""

import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file, tokenize it as its kind asks, drop what became None as the script does."""
    sys.path.insert(0, str(Path(file["clone"], "applications", "ColossalChat")))
    stand_ins.stand_in(*MISSING)
    from coati.dataset import tokenization_utils as source
    from coati.dataset.conversation import setup_conversation_template

    tokens = tiny.tokenizer()
    template = setup_conversation_template(
        tokens,
        {
            "chat_template": tiny.TEMPLATE,
            "system_message": file.get("system_message"),
            "stop_ids": [tokens.eos_token_id],
            "end_of_assistant": tokens.eos_token,
        },
    )
    prepare = getattr(source, file["function"])
    rows = load_dataset("json", data_files=file["path"], cache_dir=str(folder))["train"]
    made = [prepare(row, tokens, template, max_length=tiny.LENGTH) for row in rows]
    made = [row for row in made if next(iter(row.values())) is not None]
    return READ[file["function"]](tokens, made, file)


def _kto(tokens: Any, made: list[dict[str, Any]], file: dict[str, Any]) -> Learned:
    return {
        "answer": [unmasked(tokens, row["completion"]) for row in made],
        "tag": [str(row["label"]).lower() for row in made],
    }


def _pairs(tokens: Any, made: list[dict[str, Any]], _: dict[str, Any]) -> Learned:
    """Return the tokens that the loss mask of each side leaves."""
    return {
        side: [
            unmasked(
                tokens,
                [
                    number
                    for number, counts in zip(
                        row[f"{side}_input_ids"], row[f"{side}_loss_mask"], strict=True
                    )
                    if counts
                ],
            )
            for row in made
        ]
        for side in ("chosen", "rejected")
    }


READ = {
    "tokenize_sft": lambda tokens, made, _: {
        "answer": [unmasked(tokens, row["labels"]) for row in made]
    },
    "tokenize_rlhf": _pairs,
    "tokenize_kto": _kto,
    # What is asked in PPO is the whole of a row; the answer is the model's own.
    "tokenize_prompt": lambda tokens, made, _: {
        "answer": [unmasked(tokens, row["input_ids"]) for row in made]
    },
}
MISSING = ("colossalai", "colossalai.logging", "colossalai.booster", "jsonlines")


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
