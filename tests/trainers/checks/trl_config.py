"""Settings as `trl KIND --config FILE` reads them, 1.16.0, and the rows they name."""

import importlib
from typing import Any

import tiny  # noqa: F401 - nothing is fetched
from settings import tell


def read(file: str) -> dict[str, Any]:
    """Return what its parser made of a file, and how many rows are in its splits."""
    from datasets import load_dataset

    kind = file.removesuffix(".yaml")
    parser = importlib.import_module(f"trl.scripts.{kind}").make_parser()
    script, training, model, _ = parser.parse_args_and_config(
        ["--config", file, "--use_cpu", "true", "--bf16", "false"]
    )
    data = load_dataset(script.dataset_name, name=script.dataset_config)
    splits = [script.dataset_train_split]
    if training.eval_strategy.value != "no":
        splits.append(script.dataset_test_split)
    return {
        "model": model.model_name_or_path,
        "length": training.max_length,
        "only answers": getattr(training, "assistant_only_loss", None),
        "rows": [len(data[split]) for split in splits],
    }


if __name__ == "__main__":
    tell(read)
