"""Stand-ins for what a trainer imports beside its loading code: sound, kernels, web pages."""

import ast
import importlib
import importlib.machinery
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock


class _StandIn(types.ModuleType):
    """A module in which every name is there and does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # what has one is a package

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=f"{self.__name__}.{name}")


def stand_in(*names: str) -> None:
    """Put modules that do nothing where those would be imported that are not installed."""
    for name in names:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            path = ".".join(parts[:end])
            if end < len(parts) and _is_there(path):
                continue  # the package is real, only this part of it is not wanted
            made = sys.modules.setdefault(path, _StandIn(path))
            made.__spec__ = made.__spec__ or importlib.machinery.ModuleSpec(path, None)


def _is_there(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def load(path: str | Path, name: str = "source") -> types.ModuleType:
    """Run a source file of a clone as a module of this name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def functions(path: str | Path, *names: str, **around: Any) -> types.SimpleNamespace:
    """Run functions of a source file, wherever in it they stand, with these names around them.

    For a script that cannot be imported, since it loads a model on its way to its functions.
    """
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    found = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in names
    }
    scope = dict(around)
    body = ast.Module([found[name] for name in names], [])
    exec(compile(body, str(path), "exec"), scope)
    return types.SimpleNamespace(**{name: scope[name] for name in names})
