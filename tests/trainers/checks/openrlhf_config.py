"""Options as the programs of openrlhf.cli read them, 0.11.2."""

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from openrlhf_check import MISSING
from settings import tell
from stand_ins import stand_in


def read(command: str) -> dict[str, Any]:
    """Return what a program makes of its options, without its last step, which trains."""
    stand_in(*MISSING)
    module, *words = json.loads(command)
    spec = importlib.util.find_spec(module)
    assert spec is not None
    source = Path(spec.origin or "")
    main = ast.parse(source.read_text(encoding="utf-8")).body[-1]  # if __name__ == "__main__"
    assert isinstance(main, ast.If)
    parsed: list[Any] = []
    scope: dict[str, Any] = {"train": parsed.append, "__name__": "__main__"}
    exec("import argparse\nfrom datetime import datetime", scope)
    sys.argv = [module, *words]
    exec(compile(ast.Module([main], []), str(source), "exec"), scope)
    [args] = parsed
    return {
        "program": module,
        "model": args.model.model_name_or_path,
        "length": args.data.max_len,
        "files": [one for one in (args.data.dataset, args.eval.dataset) if one],
        "split": args.eval.split,
    }


if __name__ == "__main__":
    tell(read)
