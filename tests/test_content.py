import sys

import pytest

from vicugna.content import FLOWS, PROMPTS, RECIPES, ROOT, SEED_TASKS, load_filters


def test_in_a_clone_the_root_is_where_pyproject_is():
    assert (ROOT / "pyproject.toml").is_file()
    assert (ROOT / "vicugna").is_dir()


@pytest.mark.parametrize(
    ("folder", "name", "file"),
    [
        (PROMPTS, "prompts", "new_tasks.zh.md"),
        (SEED_TASKS, "seed_tasks", "en.jsonl"),
        (RECIPES, "recipes", "small.yaml"),
    ],
    ids=["prompts", "seed tasks", "recipes"],
)
def test_content_folders(folder, name, file):
    assert folder == ROOT / name
    assert (folder / file).is_file()


def test_flows_lie_beside_the_others():
    assert ROOT / "flows" == FLOWS


def test_filters_are_loaded_from_the_root(monkeypatch):
    """As in a process that was started elsewhere: the root is not on the path, nothing loaded."""
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place != str(ROOT)])
    for name in [name for name in sys.modules if name.split(".")[0] == "filters"]:
        monkeypatch.delitem(sys.modules, name)
    loaded = load_filters()

    assert loaded.__file__ == str(ROOT / "filters" / "__init__.py")
    assert sys.path[-1] == str(ROOT)
    assert len(loaded.chain().whole) > 0
    for name in [name for name in sys.modules if name.split(".")[0] == "filters"]:
        monkeypatch.delitem(sys.modules, name)


def test_loading_twice_adds_the_root_once(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT), "elsewhere"])
    first = load_filters()

    assert load_filters() is first
    assert sys.path == [str(ROOT), "elsewhere"]
