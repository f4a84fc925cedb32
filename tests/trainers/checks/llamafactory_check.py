"""What LLaMA-Factory keeps and trains: `get_dataset`, as its stages call it."""

import json
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file by its entry of dataset_info.json, in the stage that reads it."""
    stand_ins.stand_in("torchaudio")  # its plugin for sound imports it
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args

    path = Path(file["path"])
    entry = file["entry"] | {"file_name": str(path)}
    (folder / "dataset_info.json").write_text(json.dumps({"ours": entry}))
    tokens = tiny.tokenizer()
    arguments = {
        "stage": file["stage"],
        "do_train": True,
        "model_name_or_path": tiny.save_model(folder / "model"),
        "template": "chatml",
        "dataset": "ours",
        "dataset_dir": str(folder),
        "cutoff_len": tiny.LENGTH,
        "finetuning_type": "full",
        "output_dir": str(folder / "out"),
        "report_to": "none",
        "use_cpu": True,
    }
    model, data, training, finetuning, _ = get_train_args(arguments)
    template = get_template_and_fix_tokenizer(tokens, data)
    stage = "rm" if finetuning.stage == "dpo" else finetuning.stage  # as its DPO stage does it
    rows = get_dataset(template, model, data, training, stage, tokens)["train_dataset"]
    if stage == "rm":
        return {
            side: [unmasked(tokens, labels) for labels in rows[f"{side}_labels"]]
            for side in ("chosen", "rejected")
        }
    if stage == "kto":
        tags = {"tag": [f"{tag}".lower() for tag in rows["kto_tags"]]}
        return {"answer": [unmasked(tokens, labels) for labels in rows["labels"]]} | tags
    return {"answer": [unmasked(tokens, labels) for labels in rows["labels"]]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
