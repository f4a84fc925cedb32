"""The difference only: after a change of seed tasks, prompts or sampling, only what it makes new.

Each test runs a job through a ledger, changes one thing, runs it again on the same ledger, and
looks at what the teacher was asked the second time. `test_difference_filters.py` goes on.
"""

from dataclasses import asdict, replace
from functools import partial
from random import Random

import orjson
import pytest

from tests.rerun import (
    AFTER,
    METHOD_OF,
    change_seeds,
    firsts,
    job_of,
    keys,
    pick_seed,
    plain_job,
    question,
    run_first,
    run_job,
)
from vicugna.content import PROMPTS
from vicugna.methods import METHODS
from vicugna.methods.beginning import begin_chain
from vicugna.records import LANGS
from vicugna.seeds import load_seeds
from vicugna.settings import PURPOSES_OF
from vicugna.templates import load_prompt

both_methods = pytest.mark.parametrize("method", PURPOSES_OF)
both_languages = pytest.mark.parametrize("lang", LANGS)


# --- what sends nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"formats": ("alpaca",)}, id="layouts"),
        pytest.param({"name": "another"}, id="the name"),
        pytest.param({"budget": {"tokens": 10**9, "usd": 9}}, id="a budget that is enough"),
        pytest.param({"month_budget": {"requests": 10**6}}, id="a cap of the month"),
        pytest.param(
            {"teacher": {"name": "offline", "model": "scripted", "concurrency": 1}},
            id="the concurrency",
        ),
    ],
)
@both_methods
def test_what_decides_nothing_that_is_sent_sends_nothing(tmp_path, method, changes):
    first = run_first(job_of, method, tmp_path)
    second = run_job(job_of(method, **changes), tmp_path)

    assert second.anew == []
    assert keys(second.asked) == keys(first.asked)
    assert second.growth.tasks == first.growth.tasks


@both_methods
def test_seed_tasks_in_another_order_of_lines_send_nothing(tmp_path, method):
    """Draws and demonstrations are the same bytes."""
    job, rng = job_of(method), Random(5)
    runs = []
    for _ in range(2):
        for lang in LANGS:
            lines = [orjson.dumps(asdict(seed)) for seed in job.seeds[lang]]
            rng.shuffle(lines)
            (tmp_path / f"{lang}.jsonl").write_bytes(b"\n".join(lines))
        seeds = {lang: load_seeds(lang, tmp_path) for lang in LANGS}
        runs.append(run_job(replace(job, seeds=seeds), tmp_path))

    assert runs[1].anew == []
    assert keys(runs[1].asked) == keys(runs[0].asked)


# --- seed tasks -----------------------------------------------------------------------------------


@both_languages
@pytest.mark.parametrize("change", ["added", "removed", "edited"])
def test_a_seed_task_pays_for_the_prompts_it_is_in(tmp_path, lang, change):
    """And for at most one more, because other answers may give less."""
    job = job_of("alpaca", target=200)
    seed = pick_seed(job, lang)
    first, second = (run_job(one, tmp_path) for one in change_seeds(job, lang, seed, change))

    old, new = firsts(first.asked, lang), firsts(second.asked, lang)
    pairs = list(zip(old, new, strict=False))
    changed = [after for pair in pairs for after in pair[1:] if _shows(pair, seed)]
    assert 0 < len(changed) < len(pairs) / 4
    assert sorted(keys(second.anew)) == sorted(keys([*changed, *new[len(pairs) :]]))
    assert len(new) <= len(pairs) + 1


def _shows(requests, seed):
    return any(seed in request.shown for request in requests)


@both_languages
@pytest.mark.parametrize("change", ["added", "removed", "edited"])
def test_a_seed_task_pays_for_the_instructions_it_is_shown_for_and_what_follows(
    tmp_path, lang, change
):
    job = plain_job("self-instruct")
    seed = pick_seed(job, lang)
    first, second = (run_job(one, tmp_path) for one in change_seeds(job, lang, seed, change))

    old, new = firsts(first.asked, lang), firsts(second.asked, lang)
    pairs = list(zip(old, new, strict=False))
    changed = [after for pair in pairs for after in pair[1:] if _shows(pair, seed)]
    begun = [*changed, *new[len(pairs) :]]
    assert 0 < len(changed) < len(pairs)
    assert len(new) <= len(pairs) + 1
    assert sorted(keys(firsts(second.anew, lang))) == sorted(keys(begun))
    roots = {one.key[:16] for one in begun}
    assert {(one.about or one.key)[:16] for one in second.anew} == roots


@both_languages
def test_before_a_new_seed_task_is_shown_nothing_is_sent(tmp_path, lang):
    """With the machine's own in the prompts, what comes after may depend on its answer."""
    job = job_of("self-instruct", target=100)
    seed = pick_seed(replace(job, recipe=plain_job("self-instruct").recipe), lang)
    _, second = (run_job(one, tmp_path) for one in change_seeds(job, lang, seed, "added"))

    assert seed in second.anew[0].shown


@both_languages
def test_with_the_machines_own_in_the_prompts_a_seed_task_pays_for_what_comes_of_it(tmp_path, lang):
    """A prompt differs when the seed task is in it, or a task that only one of the runs has."""
    job = job_of("self-instruct", target=200)
    seed = pick_seed(replace(job, recipe=plain_job("self-instruct").recipe), lang)
    first, second = (run_job(one, tmp_path) for one in change_seeds(job, lang, seed, "added"))

    known = [{one.key[:16] for one in run.asked} for run in (first, second)]
    assert {one.lang for one in second.anew} == {lang}
    for before, after in zip(firsts(first.asked, lang), firsts(second.asked, lang), strict=False):
        roots = [{task[:16] for task in one.shown if len(task) > 16} for one in (before, after)]
        new = roots[1] - known[0] or roots[0] - known[1]
        assert (before.key != after.key) == bool(seed in after.shown or new)


@both_languages
@both_methods
def test_an_edited_seed_task_never_gets_an_old_answer(tmp_path, method, lang):
    """Its id is the old one, but an answer is known by what was sent."""
    job = job_of(method)
    seed = pick_seed(replace(job, recipe=plain_job(method).recipe), lang)
    old_text = next(one.instruction for one in job.seeds[lang] if one.id == seed)
    first, second = (run_job(one, tmp_path) for one in change_seeds(job, lang, seed, "edited"))

    stale = {one.key for one in first.asked if old_text in one.messages[-1].content}
    assert stale
    assert stale.isdisjoint(line.request for line in second.growth.asked)
    assert stale.isdisjoint(task.draft.source.request for task in second.growth.tasks)


# --- prompts, models, sampling --------------------------------------------------------------------


def _check_only(first, second, purpose, langs):
    """Raise unless what was sent anew is a purpose, and what depends on its answers."""
    known = {question(one) for one in first.asked}
    changed = [one for one in second.asked if one.purpose == purpose and one.lang in langs]
    new = [one for one in second.asked if question(one) not in known]
    assert changed
    assert set(keys(second.anew)) == {*keys(changed), *keys(new)}
    assert {one.lang for one in second.anew} == set(langs)
    old_chains = {
        one.key[:16]
        for lang in LANGS
        for one in firsts(second.asked, lang)[: len(firsts(first.asked, lang))]
    }
    for one in new:  # what is about an instruction of old depends on the answers
        assert one.about[:16] not in old_chains or one.purpose in AFTER[purpose]


@pytest.fixture
def edit_prompt(monkeypatch, tmp_path):
    """Return a function that changes one prompt file, in a copy of the folder."""

    def edit(purpose, lang, old="# system\n", new="# system\nBe brief.\n"):
        folder = tmp_path / "prompts"
        folder.mkdir()
        for path in PROMPTS.glob("*.md"):
            text = path.read_text(encoding="utf-8")
            if path.name == f"{purpose}.{lang}.md":
                text = text.replace(old, new, 1)
            (folder / path.name).write_text(text, encoding="utf-8")
        edited = partial(load_prompt, folder=folder)
        for reader in (begin_chain, METHODS["self-instruct"]):
            monkeypatch.setitem(reader.__globals__, "load_prompt", edited)

    return edit


@pytest.mark.parametrize("purpose", AFTER)
def test_an_edit_of_a_prompt_file_that_changes_nothing_sent_sends_nothing(
    tmp_path, edit_prompt, purpose
):
    """The prompt's name holds the hash of its file; an answer is known by what was sent."""
    method = METHOD_OF[purpose]
    first = run_first(plain_job, method, tmp_path)
    edit_prompt(purpose, "en", "# user\n", "\n\n# user\n\n")

    second = run_job(plain_job(method), tmp_path)

    assert second.anew == []
    assert {one.prompt for one in second.asked} != {one.prompt for one in first.asked}


@both_languages
@pytest.mark.parametrize("purpose", AFTER)
def test_a_changed_prompt_pays_for_itself_and_what_depends_on_its_answers(
    tmp_path, edit_prompt, purpose, lang
):
    method = METHOD_OF[purpose]
    first = run_first(plain_job, method, tmp_path)
    edit_prompt(purpose, lang)

    _check_only(first, run_job(plain_job(method), tmp_path), purpose, [lang])


@pytest.mark.parametrize("purpose", AFTER)
def test_another_sampling_of_a_purpose_pays_for_that_purpose(tmp_path, purpose):
    method = METHOD_OF[purpose]
    known = plain_job(method).recipe.sampling
    sampling = {name: one.model_dump() for name, one in known.items()}
    sampling[purpose]["temperature"] = 0.9
    first = run_first(plain_job, method, tmp_path)

    second = run_job(plain_job(method, sampling=sampling), tmp_path)

    _check_only(first, second, purpose, LANGS)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"teacher": {"name": "offline", "model": "better"}}, id="another model"),
        pytest.param({"seed": 2}, id="another seed of the draws"),
    ],
)
@both_methods
def test_another_model_or_seed_is_another_set(tmp_path, method, changes):
    first = run_first(job_of, method, tmp_path)
    second = run_job(job_of(method, **changes), tmp_path)

    assert set(keys(second.asked)).isdisjoint(keys(first.asked))
    assert second.anew == second.asked
