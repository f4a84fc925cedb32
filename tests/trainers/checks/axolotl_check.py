"""What axolotl trains: its own reading of a configuration, then of the data sets in it."""

import json
from pathlib import Path
from typing import Any

import tiny
from answers import Learned, answer, unmasked
from stand_ins import stand_in


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file as `axolotl preprocess` does it."""
    stand_in(*MISSING)
    from axolotl.cli.config import load_cfg
    from axolotl.common.datasets import load_datasets, load_preference_datasets

    settings = {
        "base_model": tiny.save_model(folder / "model"),
        "datasets": [{"path": file["path"], **file["dataset"]}],
        "dataset_prepared_path": str(folder / "prepared"),
        "output_dir": str(folder / "out"),
        "sequence_len": tiny.LENGTH,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "num_epochs": 1,
        "learning_rate": 0.0001,
        "optimizer": "adamw_torch",
        "chat_template": "tokenizer_default",
        "dataset_num_proc": 1,
        "shuffle_merged_datasets": False,  # rows are compared in their order
        **file.get("settings", {}),
    }
    written = folder / "axolotl.yaml"
    written.write_text(json.dumps(settings))  # JSON is YAML
    cfg = load_cfg(str(written))
    tokens = tiny.tokenizer()
    if "rl" not in settings:
        rows = load_datasets(cfg=cfg).train_dataset
        if "answer" in file["wanted"]:
            return {"answer": [unmasked(tokens, labels) for labels in rows["labels"]]}
        return {side: [unmasked(tokens, x) for x in rows[f"{side}_ids"]] for side in SIDES}
    rows = load_preference_datasets(cfg=cfg).train_dataset
    return {side: list(rows[side]) for side in SIDES}


SIDES = ("chosen", "rejected")
MISSING = ("addict_",)
if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
