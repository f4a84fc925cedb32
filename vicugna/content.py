"""Where the content folders are, in a clone and in an installed wheel. The only place that knows.

In a clone, `flows/ filters/ prompts/ seed_tasks/ recipes/` lie beside the package; in a wheel
they lie inside it.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent
ROOT = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").exists() else _PACKAGE

PROMPTS = ROOT / "prompts"
SEED_TASKS = ROOT / "seed_tasks"
RECIPES = ROOT / "recipes"
FLOWS = ROOT / "flows"


def load_filters() -> Any:  # noqa: ANN401 - a module; its names are in filters/__init__.py
    """Import the `filters` folder by its place, as Prefect imports `flows`.

    `vicugna` never imports `filters` by name: imports point down. The command line loads the
    folder here and hands its chain to the pipeline.
    """
    return _load("filters")


def load_flow(name: str) -> Any:  # noqa: ANN401 - a module of `flows/`
    """Import a flow by its place, for another flow that does its work and more."""
    return _load(f"flows.{name}")


def _load(name: str) -> Any:  # noqa: ANN401 - a module
    if str(ROOT) not in sys.path:
        # At the end: inside a wheel the folder also holds modules with everyday names.
        sys.path.append(str(ROOT))
    return importlib.import_module(name)
