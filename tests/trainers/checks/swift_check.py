"""What ms-swift trains: its `load_dataset`, and its ChatML template over every row."""

from pathlib import Path
from typing import Any

import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file as `swift sft` and `swift rlhf` do it, bad rows dropped as by default."""
    from swift.dataset import load_dataset
    from swift.model import get_processor
    from swift.template import get_template

    rows, _ = load_dataset(file["path"], num_proc=1, load_from_cache_file=False, use_hf=True)
    tokens = get_processor(tiny.save_model(folder / "model"), model_type="llama", use_hf=True)
    template = get_template(tokens, template_type="chatml", max_length=tiny.LENGTH)
    template.set_mode(file.get("mode", "train"))
    made = [template.encode(row) for row in rows]
    if file.get("mode") == "kto":
        tags = {"tag": [str(row["label"]).lower() for row in made]}
        return {"answer": [unmasked(tokens, row["chosen_labels"]) for row in made]} | tags
    sides = {side: "labels" if side == "answer" else f"{side}_labels" for side in file["wanted"]}
    return {side: [unmasked(tokens, row[key]) for row in made] for side, key in sides.items()}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
