"""No name from outside becomes a path: nothing is made but the folder that was asked for.

A recipe, a run, a row, a file, a model, a prompt: each is looked up or written down, and a name
that is none is told in one line.
"""

from pathlib import Path

import orjson
import pytest
import yaml

from tests.hostile import read_rows, run_over_http
from tests.scripted import make_recipe, say_well
from vicugna.errors import UserError
from vicugna.jsonl import read_text
from vicugna.runs import find_row, find_run
from vicugna.settings import load_recipe

GOOD = {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur and Lena."}
CHINESE = {"instruction": "说出三条亚洲的河流。", "input": "", "output": "长江、黄河和湄公河。"}
NAMES = {
    "up": "../up",
    "far up": "../../../../../../tmp/up",
    "absolute": "/nowhere/up",
    "a device": "/dev/null",
    "the root": "/",
    "nothing": "",
    "a blank": " ",
    "longer than a name": "a" * 300,
    "longer than a path": "a" * 5000,
    "a line end": "a\nb",
    "NUL": "a\x00b",
    "half a character": "a\udcffb",
    "a terminal's escape": "\x1b[2Ja",
    "a mark of direction": "\u202ea",
    "a pattern": "[*?]",
    "a variable": "$HOME",
    "a home": "~root",
    "markup": "[/][red]",
    "a format": "{0} %s {run}",
    "Windows": "..\\up:CON",
}
every_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


@pytest.fixture
def tree(place, monkeypatch):
    """Work two folders deep; return a function that lists what is outside of `outputs/`."""
    (place / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(place / "a" / "b")

    def list_outside():
        found = (path.relative_to(place) for path in place.rglob("*"))
        return {str(path) for path in found if path.parts[:3] != ("a", "b", "outputs")}

    return list_outside


@pytest.fixture
def run(tree):
    """Return the folder of a run with one kept row and one rejected row."""
    folder = Path("outputs/mine")
    folder.mkdir(parents=True)
    row = GOOD | {"id": "aa-00", "group": "aa-00", "source": {"request": ""}}
    (folder / "manifest.json").write_bytes(orjson.dumps({"made_by": "run", "name": "mine"}))
    (folder / "tasks.jsonl").write_bytes(orjson.dumps(row))
    (folder / "rejected.jsonl").write_bytes(orjson.dumps(row | {"id": "ab-00"}))
    return folder


@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("ending", ["", ".yaml"])
def test_a_recipe(name, ending, tree):
    before = tree()

    with pytest.raises(UserError):
        load_recipe(name + ending)

    assert tree() == before


@every_name
def test_a_run_and_a_row(name, run, tree):
    """The beginning of a name is a name, so "" names what is alone."""
    before = tree()

    if name:
        with pytest.raises(UserError, match="not found"):
            find_run(name, Path("outputs"))
        with pytest.raises(UserError, match="not found"):
            find_row(run, name)
    else:
        assert find_run(name, Path("outputs")) == run

    assert tree() == before


@every_name
def test_what_a_recipe_calls_itself(name, tree):
    """It names the folder of its runs, so it may be nothing but a word."""
    settings = make_recipe().model_dump(mode="json") | {"name": name}
    Path("mine.yaml").write_bytes(
        orjson.dumps(settings) if name.isascii() else yaml.dump(settings).encode()
    )

    with pytest.raises(UserError) as told:
        load_recipe("mine.yaml")

    assert "name" in str(told.value)


@every_name
def test_a_file_that_is_not_there(name, tree):
    with pytest.raises(UserError):
        read_text(Path("nowhere" + name))


@pytest.mark.parametrize(
    "name", ["a\udcff\udcfe", "a\x1b[2J\u202eb", "a\nb `c`", "字 [red]", "%s{0}", "a" * 250]
)
def test_the_name_of_a_file_that_is_cleaned(vicugna, tree, name):
    """It is in the ids of its rows and in the card, and nowhere on the disk."""
    Path(f"{name}.json").write_bytes(orjson.dumps([GOOD, CHINESE, GOOD]))
    before = tree()

    code, _, err = vicugna("clean", f"{name}.json", "--direct", "--out", "outputs/mine")

    assert (code, err) == (0, "")
    assert tree() == before
    assert {path.name for path in Path("outputs").iterdir()} == {"mine"}
    rows = read_rows("tasks.jsonl", "outputs/mine") + read_rows("rejected.jsonl", "outputs/mine")
    assert len(rows) == 3
    assert all(row["id"].isprintable() and row["source"]["file"].isprintable() for row in rows)
    card = Path("outputs/mine/README.md").read_text(encoding="utf-8")
    assert card.count("`", 0, card.index("| language")) == 2
    for row in rows:
        assert vicugna("explain", "mine", row["id"])[0] == 0


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_the_name_of_a_model_and_what_a_teacher_says(method, tree):
    """Texts and ids that look like paths are texts and ids."""
    before = tree()
    names = iter([*NAMES.values()] * 20)

    def say(request):
        name = next(names).encode(errors="replace").decode().strip() or "../up"
        if request.purpose == "is_classification":
            return name
        lines = say_well(request).split("\n")
        if request.purpose == "new_instructions":
            return "\n".join([*lines, f"{len(lines) + 1}. {name}/{lines[0][3:]}"])
        told = [orjson.loads(line) | {"id": name, "check": name, "lang": name} for line in lines]
        return "\n".join(orjson.dumps(row | {"input": name}).decode() for row in told)

    manifest = run_over_http(say, "outputs/mine", method=method)

    assert manifest["counts"]["tasks"] == {"en": 12, "zh": 12}
    assert tree() == before
    assert {path.name for path in Path("outputs").iterdir()} <= {"mine", "ledger.db"} | {
        f"ledger.db-{part}" for part in ("wal", "shm")
    }
