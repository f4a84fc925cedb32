"""Settings as `llamafactory-cli train FILE` reads them, 0.9.5."""

import sys
from typing import Any

import tiny  # noqa: F401 - nothing is fetched
from settings import tell
from stand_ins import stand_in


def read(file: str) -> dict[str, Any]:
    """Return what its argument classes hold, and the files of the data sets they name."""
    stand_in("torchaudio")  # its plugin for sound imports it
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.hparams import get_train_args, read_args

    sys.argv = ["train", file, "bf16=false", "use_cpu=true"]  # there is no GPU here
    model, data, _, finetuning, _ = get_train_args(read_args())
    names = [*(data.dataset or []), *(data.eval_dataset or [])]
    return {
        "model": model.model_name_or_path,
        "stage": finetuning.stage,
        "length": data.cutoff_len,
        "files": [one.dataset_name for one in get_dataset_list(names, data.dataset_dir)],
    }


if __name__ == "__main__":
    tell(read)
