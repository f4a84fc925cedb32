"""What LMFlow trains: its `Dataset` of a folder, and the `tokenize` of its models."""

import argparse
import sys
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load the folder of one file; a model is only asked for its tokenizer."""
    sys.path.insert(0, str(Path(file["clone"], "src")))
    stand_ins.stand_in(*MISSING)
    from lmflow.args import DatasetArguments
    from lmflow.datasets.dataset import Dataset

    arguments = DatasetArguments(
        dataset_path=str(Path(file["path"]).parent),
        conversation_template=file.get("template", "tokenizer"),
        dataset_cache_dir=str(folder),
        disable_group_texts=False,
    )
    rows = Dataset(arguments)
    kind = rows.get_type()
    if kind in ("text2text", "conversation"):
        from lmflow.models.hf_decoder_model import HFDecoderModel as Model
    elif kind == "paired_conversation":
        from lmflow.models.hf_text_regression_model import HFTextRegressionModel as Model
    else:
        return _pairs(rows, kind)
    tokens = tiny.tokenizer()
    model = argparse.Namespace(tokenizer=tokens, model_args=argparse.Namespace(use_lora=False))
    made = Model.tokenize(model, rows).get_backend_dataset()
    sides = {side: "labels" if side == "answer" else f"input_ids_{side}" for side in file["wanted"]}
    return {side: [unmasked(tokens, x) for x in made[column]] for side, column in sides.items()}


def _pairs(rows: Any, kind: str) -> Learned:
    """Return the pairs that `dpov2_aligner` hands to its trainer; it makes them from scores."""
    if kind == "text_to_scored_textlist":
        from lmflow.pipeline.dpov2_aligner import DPOv2Aligner

        aligner = DPOv2Aligner.__new__(DPOv2Aligner)
        rows = aligner.convert_to_paired_dataset(rows, sampling_paired_method="max_min")
    made = rows.get_backend_dataset()
    return {side: list(made[side]) for side in ("chosen", "rejected")}


MISSING = ("deepspeed", "lmflow.utils.protocol")  # the second is for generating


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
