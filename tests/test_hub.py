"""Sending to the hub: whole, once, only where it may, and the key to nobody.

The hub is a stand-in on this machine; `datasets` reads back what was sent.
"""

import io
import subprocess
import sys

import orjson
import pyarrow.parquet as pq
import pytest

from tests.formats.rows import TEXTS, make_manifest, make_tasks, write_small_run
from tests.hub import KEY, open_hub, point_here
from vicugna import hub as hub_module
from vicugna.errors import UserError
from vicugna.formats.run_folder import write_run
from vicugna.publishing import prepare_push, push

TRAIN = "data/train-00000-of-00001.parquet"
VALIDATION = "data/validation-00000-of-00001.parquet"


@pytest.fixture
def hub(monkeypatch):
    """Return an empty stand-in for the hub, to which this process talks."""
    with open_hub() as hub:
        point_here(monkeypatch, hub)
        monkeypatch.setattr(hub_module, "_PAUSES", (0.0, 0.0))
        yield hub


@pytest.fixture
def run(tmp_path):
    return write_small_run(tmp_path / "small", [])


def test_it_arrives_in_one_commit_in_a_private_repository(run, hub):
    publication = prepare_push(run, "me/birds")

    sent = push(publication)

    made = hub.repositories["me/birds"]
    assert made.private
    assert len(made.commits) == 2  # that of the hub, and ours
    assert {**made.head.files} == {**publication.files, ".gitattributes": b"*.parquet filter=lfs\n"}
    assert sent.address == f"{hub.url}/datasets/me/birds/commit/{made.head.oid}"
    assert (sent.created, sent.changed, sent.private) == (True, True, True)


def test_the_same_again_is_no_second_commit(run, hub):
    first = push(prepare_push(run, "me/birds"))

    again = push(prepare_push(run, "me/birds"))

    assert len(hub.repositories["me/birds"].commits) == 2
    assert (again.created, again.changed, again.address) == (False, False, first.address)


def test_what_changed_is_a_commit_and_what_others_put_there_stays(run, hub):
    push(prepare_push(run, "me/birds", validation=0.2))
    hub.put("me/birds", {"figure.png": b"\x89PNG", "data/mine.parquet": b"PAR1"})

    sent = push(prepare_push(run, "me/birds"))

    files = hub.repositories["me/birds"].head.files
    assert sent.changed
    assert VALIDATION not in files  # its rows are in train again
    assert {"figure.png", "data/mine.parquet", TRAIN} <= files.keys()


def test_public_only_when_it_was_said(run, hub):
    push(prepare_push(run, "me/birds", public=True))

    assert not hub.repositories["me/birds"].private
    with pytest.raises(UserError, match=r"is public already.*--public"):
        push(prepare_push(run, "me/birds", licence="odc-by"))
    assert len(hub.repositories["me/birds"].commits) == 2


def test_a_private_repository_stays_private(run, hub):
    push(prepare_push(run, "me/birds"))

    assert push(prepare_push(run, "me/birds", public=True)).private
    assert hub.repositories["me/birds"].private


def _write(where, tasks):
    write_run(where, tasks, [], [], make_manifest(tasks))
    return where


def test_a_run_that_goes_on_publishes_the_next_rows(tmp_path, hub):
    tasks = make_tasks(["plain en", "plain zh", "with input"])
    push(prepare_push(_write(tmp_path / "run", tasks[:2]), "me/birds"))

    push(prepare_push(_write(tmp_path / "run", tasks), "me/birds"))

    content = hub.repositories["me/birds"].head.files[TRAIN]
    assert pq.read_table(io.BytesIO(content)).num_rows == 3


READ = """
import json, sys
from datasets import load_dataset
data = load_dataset(sys.argv[1], **json.loads(sys.argv[2]))
print(json.dumps({split: rows.to_list() for split, rows in data.items()}))
"""


def _load(hub, home, repository, **words):
    """Return the rows of each split as `datasets` reads them, in a process of its own."""
    command = [sys.executable, "-c", READ, repository, orjson.dumps(words).decode()]
    environment = {"PATH": "", **hub.environment(home)}
    done = subprocess.run(command, capture_output=True, env=environment, cwd=home, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return orjson.loads(done.stdout)


def test_load_dataset_reads_back_every_row_of_every_split(run, hub, tmp_path):
    publication = prepare_push(run, "me/birds", validation=0.2)
    push(publication)

    (tmp_path / "home").mkdir()
    read = _load(hub, tmp_path / "home", "me/birds")

    assert {*read} == {"train", "validation"}
    for split, path in (("train", TRAIN), ("validation", VALIDATION)):
        assert read[split] == pq.read_table(io.BytesIO(publication.files[path])).to_pylist()
    assert {row["instruction"] for rows in read.values() for row in rows} == {
        instruction for instruction, _, _ in TEXTS.values()
    }


def test_the_stand_in_serves_plain_files_too(hub, tmp_path):
    hub.put("them/rows", {"a/b.jsonl": b'{"x": 1}\n{"x": 2}\n'})

    read = _load(hub, tmp_path, "them/rows", data_files="a/b.jsonl")

    assert read == {"train": [{"x": 1}, {"x": 2}]}


def _push_failing(run, repository="me/birds", **words):
    with pytest.raises(UserError) as told:
        push(prepare_push(run, repository, **words))
    error, said = told.value, []
    while error is not None:
        said += [str(error), repr(error.args), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert KEY not in "".join(said)
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param((401, ""), "does not accept the key (401)", id="401"),
        pytest.param((403, "/create"), "may not write there (403)", id="403 on making it"),
        pytest.param((403, "/preupload/"), "may not write there (403)", id="403 on the files"),
        pytest.param((403, "/large/"), "may not write there (403)", id="403 on a large file"),
        pytest.param((404, "/commit/"), "no such owner or repository (404)", id="404"),
        pytest.param((409, "/create"), "somebody else changed it just now (409)", id="409"),
        pytest.param((412, "/commit/"), "somebody else changed it just now (412)", id="412"),
        pytest.param((429, "/create"), "refuses it (429)", id="429"),
        pytest.param((400, "/commit/"), "refuses it (400)", id="400"),
        pytest.param((500, ""), "the hub fails (500), three times over", id="500"),
        pytest.param((503, "/preupload/"), "the hub fails (503)", id="503 on the files"),
        pytest.param((502, "/large/"), "the hub fails (502)", id="502 on a large file"),
    ],
)
def test_what_the_hub_refuses_is_one_line_and_nothing_is_there(
    run, hub, caplog, capfd, fault, says
):
    status, path = fault
    hub.fail(status, path, times=1000, message=f"you sent Bearer {KEY}")

    assert says in _push_failing(run)
    commits = [one for made in hub.repositories.values() for one in made.commits[1:]]
    assert commits == []
    assert KEY not in "".join(capfd.readouterr()) + caplog.text


def test_another_owners_name(run, hub):
    hub.put("them/birds", {"README.md": b"theirs"})

    for name in ("them/birds", "them/fish"):
        told = _push_failing(run, name, public=True)
        assert f"{name}: the key may not write there (403)" in told
    assert hub.repositories["them/birds"].head.files["README.md"] == b"theirs"


def test_a_licence_that_the_hub_does_not_know(run, hub):
    with pytest.raises(UserError, match='"license" must be one of'):
        push(prepare_push(run, "me/birds", licence="mine-1.0"))

    assert len(hub.repositories["me/birds"].commits) == 1


@pytest.mark.parametrize("path", ["/me/birds$", "/create", "/validate-yaml", "/large/", "/commit/"])
def test_a_hub_that_fails_once_is_asked_again(run, hub, path):
    hub.fail(503, path)

    sent = push(prepare_push(run, "me/birds"))

    assert (sent.created, sent.changed) == (True, True)
    assert len(hub.repositories["me/birds"].commits) == 2


def test_a_commit_whose_answer_was_lost_is_not_made_twice(run, hub):
    hub.fail(504, "/commit/", after=True)

    push(prepare_push(run, "me/birds"))

    assert len(hub.repositories["me/birds"].commits) == 2


def test_somebody_else_commits_meanwhile(run, hub, monkeypatch):
    push(prepare_push(run, "me/birds"))
    look = hub_module._look_up

    def look_and_be_overtaken(api, name):
        found = look(api, name)
        hub.put(name, {"README.md": b"theirs"})
        return found

    monkeypatch.setattr(hub_module, "_look_up", look_and_be_overtaken)

    assert "somebody else changed it just now (412)" in _push_failing(run)
    assert hub.repositories["me/birds"].head.files["README.md"] == b"theirs"


def test_nobody_answers(run, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    assert "the hub cannot be reached, three times over" in _push_failing(run)


def test_offline_is_offline(run, hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    assert "HF_HUB_OFFLINE is set" in _push_failing(run)
    assert hub.asked == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        pytest.param(None, "set HF_TOKEN", id="none"),
        pytest.param("hf_bad key", "is no key of the hub", id="a space in it"),
        pytest.param("hf_钥匙", "is no key of the hub", id="not ASCII"),
        pytest.param("hf_of_somebody_else", "does not accept the key (401)", id="unknown"),
    ],
)
def test_without_a_good_key(run, hub, monkeypatch, key, says):
    publication = prepare_push(run, "me/birds")
    point_here(monkeypatch, hub, key)

    with pytest.raises(UserError) as told:
        push(publication)

    assert says in str(told.value)
    assert key is None or key not in str(told.value)
    assert hub.repositories == {}


def test_the_hub_is_told_what_it_needs_and_no_more(run, hub):
    push(prepare_push(run, "me/birds"))

    agents = {one.headers["User-Agent"] for one in hub.asked if not one.path.startswith("/large")}
    assert len(agents) == 1
    assert agents.pop().startswith("vicugna/")
    assert {one.path.split("/")[1] for one in hub.asked} == {"api", "datasets", "large"}
    assert not [one for one in hub.asked if "agent-harnesses" in one.path]
    assert not [one for one in hub.asked if KEY.encode() in one.body]
