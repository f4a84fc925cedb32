"""`vicugna push`: from the command line to a stand-in for the hub."""

from pathlib import Path

import pytest

from tests.formats.rows import TEXTS, make_manifest, make_tasks, write_small_run
from tests.hub import KEY, open_hub, point_here
from vicugna import hub as hub_module
from vicugna.formats.run_folder import write_run

OFFLINE = {"recipe": {"teacher": {"name": "offline", "model": "offline"}}}
TERMS = "The terms of the teacher's provider apply to its answers"


@pytest.fixture
def hub(place, monkeypatch):
    with open_hub() as hub:
        point_here(monkeypatch, hub)
        monkeypatch.setattr(hub_module, "_PAUSES", (0.0, 0.0))
        yield hub


@pytest.fixture
def run(place):
    return write_small_run(Path("outputs/small-1a2b"), [])


def test_without_yes_it_shows_all_and_asks_nobody(vicugna, run, hub):
    code, out, err = vicugna("push", "small", "me/birds", "--validation", "0.2")

    assert (code, err) == (0, "")
    assert f"{hub.url}/datasets/me/birds (private)" in out
    for name in ("README.md", "croissant.json", "manifest.json", "data/train-", "data/validation-"):
        assert any(name in line and line.endswith(" bytes") for line in out.splitlines())
    assert "rows: " in out
    assert "licence other" in out
    assert TERMS in out
    assert out.endswith("To send it: vicugna push small me/birds --validation 0.2 --yes\n")
    assert hub.asked == []
    assert hub.repositories == {}


def test_it_needs_no_key_to_show(vicugna, run, hub, monkeypatch):
    point_here(monkeypatch, hub, None)

    code, out, err = vicugna("push", "small", "me/birds")

    assert (code, err) == (0, "")
    assert f"train       {len(TEXTS)} rows: " in out


def test_what_it_says_to_type_can_be_typed(vicugna, run, hub):
    _, out, _ = vicugna("push", "outputs/small-1a2b", "me/birds", "--licence", "odc-by", "--public")

    words = out.splitlines()[-1].split("To send it: vicugna ")[1].split()
    code, out, err = vicugna(*words)

    head = hub.repositories["me/birds"].head
    assert (code, err) == (0, "")
    assert f"made        me/birds (public)\nsent        {hub.url}/datasets/me/birds/commit/" in out
    assert head.oid in out
    assert b"license: odc-by" in head.files["README.md"]


def test_the_same_again_says_that_nothing_changed(vicugna, run, hub):
    vicugna("push", "small", "me/birds", "--yes")

    code, out, err = vicugna("push", "small", "me/birds", "--yes")

    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith(f"unchanged   {hub.url}/datasets/me/birds/commit/")
    assert len(hub.repositories["me/birds"].commits) == 2


@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_the_terms_stand_out_when_a_teachers_answers_go_public(vicugna, run, hub, yes):
    _, out, _ = vicugna("push", "small", "me/birds", "--public", *yes)

    assert f"\n\nTERMS       {TERMS}" in out
    assert "public: everybody may read and copy it" in out


def test_answers_of_the_offline_teacher_are_anybodys(vicugna, hub):
    tasks = make_tasks(["plain en"])
    write_run(Path("outputs/free"), tasks, [], [], make_manifest(tasks, **OFFLINE))

    _, out, _ = vicugna("push", "free", "me/birds", "--public")

    assert "licence cc-by-4.0" in out
    assert "TERMS" not in out


def test_a_private_repository_is_said_to_stay_so(vicugna, run, hub):
    vicugna("push", "small", "me/birds", "--yes")

    _, out, _ = vicugna("push", "small", "me/birds", "--public", "--yes")

    assert "me/birds is private and stays so" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["small"], "Missing argument 'OWNER/NAME'", id="no repository"),
        pytest.param(["small", "birds"], "Give OWNER/NAME", id="no owner"),
        pytest.param(["big", "me/birds"], 'run "big": not found', id="no run"),
        pytest.param(["small", "me/birds", "--validation", "0"], "not in the range", id="share"),
        pytest.param(["small", "me/birds", "--licence", "?"], "no id of a licence", id="licence"),
        pytest.param(["small", "them/birds", "--yes"], "may not write there (403)", id="theirs"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, run, hub, words, says):
    code, _, err = vicugna("push", *words)

    assert code == 2
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_hub_that_fails_is_one_line_without_the_key(vicugna, run, hub):
    hub.fail(500, "/preupload/", times=1000, message=f"Bearer {KEY}")

    code, out, err = vicugna("push", "small", "me/birds", "--yes")

    assert code == 2
    assert "the hub fails (500), three times over" in err
    assert len(err.splitlines()) == 1
    assert KEY not in out + err


def test_without_a_key_it_says_where_to_put_one(vicugna, run, hub, monkeypatch):
    point_here(monkeypatch, hub, None)

    code, _, err = vicugna("push", "small", "me/birds", "--yes")

    assert code == 2
    assert "set HF_TOKEN" in err
    assert hub.asked == []
