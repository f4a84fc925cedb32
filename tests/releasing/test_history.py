"""What a set has released, as its folder tells it."""

import orjson
import pytest

from vicugna.errors import UserError
from vicugna.releasing.history import read_history


@pytest.fixture
def leave(tmp_path):
    """Return a function that leaves a release: of the run of a night, or without any."""

    def leave(version, night, run):
        folder = tmp_path / "releases" / version
        folder.mkdir(parents=True)
        manifest = {"made_by": "release", "version": version, "night": night, "run": run}
        (folder / "manifest.json").write_bytes(orjson.dumps(manifest))

    return leave


def _make_run(folder):
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    return folder


def test_a_new_set_has_nothing(tmp_path):
    history = read_history(tmp_path / "small")

    assert (history.name, history.latest, history.versions) == ("small", None, [])
    assert history.read_rows() == []
    assert history.list_sources() == []
    assert history.released("2026-11-29") is None
    assert not (tmp_path / "small").exists()


def test_the_newest_is_the_last_that_was_made(tmp_path, leave):
    for version in ("2026-11-29.10", "2026-11-29.2", "2026-11-29"):
        leave(version, None, None)

    history = read_history(tmp_path)

    assert history.versions == ["2026-11-29", "2026-11-29.2", "2026-11-29.10"]
    assert history.latest is history.manifests[-1]
    assert history.place("2026-11-29.2") == tmp_path / "releases" / "2026-11-29.2"


def test_a_night_has_its_release_on_the_day_it_began_and_on_that_it_ended(tmp_path, leave):
    leave("2026-11-27", "2026-11-27", "2026-11-27")
    leave("2026-11-29", "2026-11-29", "2026-11-28")  # finished by the next start
    leave("2026-11-30", None, None)  # a withdrawal

    history = read_history(tmp_path)

    known = {day: history.released(f"2026-11-{day}") for day in (26, 27, 28, 29, 30)}
    assert known == {26: None, 27: "2026-11-27", 28: "2026-11-29", 29: "2026-11-29", 30: None}


def test_rows_come_from_the_runs_and_where_one_is_gone_from_its_release(tmp_path, leave):
    leave("2026-11-27", "2026-11-27", "2026-11-27")
    leave("2026-11-28", None, None)
    leave("2026-11-30", "2026-11-30", "2026-11-29")
    kept = _make_run(tmp_path / "runs" / "2026-11-29")

    history = read_history(tmp_path)

    assert history.list_sources() == [tmp_path / "releases" / "2026-11-27", kept]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '{"made_by": "release"}',
        '{"made_by": "release", "version": "2026-11-26"}',  # a copy of another
        '{"made_by": "run", "version": "2026-11-27"}',
    ],
)
def test_a_release_that_cannot_be_read_is_named(tmp_path, leave, text):
    leave("2026-11-27", None, None)
    (tmp_path / "releases" / "2026-11-27" / "manifest.json").write_text(text)

    with pytest.raises(UserError, match=r"2026-11-27.manifest\.json"):
        read_history(tmp_path)
