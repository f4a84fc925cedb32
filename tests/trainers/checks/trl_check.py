"""What TRL trains: the data sets its trainers prepare, and two steps of training with them."""

from pathlib import Path
from typing import Any

import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Give one file to the trainer it is for, train two steps, read what was prepared."""
    path = Path(file["path"])
    kind = "parquet" if path.suffix == ".parquet" else "json"
    rows = load_dataset(kind, data_files=str(path), split="train", cache_dir=str(folder))
    tokens = tiny.tokenizer()
    trainer = _trainer(file["trainer"], rows, tokens, folder)
    trainer.train()
    made = trainer.train_dataset
    if file["trainer"] == "sft":
        return {"answer": [unmasked(tokens, labels) for labels in made["labels"]]}
    if file["trainer"] == "kto":
        return {"answer": _texts(tokens, made, "completion_ids")} | {
            "tag": [str(label).lower() for label in made["label"]]
        }
    return {side: _texts(tokens, made, f"{side}_ids") for side in ("chosen", "rejected")}


def _texts(tokens: Any, rows: Any, column: str) -> list[str]:
    return [unmasked(tokens, numbers) for numbers in rows[column]]


def _trainer(kind: str, rows: Any, tokens: Any, folder: Path) -> Any:
    """Return a trainer over a random model of two layers."""
    import trl

    settings = {
        "output_dir": str(folder / "out"),
        "max_steps": 2,
        "per_device_train_batch_size": 2,
        "max_length": tiny.LENGTH,
        "report_to": "none",
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
    }
    if kind == "sft":
        settings["assistant_only_loss"] = True
    trainer, config, family = {
        "sft": (trl.SFTTrainer, trl.SFTConfig, AutoModelForCausalLM),
        "dpo": (trl.DPOTrainer, trl.DPOConfig, AutoModelForCausalLM),
        "kto": (trl.KTOTrainer, trl.KTOConfig, AutoModelForCausalLM),
        "reward": (trl.RewardTrainer, trl.RewardConfig, AutoModelForSequenceClassification),
    }[kind]
    saved = tiny.save_model(folder / "model")  # a reference model is loaded from the same place
    more = {"num_labels": 1} if kind == "reward" else {}
    return trainer(
        model=family.from_pretrained(saved, **more),
        args=config(**settings),
        train_dataset=rows,
        processing_class=tokens,
    )


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
