"""New drafts are compared with earlier sets: runs, cleaned sets and files, archived once."""

import os
from pathlib import Path

import orjson
import pytest

import filters
from tests.past_runs import make_past_run, rows_of
from tests.scripted import make_recipe, say_well
from vicugna import earlier
from vicugna.cleaning import clean, clean_files
from vicugna.earlier import open_earlier
from vicugna.errors import UserError
from vicugna.records import LANGS
from vicugna.settings import load_recipe

OUTPUTS = Path("outputs")
CHAIN = filters.chain()
ROWS = {
    "en": {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur, Lena."},
    "zh": {"instruction": "说出三条亚洲的河流。", "input": "", "output": "长江、黄河、湄公河。"},
}
NEAR = {
    "en": {
        "instruction": "Name four rivers of Asia.",
        "input": "",
        "output": "Ob, Ili, Amur, Lena.",
    },
    "zh": {
        "instruction": "说出四条亚洲的河流。",
        "input": "",
        "output": "长江、黄河、湄公河、鄂毕河。",
    },
}
FAR = {
    "en": {"instruction": "How do bees make honey?", "input": "", "output": "They dry nectar."},
    "zh": {"instruction": "蜜蜂怎样酿蜜？", "input": "", "output": "把花蜜晒干。"},
}
both_languages = pytest.mark.parametrize("lang", LANGS)


@pytest.fixture(autouse=True)
def _alone(place):
    earlier._open.cache_clear()  # what another test has open


def _write(name, rows):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(orjson.dumps(rows))
    return Path(name)


def _clean(file, out, *against, **options):
    return clean_files(
        [file], filters.chain(), 0.7, ["alpaca"], Path(out), against=against, **options
    )


def _dropped(folder):
    rows = (Path(folder) / "rejected.jsonl").read_bytes().splitlines()
    return {row["id"]: row["verdict"] for row in map(orjson.loads, rows)}


@both_languages
def test_rows_near_to_a_file_or_a_cleaned_set_are_dropped_and_say_which(lang):
    old = _write("old.json", [ROWS[lang]])
    new = _write("new.json", [NEAR[lang], ROWS[lang], FAR[lang]])
    _clean(old, "outputs/first")

    by_file = _clean(new, "one", "old.json")
    by_name = _clean(new, "two", "first")
    by_path = _clean(new, "three", "outputs/first")

    assert [*rows_of("one")] == ["new.json:3"]
    near = {identity: verdict["near"] for identity, verdict in _dropped("one").items()}
    assert near == {"new.json:1": "old.json:1", "new.json:2": "old.json:1"}
    assert [verdict["filter"] for verdict in _dropped("one").values()] == [
        "near_duplicate",
        "exact_duplicate",
    ]
    for folder in ("two", "three"):
        assert {verdict["near"] for verdict in _dropped(folder).values()} == {"first/old.json:1"}
    assert by_file["against"]["rows"] == by_name["against"]["rows"] == 1
    assert [one["name"] for one in by_name["against"]["sets"]] == ["first"]
    assert by_name["against"] == by_path["against"]


def test_the_nearest_of_all_is_told_and_of_two_as_near_the_earlier():
    a, b = "Name three rivers of Asia and Europe.", "Name three rivers of Asia and Africa."
    old = _write("old.json", [ROWS["en"] | {"instruction": a}])
    new = _write(
        "new.json",
        [
            FAR["en"],
            ROWS["en"] | {"instruction": "Name three rivers of Asia and Egypt."},
            FAR["en"] | {"instruction": "How do bees make honey now?"},
            ROWS["en"] | {"instruction": b},
        ],
    )

    _clean(new, "out", str(old))

    near = {identity: verdict["near"] for identity, verdict in _dropped("out").items()}
    assert near == {
        "new.json:2": "old.json:1",
        "new.json:3": "new.json:1",
        "new.json:4": "old.json:1",
    }


def test_exact_duplicates_of_an_earlier_set_go_at_a_limit_of_1_too():
    old, new = (
        _write("old.json", [ROWS["zh"]]),
        _write("new.json", [NEAR["zh"], ROWS["zh"], FAR["zh"]]),
    )

    clean_files([new], filters.chain(), 1.0, ["alpaca"], Path("out"), against=[str(old)])

    assert {one["filter"] for one in _dropped("out").values()} == {"exact_duplicate"}
    assert len(rows_of("out")) == 2


@pytest.mark.parametrize("scope", ["output", "conversation"])
@both_languages
def test_the_scope_is_that_of_both(lang, scope):
    old = _write("old.json", [ROWS[lang]])
    new = _write("new.json", [ROWS[lang] | {"output": FAR[lang]["output"]}])

    assert _clean(new, "out", str(old), scope=scope)["counts"]["tasks"] == {lang: 1}
    with pytest.raises(UserError, match="none of 1 rows"):
        _clean(new, "out", str(old))


def test_the_archive_is_made_once_and_again_when_a_set_has_changed(monkeypatch):
    made = []
    build = earlier.build_archive
    monkeypatch.setattr(earlier, "build_archive", lambda *given: made.append(1) or build(*given))
    old = _write("old.json", [ROWS["en"]])

    def count(*names, scope="instruction", max_f1=0.7):
        earlier._open.cache_clear()
        made.clear()
        opened = open_earlier(names, scope, max_f1, CHAIN, OUTPUTS)
        assert opened is not None
        return len(made), len(opened.archive)

    assert count("old.json") == (1, 1)
    assert count("old.json") == (0, 1)
    assert count("old.json", max_f1=0.8) == (1, 1)
    assert count("old.json", scope="output") == (1, 1)
    _write("old.json", [ROWS["en"], FAR["en"]])
    assert count("old.json") == (1, 2)
    os.utime(old, (0, 0))  # what it holds counts, not when it was written
    assert count("old.json") == (0, 2)


def test_rows_that_were_changed_by_hand_in_a_run_are_seen():
    _clean(_write("old.json", [ROWS["en"]]), "outputs/first")
    new = _write("new.json", [NEAR["en"], FAR["en"]])
    _clean(new, "one", "first")
    path = Path("outputs/first/tasks.jsonl")
    path.write_bytes(path.read_bytes().replace(b"rivers of Asia", b"poets of Chile"))
    earlier._open.cache_clear()

    assert _clean(new, "two", "first")["counts"]["tasks"] == {"en": 2}


def test_archives_that_nobody_uses_any_more_are_removed():
    for number in range(7):
        open_earlier(
            [str(_write(f"{number}.json", [ROWS["en"]]))], "instruction", 0.7, CHAIN, OUTPUTS
        )

    assert len(os.listdir(OUTPUTS / ".earlier")) == 4


def test_where_nothing_can_be_written_it_is_made_each_time(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(earlier, "save_archive", full)

    opened = open_earlier(
        [str(_write("old.json", [ROWS["zh"]]))], "instruction", 0.7, CHAIN, OUTPUTS
    )

    assert opened is not None
    assert opened.archive.nearest([NEAR["zh"]["instruction"]])[0].id == "old.json:1"


@pytest.mark.parametrize(
    "name", ["nothing", "", "a\0b", "x" * 5000], ids=["absent", "empty", "NUL", "long"]
)
def test_a_set_that_is_not_there_is_one_clear_line(name):
    with pytest.raises(UserError, match=r"no such set\. Give the folder of a run") as error:
        open_earlier([name], "instruction", 0.7, CHAIN, OUTPUTS)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_the_users_error():
    _write("bad.json", [{"no": "instruction"}])

    with pytest.raises(UserError, match=r"bad\.json: row 1"):
        open_earlier(["bad.json"], "instruction", 0.7, CHAIN, OUTPUTS)


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
@pytest.mark.parametrize("shards", [1, 3])
def test_a_run_keeps_nothing_that_is_near_to_an_earlier_one(monkeypatch, method, shards):
    """The second night has the teacher of the first, with other draws."""
    target = {"target": 24, "shards": shards}
    make_past_run(monkeypatch, make_recipe(method, **target), say_well)
    Path("outputs/try").rename("outputs/first")
    first = rows_of("outputs/first")

    make_past_run(monkeypatch, make_recipe(method, seed=2, against=("first",), **target), say_well)

    manifest = orjson.loads(Path("outputs/try/manifest.json").read_bytes())
    assert manifest["against"]["rows"] == len(first)
    texts = [orjson.loads(row)["instruction"] for row in rows_of("outputs/try").values()]
    opened = open_earlier(["first"], "instruction", 0.7, CHAIN, OUTPUTS)
    assert texts
    assert opened is not None
    assert opened.archive.nearest(texts) == [None] * len(texts)
    again = clean([Path("outputs/try")], filters.chain, out=Path("again"))
    assert again["against"] == manifest["against"]
    assert rows_of("again").keys() >= rows_of("outputs/try").keys()


def test_what_is_compared_with_decides_the_folder():
    recipes = [
        load_recipe("small", {"against": against}) for against in (None, ["first"], ["second"])
    ]

    assert len({recipe.digest for recipe in recipes}) == 3


@both_languages
def test_with_no_filter_that_compares_it_is_refused(lang):
    """It would say that it was compared."""
    old, new = _write("old.json", [ROWS[lang]]), _write("new.json", [NEAR[lang]])

    with pytest.raises(UserError, match="no filter compares with it"):
        clean_files([new], filters.chain(["length"]), 0.7, [], Path("o"), against=[str(old)])
