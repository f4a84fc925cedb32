"""Settings as `swift sft FILE` and `swift rlhf FILE` read them, 4.6.0."""

from typing import Any

import tiny
from settings import tell


def read(file: str) -> dict[str, Any]:
    """Return what its argument classes hold, and what was no argument of theirs."""
    from swift.arguments import RLHFArguments, SftArguments
    from swift.cli.main import parse_yaml_args
    from swift.utils import parse_args

    tiny.save_model("tiny_model")
    given = [file, "--model_type", "llama", "--template", "chatml", "--bf16", "false"]
    parse_yaml_args(given)
    parsed, rest = parse_args(SftArguments if file == "sft.yaml" else RLHFArguments, given)
    return {
        "model": parsed.model,
        "length": parsed.max_length,
        "type": getattr(parsed, "rlhf_type", None),
        "files": [*parsed.dataset, *parsed.val_dataset],
        "rest": rest,
    }


if __name__ == "__main__":
    tell(read)
