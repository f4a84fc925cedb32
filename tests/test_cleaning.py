"""The same filters over files that people have: every row is accounted for."""

import gzip
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filters
from tests.scopes import ALIKE, KEPT
from vicugna.cleaning import clean_files
from vicugna.errors import UserError
from vicugna.records import LANGS, SCOPES

GOOD = {"instruction": "Name three rivers of Asia.", "input": "", "output": "Ob, Amur and Lena."}
NEAR = {"instruction": "Name four rivers of Asia.", "input": "", "output": "Ob, Amur, Lena, Ili."}
OTHER = {"instruction": "How do bees make honey?", "input": "", "output": "They dry nectar."}
CHINESE = {"instruction": "说出三条亚洲的河流。", "input": "", "output": "长江、黄河和湄公河。"}


def _write(name, rows):
    Path(name).write_bytes(orjson.dumps(rows))
    return Path(name)


def _clean(*files, names=None, max_f1=0.7, **options):
    return clean_files(files, filters.chain(names), max_f1, ["alpaca"], Path("out"), **options)


def _rows(name):
    return [orjson.loads(line) for line in (Path("out") / name).read_bytes().splitlines()]


def test_what_stays_is_written_as_a_run_and_what_goes_with_its_reason(place):
    manifest = _clean(_write("mine.json", [GOOD, NEAR, CHINESE, GOOD | {"output": ""}]))

    assert [row["id"] for row in _rows("tasks.jsonl")] == ["mine.json:1", "mine.json:3"]
    dropped = {row["id"]: row["verdict"] for row in _rows("rejected.jsonl")}
    assert dropped["mine.json:2"]["near"] == "mine.json:1"
    assert dropped["mine.json:2"]["filter"] == "near_duplicate"
    assert dropped["mine.json:2"]["measure"] == 0.8
    assert dropped["mine.json:4"]["filter"] == "empty"
    assert manifest["counts"] == {
        "tasks": {"en": 1, "zh": 1},
        "rejected": {"near_duplicate": {"en": 1}, "empty": {"en": 1}},
    }
    assert orjson.loads(Path("out/alpaca.json").read_bytes()) == [GOOD, CHINESE]
    assert manifest["folder"] == "out"
    assert {row["source"]["file"] for row in _rows("tasks.jsonl")} == {"mine.json"}


def test_files_are_read_in_the_order_given_and_the_first_of_two_near_ones_stays(place):
    one, two = _write("one.json", [GOOD, OTHER]), _write("two.json", [NEAR, CHINESE])

    _clean(one, two)
    forth = [row["id"] for row in _rows("tasks.jsonl")]
    _clean(two, one)
    back = [row["id"] for row in _rows("tasks.jsonl")]

    assert forth == ["one.json:1", "one.json:2", "two.json:2"]
    assert back == ["two.json:1", "two.json:2", "one.json:2"]


def test_two_files_of_one_name_are_told_apart(place):
    Path("a").mkdir()
    Path("b").mkdir()
    files = [_write("a/x.json", [GOOD]), _write("b/x.json", [NEAR]), _write("x.json", [CHINESE])]

    manifest = _clean(*files)

    assert [entry["name"] for entry in manifest["inputs"]] == ["x.json", "x.json#2", "x.json#3"]
    assert _rows("rejected.jsonl")[0]["id"] == "x.json#2:1"
    assert [row["id"] for row in _rows("tasks.jsonl")] == ["x.json:1", "x.json#3:1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param({"instruction": "", "output": "x"}, "parse: no instruction", id="empty"),
        pytest.param({"instruction": None, "output": "x"}, "parse: no instruction", id="null"),
        pytest.param(
            {"instruction": ["Name a bird."], "output": "x"},
            "parse: instruction is not text",
            id="a list",
        ),
        pytest.param(
            {"instruction": "Name a bird.", "input": {}, "output": "x"},
            "parse: input is not text",
            id="an object for input",
        ),
        pytest.param({"instruction": "Name a big bird."}, "empty", id="no output"),
        pytest.param(
            {"instruction": "Name a big bird.", "output": None}, "empty", id="null for output"
        ),
        pytest.param({}, "parse: in no layout that is known", id="nothing at all"),
        pytest.param({"output": "x"}, "parse: in no layout that is known", id="no question"),
        pytest.param(
            {"text": "Name a bird. A kite."}, "parse: in no layout that is known", id="plain text"
        ),
    ],
)
def test_a_row_that_is_no_task_is_rejected_and_the_rest_goes_on(place, row, reason):
    manifest = _clean(_write("mine.json", [GOOD, row, CHINESE]))

    assert manifest["counts"]["tasks"] == {"en": 1, "zh": 1}
    assert list(manifest["counts"]["rejected"]) == [reason]
    rejected = _rows("rejected.jsonl")[0]
    assert rejected["id"] == "mine.json:2"
    if reason.startswith("parse"):
        assert orjson.loads(rejected["text"]) == row


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        pytest.param({"instruction": "Name a big bird.", "output": "An emu."}, "", id="missing"),
        pytest.param(
            {"instruction": "Name a big bird.", "input": None, "output": "An emu."}, "", id="null"
        ),
        pytest.param(
            {"instruction": "Name a big bird.", "input": "<noinput>", "output": "An emu."},
            "",
            id="a word for none",
        ),
        pytest.param(
            {"instruction": "Is this number even?", "input": 42, "output": "Yes, it is."},
            "42",
            id="a number",
        ),
    ],
)
def test_a_row_may_have_no_input_or_a_number(place, row, kept):
    _clean(_write("mine.json", [row]))

    assert orjson.loads(Path("out/alpaca.json").read_bytes())[0]["input"] == kept


@pytest.mark.parametrize(
    ("instruction", "lang"),
    [
        pytest.param("Name three rivers of Asia.", "en", id="en"),
        pytest.param("说出三条亚洲的河流。", "zh", id="zh"),
        pytest.param("用 Python 写一个快速排序函数。", "zh", id="zh with a name"),
        pytest.param("12 * 7 + 3 = ?", "zh", id="no letters: what the answer is written in"),
    ],
)
def test_the_language_of_a_row_is_that_of_its_instruction(place, instruction, lang):
    row = {"instruction": instruction, "input": "", "output": "好的，答案是八十七。"}

    _clean(_write("mine.json", [row]), names=[])

    assert _rows("tasks.jsonl")[0]["lang"] == lang


def test_one_filter_alone_may_be_asked(place):
    rows = [GOOD, NEAR, GOOD | {"instruction": "Hi", "output": ""}]

    manifest = _clean(_write("mine.json", rows), names=["near_duplicate"])

    assert manifest["filters"] == ["near_duplicate"]
    assert manifest["counts"]["tasks"] == {"en": 2}


@pytest.mark.parametrize(
    ("max_f1", "kept"), [(0.79, 1), (0.8, 2), (1.0, 2)], ids=["below", "at the limit", "no gate"]
)
def test_a_pair_at_the_limit_stays(place, max_f1, kept):
    """Four of five words are the same: ROUGE-L F1 is 0.8."""
    manifest = _clean(_write("mine.json", [GOOD, NEAR]), max_f1=max_f1)

    assert manifest["counts"]["tasks"] == {"en": kept}
    assert manifest["max_f1"] == max_f1


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_a_duplicate_is_by_the_scope(place, scope, lang):
    """Of a task that differs in one part at a time; the last one differs in none."""
    names = ("instruction", "input", "output")
    rows = [dict(zip(names, row, strict=True)) for row in ALIKE[lang]]

    manifest = _clean(_write("mine.json", rows), names=filters.NOVELTY, scope=scope)

    kept = [row["source"]["position"] - 1 for row in _rows("tasks.jsonl")]
    assert kept == KEPT[scope]
    reasons = {row["id"]: row["verdict"]["filter"] for row in _rows("rejected.jsonl")}
    assert set(reasons.values()) <= {"exact_duplicate", "near_duplicate"}
    assert reasons["mine.json:5"] == "exact_duplicate"
    assert manifest["scope"] == scope


def test_only_exact_duplicates_go_when_the_limit_is_one(place):
    again = [
        GOOD | {"instruction": "name three rivers of asia"},
        CHINESE,
        {**CHINESE, "input": "x"},
    ]

    manifest = _clean(_write("mine.json", [GOOD, NEAR, CHINESE, *again]), max_f1=1.0)

    assert manifest["counts"] == {
        "tasks": {"en": 2, "zh": 1},
        "rejected": {"exact_duplicate": {"en": 1, "zh": 2}},
    }


def test_the_folder_is_named_by_what_decides_the_result(place):
    def folder(file, names, max_f1, **options):
        return clean_files([file], filters.chain(names), max_f1, ["alpaca"], **options)["folder"]

    mine = _write("mine.json", [GOOD, OTHER])
    same = folder(mine, None, 0.7)

    assert same == folder(mine, None, 0.7) == folder(mine, None, 0.7, scope="instruction")
    assert Path(same).parent == Path("outputs")
    assert Path(same).name.startswith("clean-")
    others = {
        folder(mine, ["length"], 0.7),
        folder(mine, None, 0.8),
        folder(mine, None, 0.7, scope="output"),
        folder(_write("mine.json", [GOOD, CHINESE]), None, 0.7),
    }
    assert len(others | {same}) == 5


def test_the_same_files_give_the_same_bytes(place):
    files = [_write("a.json", [GOOD, NEAR, CHINESE, OTHER])]
    _clean(*files)
    first = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    _clean(*files)
    second = {path.name: path.read_bytes() for path in Path("out").iterdir()}

    del first["manifest.json"], second["manifest.json"]
    assert first == second


def test_the_manifest_says_what_was_read(place):
    packed = Path("zh.jsonl.gz")
    packed.write_bytes(gzip.compress(orjson.dumps(CHINESE) + b"\n\n" + orjson.dumps(CHINESE)))

    manifest = _clean(_write("en.json", [GOOD]), packed)

    assert [(entry["name"], entry["rows"]) for entry in manifest["inputs"]] == [
        ("en.json", 1),
        ("zh.jsonl.gz", 2),
    ]
    assert len(manifest["inputs"][0]["sha256"]) == 64
    assert manifest["made_by"] == "clean"
    assert _rows("rejected.jsonl")[0]["id"] == "zh.jsonl.gz:3"  # its line in the file


def test_a_row_nested_deeper_than_it_can_be_written_is_rejected(place):
    deep = '{"instruction": ' + "[" * 300 + "]" * 300 + ', "output": "x"}'
    Path("mine.jsonl").write_bytes(orjson.dumps(GOOD) + b"\n" + deep.encode())

    manifest = _clean(Path("mine.jsonl"))

    assert manifest["counts"]["rejected"] == {"parse: instruction is not text": {"en": 1}}
    assert _rows("rejected.jsonl")[0]["text"] == "instruction, output"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        pytest.param([GOOD | {"output": ""}] * 3, "none of 3 rows was kept", id="nothing is left"),
        pytest.param([], "mine.json: no rows", id="nothing to read"),
        pytest.param([{"a": 1}], "mine.json: row 1 is in no layout", id="another layout"),
    ],
)
def test_without_one_row_nothing_is_written(place, rows, says):
    with pytest.raises(UserError) as told:
        _clean(_write("mine.json", rows))

    assert says in str(told.value)
    assert not Path("out").exists()


def test_an_unknown_format_is_told_before_anything_is_read(place):
    with pytest.raises(UserError, match='format "csv": unknown'):
        clean_files([Path("nowhere.json")], filters.chain(), 0.7, ["csv"])


def test_a_bad_file_behind_a_good_one_leaves_nothing(place):
    Path("bad.json").write_text("[{")

    with pytest.raises(UserError, match=r"bad\.json:1: not valid JSON"):
        _clean(_write("good.json", [GOOD]), Path("bad.json"))

    assert not Path("out").exists()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.integers(0, 9), max_size=2),
    st.sampled_from(["Name three rivers of Asia.", "说出三条亚洲的河流。", "<noinput>"]),
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["instruction", "input", "output", "x"]), VALUES), max_size=8
)


@settings(max_examples=100, deadline=None)
@given(rows=ROWS)
def test_every_row_is_a_task_or_rejected(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "mine.json").write_bytes(orjson.dumps([GOOD, *rows]))

    manifest = clean_files(
        [folder / "mine.json"], filters.chain(), 0.7, ["messages"], folder / "out"
    )

    kept = sum(manifest["counts"]["tasks"].values())
    dropped = sum(sum(langs.values()) for langs in manifest["counts"]["rejected"].values())
    assert kept + dropped == 1 + len(rows)
    identities = [
        orjson.loads(line)["id"]
        for name in ("tasks.jsonl", "rejected.jsonl")
        for line in (folder / "out" / name).read_bytes().splitlines()
    ]
    assert sorted(identities) == sorted(f"mine.json:{n}" for n in range(1, 2 + len(rows)))
