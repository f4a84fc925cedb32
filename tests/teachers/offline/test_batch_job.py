import orjson
import pytest

from vicugna.teachers.offline.batch_input import Line, LineError
from vicugna.teachers.offline.batch_job import BatchBehaviour, Job

START = 1_000.0


def _job(count=100, *, errors=(), salt="0:0", **behaviour):
    lines = [] if errors else [Line(f"l{i}", b'{"n": %d}' % i, "m") for i in range(count)]
    return Job(
        id="batch_1",
        input_file="file-1",
        url="/v1/chat/completions",
        window="24h",
        metadata={"vicugna": "x"},
        created=START,
        lines=lines,
        errors=list(errors),
        tokens=0,
        behaviour=BatchBehaviour(**behaviour),
        salt=salt,
    )


def _answer(body):
    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    return 200, orjson.dumps({"said": orjson.loads(body)["n"], "usage": usage})


def _advance(job, now, answer=_answer):
    while job.behind(now):
        job.answer_next(answer)


def _run(job, answer=_answer):
    _advance(job, START + job.behaviour.seconds, answer)
    job.settle()
    return job


def _read(rows):
    return [orjson.loads(row) for row in rows]


def _status_codes(rows):
    return [line["response"]["status_code"] for line in _read(rows) if line["response"]]


@pytest.mark.parametrize(
    ("age", "status", "answered"),
    [
        (0.0, "validating", 0),
        (9.9, "validating", 0),
        (10.0, "in_progress", 0),
        (50.0, "in_progress", 50),
        (89.9, "in_progress", 99),
        (90.0, "finalizing", 100),
        (99.9, "finalizing", 100),
        (100.0, "completed", 100),
        (9e9, "completed", 100),
    ],
)
def test_a_batch_goes_its_way_in_its_time(age, status, answered):
    """A tenth of the time is for validating and one for finalizing."""
    job = _job(seconds=100.0)

    _advance(job, START + age)

    assert (job.status(START + age), job.reached) == (status, answered)


def test_a_batch_that_is_behind_is_in_progress():
    """Answers that are due and not composed yet hold the status back, not the server."""
    job = _job(seconds=100.0)

    assert job.status(START + 1e6) == "in_progress"


def test_a_batch_without_time_is_over_at_once():
    job = _job()

    _advance(job, START)

    assert job.status(START) == "completed"


@pytest.mark.parametrize(
    ("age", "status"), [(9.9, "validating"), (10.0, "failed"), (9e9, "failed")], ids=str
)
def test_a_bad_file_fails_when_it_is_validated(age, status):
    job = _job(errors=[LineError("invalid_json_line", "no", 3)], seconds=100.0)

    described = job.describe(START + age)

    assert described["status"] == status
    told = [{"code": "invalid_json_line", "message": "no", "line": 3, "param": None}]
    expected = {"object": "list", "data": told} if status == "failed" else None
    assert described["errors"] == expected
    assert described["request_counts"]["total"] == 0


@pytest.mark.parametrize(
    ("age", "later", "status", "answered"),
    [
        (5.0, 0.0, "cancelling", 0),
        (5.0, 10.0, "cancelled", 0),
        (50.0, 9.9, "cancelling", 50),
        (50.0, 10.0, "cancelled", 50),
        (50.0, 1e6, "cancelled", 50),
    ],
)
def test_a_cancelled_batch_keeps_what_it_answered(age, later, status, answered):
    job = _job(seconds=100.0)
    job.cancelled = START + age

    _advance(job, START + age + later)

    assert job.status(START + age + later) == status
    assert job.reached == answered


def test_lines_that_a_cancelled_batch_did_not_run_are_told():
    job = _job(seconds=100.0)
    job.cancelled = START + 50.0
    _advance(job, START + 60.0)

    job.settle()

    errors = [line["error"]["code"] for line in _read(job.failed)]
    assert errors == ["batch_cancelled"] * 50
    assert {line["custom_id"] for line in _read(job.failed + job.output)} == {
        f"l{i}" for i in range(100)
    }
    counts = job.describe(START + 60.0)["request_counts"]
    assert counts == {"total": 100, "completed": 50, "failed": 50}


def test_every_answer_is_under_its_own_id():
    job = _run(_job())

    lines = _read(job.output)

    assert {line["custom_id"]: line["response"]["body"]["said"] for line in lines} == {
        f"l{i}": i for i in range(100)
    }
    assert all(line["error"] is None for line in lines)
    assert job.failed == []


@pytest.mark.parametrize("shuffled", [True, False])
def test_order(shuffled):
    ids = [line["custom_id"] for line in _read(_run(_job(shuffled=shuffled)).output)]

    assert (ids == [f"l{i}" for i in range(100)]) != shuffled


def test_usage_is_that_of_the_answers():
    usage = _run(_job(10)).describe(START)["usage"]

    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (30, 50, 80)


def test_a_batch_expires_with_lines_that_were_never_run():
    job = _run(_job(expire_share=0.3))

    described = job.describe(START)

    assert described["status"] == "expired"
    assert described["expired_at"] == START
    assert {line["error"]["code"] for line in _read(job.failed)} == {"batch_expired"}
    assert all(line["response"] is None for line in _read(job.failed))
    assert 0 < len(job.failed) < 60
    assert len(job.failed) + len(job.output) == 100


@pytest.mark.parametrize("in_output", [False, True], ids=["error file", "output file"])
def test_lines_that_failed_say_how(in_output):
    """OpenAI has them in the error file, others beside the answers."""
    job = _run(_job(error_share=0.5, errors_in_output=in_output))

    failed = [code for code in _status_codes(job.output + job.failed) if code != 200]
    assert set(failed) == {429, 500}
    assert len(job.failed) == (0 if in_output else len(failed))
    assert job.describe(START)["request_counts"]["failed"] == len(failed)


def test_a_refusal_of_the_teacher_is_a_line_of_the_error_file():
    job = _run(_job(3), lambda body: (400, b'{"error": {"message": "no"}}'))

    assert job.output == []
    assert _status_codes(job.failed) == [400] * 3


def test_missing_lines_are_nowhere():
    job = _run(_job(missing_share=0.3))

    counts = job.describe(START)["request_counts"]
    assert counts["total"] == 100
    assert 40 < counts["completed"] == len(job.output) < 100
    assert (counts["failed"], job.failed) == (0, [])


def test_all_of_the_lines():
    assert len(_run(_job(expire_share=1.0)).failed) == 100


def test_draws_depend_on_seed_and_batch():
    """A line that failed in one batch need not fail in the next, or it would never end."""

    def failed(salt):
        return {line["custom_id"] for line in _read(_run(_job(error_share=0.3, salt=salt)).failed)}

    assert failed("0:0") == failed("0:0")
    assert len({frozenset(failed(salt)) for salt in ("0:0", "0:1", "1:0")}) == 3


def test_half_a_character_passes():
    def answer(body):
        usage = b'{"prompt_tokens": 1, "completion_tokens": 1}'
        return 200, b'{"said": "\\ud83d", "usage": %b}' % usage

    job = _run(_job(1), answer)

    assert b"\\ud83d" in job.output[0]


def test_times_tell_the_way():
    """A time is there once its status was reached."""
    job = _job(seconds=100.0)
    _advance(job, START + 100.0)

    times = {name: at for name, at in job.describe(START + 100.0).items() if name.endswith("_at")}

    assert {name: at for name, at in times.items() if at is not None} == {
        "created_at": 1_000,
        "in_progress_at": 1_010,
        "finalizing_at": 1_090,
        "completed_at": 1_100,
        "expires_at": 1_000 + 86_400,
    }
