"""A run up to its files: what is prepared, how shards begin and meet, what is paid for twice."""

import asyncio
from pathlib import Path

import pytest

import filters
from tests.scripted import (
    grow_once,
    grow_through_ledger,
    make_recipe,
    make_reply,
    say_well,
    scripted,
    shuffled,
)
from vicugna.errors import UserError
from vicugna.filtering import Chain
from vicugna.ledger.ledger import connect, find_reply
from vicugna.methods import METHODS
from vicugna.pipeline import (
    ledger_url,
    prepare,
)
from vicugna.settings import load_recipe

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])


# --- before anything is sent ----------------------------------------------------------------------


def test_a_run_is_prepared_without_writing_anything(place):
    recipe = load_recipe("small", {"target": 10})

    job = prepare(recipe, filters.chain())

    assert job.recipe.teacher.name == "offline"
    assert set(job.seeds) == {"en", "zh"}
    assert job.folder == Path("outputs") / f"small-{job.recipe.digest[:8]}"
    assert list(place.iterdir()) == []


def test_the_folder_is_that_which_was_asked_for(place):
    assert prepare(load_recipe("small"), Chain(), Path("here")).folder == Path("here")


def test_another_recipe_has_another_folder_and_another_concurrency_has_not(place):
    def folder(overrides):
        return prepare(load_recipe("small", overrides), Chain()).folder

    assert folder({"seed": 2}) != folder({"seed": 1})
    assert folder({"teacher.concurrency": 1}) == folder({"teacher.concurrency": 64})
    assert folder({"teacher.timeout_seconds": 1}) == folder({})


def test_a_teacher_without_a_key_is_refused_before_anything_is_read(place):
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
        prepare(load_recipe("small", {"teacher.name": "openai"}), Chain())


@pytest.mark.parametrize(
    ("value", "url"),
    [
        pytest.param(None, "sqlite:///outputs/ledger.db", id="not set"),
        pytest.param("", "sqlite:///outputs/ledger.db", id="empty"),
        pytest.param("postgresql://db/ours", "postgresql://db/ours", id="set"),
    ],
)
def test_the_ledger_is_where_the_environment_says(monkeypatch, value, url):
    if value is not None:
        monkeypatch.setenv("VICUGNA_LEDGER", value)

    assert ledger_url() == url


# --- the ledger in between ------------------------------------------------------------------------


@both_methods
def test_a_second_identical_run_sends_nothing(tmp_path, method):
    url = f"sqlite:///{tmp_path}/ledger.db"
    first, traffic = grow_through_ledger(make_recipe(method), shuffled(1), url, concurrency=3)
    assert (traffic.sent, traffic.replayed) == (first.replies, 0)

    asked = []
    second, traffic = grow_through_ledger(make_recipe(method), scripted(asked=asked), url)

    assert asked == []
    assert (traffic.sent, traffic.replayed) == (0, first.replies)
    assert (second.tasks, second.rejected) == (first.tasks, first.rejected)


@both_methods
@pytest.mark.parametrize("answered", [0, 1, 7, 15])
def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, method, answered):
    """What was answered is not asked again, and the set is that of an undisturbed run."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    recipe = make_recipe(method, target=96)
    first_asked, second_asked = [], []

    async def stop(request):
        if len(first_asked) >= answered:
            raise asyncio.CancelledError
        first_asked.append(request)
        return make_reply(request, say_well(request))

    with pytest.raises(asyncio.CancelledError):
        grow_through_ledger(recipe, stop, url, concurrency=2)
    resumed, traffic = grow_through_ledger(recipe, scripted(asked=second_asked), url)
    undisturbed = grow_once(recipe, scripted())

    assert {one.key for one in first_asked}.isdisjoint(one.key for one in second_asked)
    assert traffic.replayed == answered
    assert len(second_asked) == undisturbed.replies - answered
    assert (resumed.tasks, resumed.rejected) == (undisturbed.tasks, undisturbed.rejected)


@both_methods
@pytest.mark.parametrize("useless", ["", "Sorry, I cannot help with that.", "\u2028", "对不起。"])
def test_every_answer_is_in_the_ledger_before_it_is_read(tmp_path, monkeypatch, method, useless):
    """Also those that no task comes of."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    engine = connect(url)
    read = []
    build = METHODS[method]

    def watched(recipe, model, seeds):
        inner = build(recipe, model, seeds)

        def consume(request, reply, growth):
            stored = find_reply(engine, request.key)
            assert stored is not None
            assert stored.reply == reply
            read.append(reply.text)
            return inner.consume(request, reply, growth)

        return inner._replace(consume=consume)

    def say(request):
        return useless if request.key < "8" else say_well(request)

    monkeypatch.setitem(METHODS, method, watched)
    growth, traffic = grow_through_ledger(make_recipe(method), shuffled(2, say), url)
    engine.dispose()

    assert useless in read
    assert len(read) == traffic.sent == growth.replies


def test_a_seed_task_more_pays_only_for_the_requests_that_show_it():
    """A prompt shows the seeds that win a draw; a new one changes the draws it wins."""
    recipe = make_recipe(target=10_000, lookahead=200, budget={"requests": 200})
    before, after = [], []

    grow_once(recipe, scripted(asked=before), seeds=23)
    grow_once(recipe, scripted(asked=after), seeds=24)

    new = [one for one in after if {"en-024", "zh-024"} & set(one.shown)]
    paid = {one.key for one in after} - {one.key for one in before}
    assert paid == {one.key for one in new}
    assert 0.05 < len(new) / 200 < 0.25  # three of 24 are shown


# --- shards ---------------------------------------------------------------------------------------
