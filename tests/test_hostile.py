"""A teacher that answers anything: a run ends, and says of every piece why it is not there."""

import time
from collections import defaultdict
from functools import cache, partial
from itertools import chain, cycle
from pathlib import Path

import orjson
import pytest

from tests.hostile import OBJECTS, TEXTS, check_folder, dump, huge, read_rows, run_over_http
from tests.scripted import say_well
from vicugna.parsing import LONGEST
from vicugna.text.hygiene import clean_text

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
# A run that would take minutes reads some text again and again. On a busy machine these take 4 s.
LATE = 60.0


def _mix_in(request, text):
    """Return a good answer with a text before, behind and between its pieces, and inside them."""
    lines = say_well(request).split("\n")
    if request.purpose == "is_classification":
        return text
    if request.purpose == "new_instructions":
        return "\n".join([*lines, f"{len(lines) + 1}. {lines[0][3:]} {text}", text])
    rows = [orjson.loads(line) for line in lines]
    told = [row | {"output": f"{row['output']} {text}"} for row in rows[:2]]
    told += [row | {"input": text} for row in rows[2:]]
    return "\n".join([text, *map(dump, told[:1]), text, *map(dump, told[1:]), text])


@both_methods
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_texts_are_kept_clean_or_rejected_with_a_reason(method, lang, place):
    """In every place of an answer; and a second run, from the ledger, makes the same bytes."""
    texts = defaultdict(partial(cycle, TEXTS.values()))  # every stage meets them all
    changes = {"method": method, "languages": {lang: 1.0}, "target": 200, "lookahead": 4}
    changes |= {"filters": ["length", "empty", "near_duplicate"]}

    manifest = run_over_http(
        lambda request: _mix_in(request, next(texts[request.purpose.split("_")[-1]])), **changes
    )

    assert manifest["stopped"] == "target"
    kept = check_folder(manifest)
    everything = "\n".join(row["input"] + row["output"] for row in kept)
    lost = [name for name, text in TEXTS.items() if clean_text(text) not in everything]
    assert lost == []
    again = run_over_http(lambda request: 1 / 0, "again", **changes)
    assert again["session"]["sent"] == 0
    for name in ("tasks.jsonl", "rejected.jsonl", "alpaca.json", "messages.parquet"):
        assert Path("again", name).read_bytes() == Path("out", name).read_bytes()


@both_methods
def test_with_the_whole_chain_a_run_ends_too(method, place):
    """Whatever a filter thinks of a text, it thinks it without falling over."""
    texts = cycle([*TEXTS.values(), *OBJECTS.values()])
    saturation = {"window": 5_000}

    manifest = run_over_http(
        lambda request: _mix_in(request, next(texts)),
        method=method,
        target=60,
        saturation=saturation,
    )

    assert manifest["stopped"] == "target"
    assert len(check_folder(manifest)) == 60


@both_methods
@pytest.mark.parametrize("name", OBJECTS)
def test_an_answer_that_is_one_hostile_object(method, name, place):
    """It is rejected, or read as what JSON says that it is; the next answers are read as ever."""
    answers = iter([OBJECTS[name]] * 2)
    changes = {"target": 8, "lookahead": 2, "saturation": {"window": 1_000}}

    manifest = run_over_http(
        lambda request: next(answers, "") or say_well(request), method=method, **changes
    )

    assert manifest["stopped"] == "target"
    assert len(check_folder(manifest)) == 8
    assert manifest["counts"]["rejected"]


@both_methods
def test_answers_of_any_length_cost_little(method, place):
    """Ten megabytes, and just under the longest that is read: a reason for each, in seconds."""
    started = time.monotonic()
    longest = chain(huge(LONGEST // 4), [("ten megabytes", "a " * 5_000_000)])
    answers = chain.from_iterable((text, "") for _, text in longest)  # every other one is good
    # A question that is sent a second time, as its answer is late, has the same answer.
    said = cache(lambda request: next(answers, "") or say_well(request))

    manifest = run_over_http(
        said,
        method=method,
        target=150,
        lookahead=2,
        saturation={"window": 5_000},
    )

    assert time.monotonic() - started < LATE
    assert manifest["stopped"] == "target"
    check_folder(manifest)
    assert next(answers, None) is None
    reasons = manifest["counts"]["rejected"]
    assert {"parse: too long", "parse: too many", "parse: unreadable"} <= {*reasons}
    assert Path("out", "rejected.jsonl").stat().st_size < 16 * LONGEST
    assert max(len(row["text"]) for row in read_rows("rejected.jsonl")) <= LONGEST
