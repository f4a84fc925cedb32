"""Everything a run leaves behind, in one folder."""

import errno
import hashlib
import os

import orjson
import pytest

from tests.formats.rows import FORMATS, TEXTS, make_manifest, make_tasks, write_small_run
from vicugna.errors import UserError
from vicugna.formats import lines as lines_module
from vicugna.formats.run_folder import check_formats, check_run_formats, write_run
from vicugna.layouts import LAYOUTS

ALWAYS = {
    "tasks.jsonl",
    "rejected.jsonl",
    "replies.jsonl",
    "README.md",
    "manifest.json",
    "dataset_info.json",
}


@pytest.mark.parametrize("formats", [[], ["alpaca"], list(FORMATS)], ids=["none", "one", "all"])
def test_a_run_has_its_rows_its_card_its_manifest_and_what_was_asked_for(tmp_path, formats):
    write_small_run(tmp_path / "run", formats)

    names = {path.name for path in (tmp_path / "run").iterdir()}
    left_out = {"left_out.jsonl"} if "sharegpt" in formats else set()
    assert names == ALWAYS | left_out | {LAYOUTS[kind].file for kind in formats}


def test_what_asked_nothing_of_anybody_has_no_replies(tmp_path):
    tasks = make_tasks()

    manifest = write_run(tmp_path / "run", tasks, [], [], make_manifest(tasks))

    assert {path.name for path in (tmp_path / "run").iterdir()} == ALWAYS - {"replies.jsonl"}
    assert "replies.jsonl" not in manifest["files"]


def test_a_run_may_be_written_over_one_with_fewer_files(tmp_path):
    tasks = make_tasks()
    write_small_run(tmp_path / "run", FORMATS)

    write_run(tmp_path / "run", tasks, [], [], make_manifest(tasks))

    assert not (tmp_path / "run" / "replies.jsonl").exists()


def test_the_manifest_has_the_hash_and_the_size_of_every_other_file(tmp_path):
    run = write_small_run(tmp_path / "run", FORMATS)
    files = orjson.loads((run / "manifest.json").read_bytes())["files"]

    assert set(files) == {path.name for path in run.iterdir()} - {"manifest.json"}
    assert list(files) == sorted(files)
    for name, said in files.items():
        data = (run / name).read_bytes()
        assert said == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def test_the_same_rows_are_the_same_bytes(tmp_path):
    runs = [write_small_run(tmp_path / name, FORMATS) for name in ("one", "two")]

    first, second = ({path.name: path.read_bytes() for path in run.iterdir()} for run in runs)
    assert first == second
    assert len(first["tasks.jsonl"].splitlines()) == len(TEXTS)


@pytest.mark.parametrize("written", [0, 3])
def test_a_disk_that_fills_up_leaves_the_run_that_was_there(tmp_path, monkeypatch, written):
    """Half a file was written when there was no more room."""
    run = write_small_run(tmp_path / "run", FORMATS)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    dumps, count = orjson.dumps, 0

    class Full:
        OPT_APPEND_NEWLINE = orjson.OPT_APPEND_NEWLINE

        @staticmethod
        def dumps(*given, **options):
            nonlocal count
            count += 1
            if count > written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return dumps(*given, **options)

    monkeypatch.setattr(lines_module, "orjson", Full)
    tasks = make_tasks()
    with pytest.raises(UserError, match="No space left on device") as told:
        write_run(run, tasks, [], ["alpaca"], make_manifest(tasks))

    assert "\n" not in str(told.value)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("names", [["alpaca", "csv"], ["Alpaca"], [""], ["alpaca.json"]])
def test_an_unknown_format_is_named_with_those_there_are(names):
    with pytest.raises(UserError) as told:
        check_formats(names)

    start = f'format "{names[-1]}": unknown. Formats are '
    assert str(told.value).startswith(start)
    assert "alpaca, sharegpt, messages, parquet, " in str(told.value)


def test_known_formats_are_good():
    check_formats([name for name, layout in LAYOUTS.items() if layout.write is not None])


def test_every_layout_has_a_file_of_its_own():
    files = [layout.file for layout in LAYOUTS.values() if layout.write is not None]
    names = [file.partition("/")[0] for file in files]

    assert len(set(names)) == len(files)
    assert (ALWAYS | {"left_out.jsonl", "export.json"}).isdisjoint(names)
    assert not any(".." in file or file.startswith("/") for file in files)


def test_what_a_layout_cannot_hold_is_written_down_with_the_reason(tmp_path):
    run = write_small_run(tmp_path / "run", ["alpaca", "sharegpt"])

    left_out = [orjson.loads(line) for line in (run / "left_out.jsonl").read_bytes().splitlines()]
    exports = orjson.loads((run / "manifest.json").read_bytes())["exports"]
    [fences] = [task.draft.id for task in make_tasks() if "ASSISTANT: " in task.draft.output]
    assert left_out == [{"layout": "sharegpt", "id": fences, "reason": "</s> in a text"}]
    assert exports["sharegpt"]["left_out"] == {"</s> in a text": 1}
    assert exports["sharegpt"]["rows"] == exports["alpaca"]["rows"] - 1 == len(TEXTS) - 1


def test_a_format_that_can_hold_none_of_the_tasks_has_no_file(tmp_path):
    """A run is written all the same: its answers are paid for."""
    run = write_small_run(tmp_path / "run", ["alpaca", "preference_sharegpt"])

    exports = orjson.loads((run / "manifest.json").read_bytes())["exports"]
    assert exports["preference_sharegpt"]["left_out"] == {"no rejected answer": len(TEXTS)}
    assert not (run / "preference_sharegpt.json").exists()
    info = orjson.loads((run / "dataset_info.json").read_bytes())
    assert list(info) == ["small_alpaca"]


@pytest.mark.parametrize(
    "name", ["preference", "preference_sharegpt", "lmflow_paired", "belle_dpo"]
)
def test_a_run_is_not_asked_for_pairs_of_answers(name):
    """Else it would pay for the tasks, and have an empty file of them."""
    with pytest.raises(UserError, match=f'format "{name}": holds pairs of answers'):
        check_run_formats(["alpaca", name])


def test_a_run_may_have_every_format_of_tasks():
    check_run_formats([*FORMATS, "kto", "moss", "lmflow_conversation", "chatglm"])
