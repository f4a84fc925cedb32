"""Settings as `axolotl train FILE` reads them, 0.19.0."""

from pathlib import Path
from typing import Any

import tiny
from axolotl_check import MISSING
from settings import tell
from stand_ins import stand_in


def read(file: str) -> dict[str, Any]:
    """Return what its configuration holds, and the names that its schema has not: it takes any."""
    stand_in(*MISSING)
    import yaml
    from axolotl.cli.config import load_cfg
    from axolotl.utils.schemas.config import AxolotlInputConfig
    from axolotl.utils.schemas.datasets import DPODataset, SFTDataset

    tiny.save_model("tiny_model")
    cfg = load_cfg(file, bf16=False, fp16=False)  # there is no GPU here
    written = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    known = {*SFTDataset.model_fields, *DPODataset.model_fields}  # ds_type is read of both
    data = {name for one in written["datasets"] for name in one}
    return {
        "unknown": sorted({*written} - {*AxolotlInputConfig.model_fields} | data - known),
        "model": cfg.base_model,
        "length": cfg.sequence_len,
        "rl": str(getattr(cfg.rl, "value", cfg.rl)) if cfg.rl else None,
        "long": cfg.excess_length_strategy,
        "files": [one["path"] for one in [*cfg.datasets, *(cfg.test_datasets or [])]],
    }


if __name__ == "__main__":
    tell(read)
