"""The difference only: after a change of filters or of the target, what is missing is asked for.

As `test_difference.py`: one job twice on one ledger, with one thing changed in between.
"""

from dataclasses import replace

import pytest

from tests.rerun import firsts, job_of, keys, make_stricter, plain_job, run_first, run_job
from vicugna.filtering import Chain
from vicugna.records import LANGS, Verdict
from vicugna.settings import PURPOSES_OF

both_methods = pytest.mark.parametrize("method", PURPOSES_OF)
both_languages = pytest.mark.parametrize("lang", LANGS)


def _check_continued(first, second, lang):
    """Raise unless a language asks as before and then goes on; return its new chains."""
    old, new = firsts(first.asked, lang), firsts(second.asked, lang)
    assert keys(new[: len(old)]) == keys(old)
    more = new[len(old) :]
    assert sorted(keys(firsts(second.anew, lang))) == sorted(keys(more))
    roots = {one.key[:16] for one in more}
    assert {(one.about or one.key)[:16] for one in second.anew if one.lang == lang} == roots
    return more


@both_languages
@pytest.mark.parametrize("field", ["instruction", "output"])
@both_methods
def test_a_stricter_filter_pays_for_what_the_target_still_needs(tmp_path, method, field, lang):
    """What was asked before is not asked again, and the other language sends nothing."""
    first = run_first(plain_job, method, tmp_path)
    second = run_job(make_stricter(plain_job(method), lang, field), tmp_path)

    assert _check_continued(first, second, lang)
    assert {one.lang for one in second.anew} == {lang}
    assert second.growth.kept == first.growth.kept


@both_languages
@both_methods
def test_a_looser_filter_sends_nothing(tmp_path, method, lang):
    job = plain_job(method)
    first = run_job(make_stricter(job, lang, "output"), tmp_path)
    second = run_job(job, tmp_path)

    assert second.anew == []
    assert set(keys(second.asked)) < set(keys(first.asked))


@pytest.mark.parametrize("lookahead", [1, 6, 50])
@both_languages
@both_methods
def test_a_filter_that_slows_one_language_does_not_shift_the_other(
    tmp_path, method, lang, lookahead
):
    """Draws are numbered by language, those of the machine's own tasks too."""
    job = job_of(method, target=100, lookahead=lookahead)
    first = run_job(job, tmp_path)
    second = run_job(make_stricter(job, lang, "output"), tmp_path)

    old, new = firsts(first.asked, lang), firsts(second.asked, lang)
    (other,) = set(LANGS) - {lang}
    assert keys(new[: len(old)]) == keys(old)
    assert sorted(keys(firsts(second.anew, lang))) == sorted(keys(new[len(old) :]))
    assert firsts(second.anew, other) == []
    # The first run gave up what it did not need any more when both languages were full.
    given_up = {one.draft.group for one in first.growth.rejected if one.verdict.filter == "quota"}
    assert {one.about for one in second.anew if one.lang == other} <= given_up


@pytest.mark.parametrize(("before", "after"), [(0.7, 0.25), (0.25, 0.7)])
def test_another_limit_of_the_gate_pays_for_what_the_target_still_needs(tmp_path, before, after):
    first, second = (run_job(job_of("alpaca", max_f1=limit), tmp_path) for limit in (before, after))

    if after > before:
        assert second.anew == []
    else:
        assert all(_check_continued(first, second, lang) for lang in LANGS)


@pytest.mark.parametrize(("more", "most"), [(0, 0), (2, 2), (40, 14)])
@both_methods
def test_a_higher_target_pays_for_the_tasks_it_adds(tmp_path, method, more, most):
    """At least four from a chain; the last ones of each language may not be needed whole."""
    first = run_first(plain_job, method, tmp_path)
    second = run_job(plain_job(method, target=60 + more), tmp_path)

    begun = [one for lang in LANGS for one in _check_continued(first, second, lang)]
    assert len(begun) <= most


@both_languages
def test_one_more_instruction_to_answer_is_one_more_of_each_question(tmp_path, lang):
    """A filter lets go of one instruction: its label is asked for, and its instances."""
    job = plain_job("self-instruct", languages={lang: 1.0}, target=3)

    def drop_first(draft, pool):
        return Verdict("first", draft.source.position != 0)

    chain = job.chain
    strict = Chain((*chain.instruction, drop_first), chain.answer, chain.novelty)
    run_job(replace(job, chain=strict), tmp_path)
    second = run_job(job, tmp_path)

    label, instances = second.anew
    assert label.purpose == "is_classification"
    assert instances.purpose in ("input_first", "output_first")
    assert label.about == instances.about == f"{second.asked[0].key[:16]}-00"
