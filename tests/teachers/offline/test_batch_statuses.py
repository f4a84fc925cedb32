"""The ends a batch can come to, over HTTP."""

import pytest

from tests.teachers.offline.batch_client import clocked, make_file, talk
from vicugna.teachers.offline.batch_job import BatchBehaviour


def test_every_status_is_seen():
    clock, behaviour = clocked(seconds=100.0)

    async def script(client):
        batch = await client.create(make_file(10))
        seen = []
        for age in (0.0, 10.0, 50.0, 90.0, 100.0):
            clock.now = 1_000.0 + age
            state = await client.look(batch)
            seen.append((state["status"], state["request_counts"]["completed"]))
        return seen, await client.stats()

    seen, stats = talk(script, batches=behaviour)

    assert seen == [
        ("validating", 0),
        ("in_progress", 0),
        ("in_progress", 5),
        ("finalizing", 10),
        ("completed", 10),
    ]
    assert stats["batch_lines"] == 10


def test_nothing_is_paid_for_before_it_is_due():
    clock, behaviour = clocked(seconds=100.0)

    async def script(client):
        batch = await client.create(make_file(10))
        clock.now = 1_050.0
        await client.look(batch)
        return await client.stats()

    assert talk(script, batches=behaviour)["paid"] == 5


def test_a_batch_that_is_cancelled_keeps_half():
    clock, behaviour = clocked(seconds=100.0)

    async def script(client):
        batch = await client.create(make_file(10))
        clock.now = 1_050.0
        status, told = await client.call("POST", f"/batches/{batch['id']}/cancel")
        again, _ = await client.call("POST", f"/batches/{batch['id']}/cancel")
        clock.now = 1_060.0
        ended = await client.look(batch)
        answers = await client.lines(ended["output_file_id"])
        return status, again, told, ended, answers, await client.lines(ended["error_file_id"])

    status, again, told, ended, answers, errors = talk(script, batches=behaviour)

    assert (status, again, told["status"], ended["status"]) == (200, 200, "cancelling", "cancelled")
    assert (len(answers), [line["error"]["code"] for line in errors]) == (
        5,
        ["batch_cancelled"] * 5,
    )


def test_a_batch_that_has_ended_cannot_be_cancelled():
    async def script(client):
        batch = await client.create(make_file())
        return await client.call("POST", f"/batches/{batch['id']}/cancel")

    status, body = talk(script)

    assert status == 409
    assert "completed" in body["error"]["message"]


def test_an_expired_batch_has_both_files():
    async def script(client):
        ended = await client.look(await client.create(make_file(40)))
        answers = await client.lines(ended["output_file_id"])
        return ended, answers, await client.lines(ended["error_file_id"])

    ended, answers, errors = talk(script, batches=BatchBehaviour(expire_share=0.5))

    assert ended["status"] == "expired"
    assert {line["error"]["code"] for line in errors} == {"batch_expired"}
    ids = [line["custom_id"] for line in answers + errors]
    assert sorted(ids) == sorted(f"l{i}" for i in range(40))


@pytest.mark.parametrize(
    ("raw", "behaviour", "code"),
    [
        pytest.param(b"{\n", {}, "invalid_json_line", id="no JSON"),
        pytest.param(make_file(1, url="/v1/x"), {}, "mismatched_url", id="another endpoint"),
        pytest.param(
            make_file(2) + make_file(1), {}, "duplicate_custom_id", id="the same id twice"
        ),
        pytest.param(make_file(3), {"max_lines": 2}, "too_many_tasks", id="too many lines"),
        pytest.param(make_file(3), {"max_bytes": 99}, "file_too_large", id="too many bytes"),
        pytest.param(make_file(3), {"fail_validation": True}, "invalid_request", id="as it likes"),
        pytest.param(b"", {}, "empty_file", id="nothing"),
    ],
)
def test_a_file_that_is_refused(raw, behaviour, code):
    async def script(client):
        return await client.look(await client.create(raw)), await client.stats()

    state, stats = talk(script, batches=BatchBehaviour(**behaviour))

    assert state["status"] == "failed"
    assert [error["code"] for error in state["errors"]["data"]] == [code]
    assert (state["output_file_id"], state["error_file_id"]) == (None, None)
    assert stats["paid"] == 0


def test_enqueued_tokens_are_those_of_batches_under_way():
    """Three tokens a line: ten lines fit, once; when they are done there is room again."""
    clock, behaviour = clocked(seconds=100.0, max_enqueued_tokens=30)

    async def script(client):
        made = [await client.create(make_file(10)), await client.create(make_file(1))]
        clock.now = 1_100.0
        seen = [await client.look(batch) for batch in made]
        made = [await client.create(make_file(10)), await client.create(make_file(11))]
        clock.now = 1_200.0
        return [*seen, *[await client.look(batch) for batch in made]]

    states = talk(script, batches=behaviour)

    assert [state["status"] for state in states] == ["completed", "failed", "completed", "failed"]
    (error,) = states[1]["errors"]["data"]
    assert (error["code"], error["line"]) == ("token_limit_exceeded", None)
