"""Files in any layout as a set: every row of it, and what is none with the reason."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.formats.rows import write_small_run
from tests.hub import open_hub, point_here
from tests.layouts.drafts import ALL
from vicugna.errors import UserError
from vicugna.exporting import Wanted, export_run
from vicugna.formats.canonical import read_rejected, read_tasks
from vicugna.formats.containers import write_layout
from vicugna.importing import import_files
from vicugna.publishing import prepare_push, push


@pytest.fixture
def files(place):
    for name in ("messages", "preference"):
        write_layout(name, list(ALL.values()), Path())
    return [Path("messages.jsonl"), Path("preference.jsonl")]


def test_every_row_of_every_file_is_a_task_or_a_piece(files):
    Path("other.jsonl").write_text('{"instruction": "q", "output": "a"}\n{"text": "x"}\n')

    manifest = import_files([*files, Path("other.jsonl")], out=Path("set"))

    assert [entry["rows"] for entry in manifest["inputs"]] == [4, 2, 2]
    assert len(read_tasks(Path("set/tasks.jsonl"))) == 7
    [piece] = read_rejected(Path("set/rejected.jsonl"))
    assert piece.id == "other.jsonl:2"
    assert manifest["counts"]["rejected"] == {"parse: in no layout that is known": {"en": 1}}


def test_an_imported_set_is_exported_cleaned_and_described(files, vicugna):
    import_files(files[:1], out=Path("outputs/chats"))

    export = export_run(Path("outputs/chats"), Wanted(["sharegpt"]))

    assert export.written["sharegpt"].rows == 4
    card = Path("outputs/chats/README.md").read_text("utf-8")
    assert "filtered by rule" not in card
    assert "只经规则过滤" not in card
    assert "Imported by vicugna from `messages.jsonl`." in card
    assert "由 vicugna 从 `messages.jsonl` 导入" in card
    before = {task.draft for task in read_tasks(Path("outputs/chats/tasks.jsonl"))}
    assert vicugna("clean", "chats", "--direct", "--out", "cleaned")[0] == 0
    after = {task.draft for task in read_tasks(Path("cleaned/tasks.jsonl"))}
    assert after
    assert after <= before  # ids, groups and sources are kept


def test_the_licence_is_noted_where_there_is_none(place):
    rows = [{"instruction": "q", "output": "a"}, {"instruction": "问", "output": "答"}]
    Path("x.json").write_bytes(orjson.dumps(rows))

    import_files([Path("x.json")], licence="cc-by-4.0", out=Path("set"))

    assert {task.draft.licence for task in read_tasks(Path("set/tasks.jsonl"))} == {"cc-by-4.0"}
    assert "license: cc-by-4.0\n" in Path("set/README.md").read_text("utf-8")
    assert prepare_push(Path("set"), "me/set").licence == "cc-by-4.0"
    assert prepare_push(Path("set"), "me/set", licence="mit").licence == "mit"


@pytest.mark.parametrize(
    ("licences", "licence"),
    [(("mit", "mit"), "mit"), (("mit", "odc-by"), "other"), (("mit", ""), "other")],
    ids=["the same", "two", "one row has none"],
)
def test_a_cleaned_set_keeps_a_licence_that_all_of_it_has(vicugna, licences, licence):
    rows = [{"instruction": "Name a bird that swims.", "output": "A penguin."},
            {"instruction": "推荐一道家常菜。", "output": "番茄炒蛋。"}]  # fmt: skip
    for number, (row, known) in enumerate(zip(rows, licences, strict=True)):
        Path(f"{number}.json").write_bytes(orjson.dumps([row]))
        import_files([Path(f"{number}.json")], licence=known, out=Path(f"set{number}"))

    assert vicugna("clean", "set0", "set1", "--direct", "--out", "both")[0] == 0

    assert f"license: {licence}\n" in Path("both/README.md").read_text("utf-8")


def test_a_licence_that_is_no_id_is_told_before_anything_is_read(place):
    with pytest.raises(UserError, match="is no id of a licence"):
        import_files([Path("missing.json")], licence="CC BY 4.0")


def test_rows_keep_their_ids_as_far_as_they_differ(place):
    rows = [{"id": "a", "instruction": "q", "output": "a"}] * 2
    Path("x.json").write_bytes(orjson.dumps(rows))

    import_files([Path("x.json")], out=Path("set"))

    assert [task.draft.id for task in read_tasks(Path("set/tasks.jsonl"))] == ["a", "x.json:2"]


def test_the_same_files_go_to_the_same_folder(files):
    first, again = import_files(files), import_files(files)

    assert first["folder"] == again["folder"]
    assert import_files(files, licence="mit")["folder"] != first["folder"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"text": "x"}', "x.json: row 1 is in no layout that is known (its keys: text)"),
        ('{"instruction": "", "output": "a"}', "import: none of 1 rows is a task (no instruction)"),
        ("", "x.json: no rows."),
    ],
)
def test_nothing_to_import_is_one_line(vicugna, text, says):
    Path("x.json").write_text(text)

    code, out, err = vicugna("import", "x.json")

    assert (code, out) == (2, "")
    assert says in err
    assert not Path("outputs").exists()


def test_the_command_prints_what_was_read(files, vicugna):
    code, out, err = vicugna("import", *files, "--out", "set")

    assert (code, err) == (0, "")
    assert "tasks.jsonl" in out
    assert len(read_tasks(Path("set/tasks.jsonl"))) == 6


COMMAND_LINE = """
import sys
from vicugna.__main__ import main
sys.argv = ["vicugna", *sys.argv[1:]]
main()
"""


def run_vicugna(hub, home, *words):
    """Run the command line in a process of its own, that knows the stand-in for the hub."""
    environment = {
        "PATH": "",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        **hub.environment(home),
    }
    command = [sys.executable, "-c", COMMAND_LINE, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, env=environment, cwd=home, check=False, text=True
    )


def test_a_set_of_the_hub_is_read_by_its_name(tmp_path, monkeypatch):
    run = write_small_run(tmp_path / "small", [])
    with open_hub() as hub:
        point_here(monkeypatch, hub)
        push(prepare_push(run, "me/birds", validation=0.2))
        done = run_vicugna(hub, tmp_path, "import", "hub:me/birds", "--out", "back")
        missing = run_vicugna(hub, tmp_path, "import", "hub:me/none", "--out", "none")

    assert done.returncode == 0, done.stderr
    back = {task.draft for task in read_tasks(tmp_path / "back/tasks.jsonl")}
    assert back == {task.draft for task in read_tasks(run / "tasks.jsonl")}
    inputs = orjson.loads((tmp_path / "back/manifest.json").read_bytes())["inputs"]
    assert [entry["name"] for entry in inputs] == ["train.parquet", "validation.parquet"]
    assert missing.returncode == 2
    assert missing.stderr.startswith('vicugna: hub set "me/none": cannot be fetched')
    assert len(missing.stderr.splitlines()) == 1


def test_a_name_that_is_none_is_told_before_anything_is_asked(place):
    with pytest.raises(UserError, match="is no name of a repository"):
        import_files([Path("hub:nobody")])


CARD = """---
configs:
- config_name: en
  data_files: en.jsonl
- config_name: zh
  data_files: zh.jsonl
---
"""


def test_of_a_set_with_several_configurations_one_is_named(tmp_path):
    rows = {"en": {"instruction": "q", "output": "a"}, "zh": {"instruction": "问", "output": "答"}}
    files = {f"{lang}.jsonl": orjson.dumps(row) for lang, row in rows.items()}
    with open_hub() as hub:
        hub.put("them/both", {"README.md": CARD.encode(), **files})
        one = run_vicugna(hub, tmp_path, "import", "hub:them/both:zh", "--out", "zh")
        none = run_vicugna(hub, tmp_path, "import", "hub:them/both", "--out", "none")

    assert one.returncode == 0, one.stderr
    assert [task.draft.output for task in read_tasks(tmp_path / "zh/tasks.jsonl")] == ["答"]
    assert none.returncode == 2
    assert "hub:OWNER/NAME:CONFIG" in none.stderr
