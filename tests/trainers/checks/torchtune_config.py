"""Settings as `tune run RECIPE --config FILE` reads them, 0.6.1."""

import sys
from typing import Any

from settings import tell
from stand_ins import stand_in


def read(file: str) -> dict[str, Any]:
    """Return what its parser made of a file whose components are all there and fit."""
    stand_in("psutil", "safetensors", "safetensors.torch")  # its checkpointer imports them
    from torchao import quantization

    for name in ("int4_weight_only", "int8_dynamic_activation_int4_weight"):
        setattr(quantization, name, getattr(quantization, name, None))  # of an older torchao
    from torchtune import config
    from torchtune.config._parse import TuneRecipeArgumentParser
    from torchtune.config._utils import _merge_yaml_and_cli_args

    sys.argv = ["recipe", "--config", file]
    cfg = _merge_yaml_and_cli_args(*TuneRecipeArgumentParser().parse_known_args())
    config.validate(cfg)  # each component can be called with what stands under it
    return {
        "model": cfg.model._component_,
        "length": cfg.tokenizer.max_seq_len,
        "only answers": not cfg.dataset.train_on_input,
        "files": [cfg.dataset.data_files],
    }


if __name__ == "__main__":
    tell(read)
