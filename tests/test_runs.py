"""Finding a run again, and a row in it."""

from pathlib import Path

import orjson
import pytest

from vicugna.errors import UserError
from vicugna.records import SCOPES
from vicugna.runs import find_row, find_run, nearest_rows, read_manifest
from vicugna.seeds import load_seeds

OUTPUTS = Path("outputs")
OUTPUT = "The Danube, they say, or 多瑙河."
ROWS = {
    "tasks.jsonl": [
        ("aa-00", "aa-00", "Name a river that crosses three countries."),
        ("aa-01", "aa-00", "Name a river that crosses three countries."),
        ("ab-00", "ab-00", "说出一条流经三个国家的大河。"),
        ("clean.json:1", "clean.json:1", "Name a river that crosses two countries."),
        ("clean.json:12", "clean.json:12", "How do bees make honey?"),
    ],
    "rejected.jsonl": [("ba-00", None, "Name a river that crosses three lands.")],
}


@pytest.fixture
def run(place):
    """Return the folder of a run with a few rows, under outputs/."""
    for name in ("small-11aa", "small-22bb", "big-33cc"):
        (OUTPUTS / name).mkdir(parents=True)
        (OUTPUTS / name / "manifest.json").write_text('{"made_by": "run", "name": "x"}')
    folder = OUTPUTS / "small-11aa"
    for name, rows in ROWS.items():
        lines = [
            {"id": identity, "instruction": text, "input": "", "output": OUTPUT}
            | {"source": {"request": "f" * 64}}
            | ({"group": group} if group else {})
            for identity, group, text in rows
        ]
        (folder / name).write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return folder


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("outputs/small-22bb", "outputs/small-22bb", id="path"),
        pytest.param("small-22bb", "outputs/small-22bb", id="name"),
        pytest.param("big", "outputs/big-33cc", id="beginning of a name"),
    ],
)
def test_a_run_is_found_by_path_name_or_beginning(run, name, found):
    assert find_run(name, OUTPUTS) == Path(found)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(
            "small",
            'run "small": is the beginning of several. Runs under outputs/: small-11aa, small-22bb',
            id="several",
        ),
        pytest.param(
            "nope",
            'run "nope": not found. Runs under outputs/: big-33cc, small-11aa, small-22bb.',
            id="none",
        ),
        pytest.param("mall", "not found", id="the middle of a name"),
    ],
)
def test_a_run_that_is_not_found_names_those_there_are(run, name, says):
    with pytest.raises(UserError) as told:
        find_run(name, OUTPUTS)

    assert says in str(told.value)


def test_before_the_first_run_there_is_none(place):
    with pytest.raises(UserError, match=r"Runs under outputs/: none yet\."):
        find_run("small", OUTPUTS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param('{"made_by": "run",', "not valid JSON", id="half"),
        pytest.param("[]", "not the manifest of a run", id="a list"),
        pytest.param('{"manifest_version": 3}', "not the manifest of a run", id="another's"),
    ],
)
def test_a_manifest_that_is_none(run, text, says):
    (run / "manifest.json").write_text(text)

    with pytest.raises(UserError, match=says):
        read_manifest(run)


@pytest.mark.parametrize(
    ("identity", "found"),
    [
        pytest.param("ab-00", (True, "ab-00"), id="a task"),
        pytest.param("ab", (True, "ab-00"), id="the beginning of a task"),
        pytest.param("ba", (False, "ba-00"), id="a rejected piece"),
        pytest.param("clean.json:1", (True, "clean.json:1"), id="also the beginning of another"),
    ],
)
def test_a_row_is_found_by_its_id_or_the_beginning(run, identity, found):
    kept, row = find_row(run, identity)

    assert (kept, row["id"]) == found


@pytest.mark.parametrize(
    ("identity", "says"),
    [
        pytest.param("a", "is the beginning of 3 ids", id="several"),
        pytest.param("zz", "not found", id="none"),
    ],
)
def test_a_row_that_is_not_found(run, identity, says):
    with pytest.raises(UserError, match=says):
        find_row(run, identity)


def test_what_is_near_a_row_is_not_itself_nor_its_own_instances(run):
    _, row = find_row(run, "aa-01")

    near = nearest_rows(run, row, 2)

    assert near[0][0] == "clean.json:1"
    assert {"aa-00", "aa-01"}.isdisjoint(identity for identity, _, _ in near)
    assert near[0][1] > near[1][1]


_THREE, _TWO = (f"Name a river that crosses {count} countries." for count in ("three", "two"))


@pytest.mark.parametrize(
    ("manifest", "nearest", "text"),
    [
        pytest.param({}, "clean.json:1", _TWO, id="before there was a choice"),
        pytest.param({"recipe": None}, "clean.json:1", _TWO, id="a cleaning of that time"),
        pytest.param({"recipe": {"scope": "output"}}, "aa-01", OUTPUT, id="a run"),
        pytest.param({"scope": "output"}, "aa-01", OUTPUT, id="a cleaning of files"),
        pytest.param(
            {"recipe": {"scope": "output"}, "scope": "conversation"},
            "aa-01",
            f"{_THREE}\n{OUTPUT}",
            id="a cleaning of a run, by another scope",
        ),
    ],
)
def test_what_is_near_is_what_the_run_compares(run, manifest, nearest, text):
    """Then another instance of the same instruction is a neighbour like any other."""
    (run / "manifest.json").write_bytes(orjson.dumps({"made_by": "run"} | manifest))
    _, row = find_row(run, "aa-00")

    ((identity, _, shown),) = nearest_rows(run, row, 1)

    assert (identity, shown) == (nearest, text)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_seed_tasks_are_neighbours_by_every_scope(run, scope, lang):
    (run / "manifest.json").write_bytes(orjson.dumps({"made_by": "run", "scope": scope}))
    seed = load_seeds(lang)[7]
    row = {"id": "x", "instruction": seed.instruction, "input": seed.input, "output": seed.output}

    near = nearest_rows(run, row | {"source": {"request": "f" * 64}}, 1)

    assert [(identity, f1) for identity, f1, _ in near] == [(seed.id, 1.0)]


def test_a_row_without_what_is_compared_has_no_neighbours(run):
    (run / "manifest.json").write_text('{"made_by": "run", "recipe": {"scope": "output"}}')
    _, row = find_row(run, "ba-00")

    assert nearest_rows(run, row | {"output": ""}, 3) == []


@pytest.mark.parametrize("scope", ["outputs", None, 5, ["output"]])
def test_a_scope_that_is_none_is_told(run, scope):
    (run / "manifest.json").write_bytes(orjson.dumps({"made_by": "clean", "scope": scope}))
    _, row = find_row(run, "ab-00")

    with pytest.raises(
        UserError, match=r"manifest\.json: scope is .*, expected one of instruction,"
    ):
        nearest_rows(run, row, 3)
