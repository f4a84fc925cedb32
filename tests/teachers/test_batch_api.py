"""The way of a batch, against the offline server and against canned ones."""

import asyncio
from types import SimpleNamespace

import pytest
from aiohttp import web

from tests.teachers.batch_calls import (
    CALLS,
    EN,
    KEY,
    STATE,
    URL,
    ZH,
    make_endpoint,
    make_input,
    make_request,
    read_all,
    run_canned,
    run_offline,
    submit,
)
from vicugna.teachers import batch_api
from vicugna.teachers.batch_api import open_batch_api
from vicugna.teachers.batch_wire import NAME, read_line
from vicugna.teachers.offline.batch_job import BatchBehaviour
from vicugna.teachers.offline.server import open_server
from vicugna.teachers.openai_wire import read_reply


@pytest.mark.parametrize(
    ("text", "content"), [(EN, "Write {}."), (ZH, "写第{}题。")], ids=["en", "zh"]
)
def test_a_batch_from_end_to_end(text, content):
    """What goes up comes back under its own id, as a live answer would."""

    async def script(api):
        file_id = await api.upload(make_input(20, content))
        made = await api.create(file_id, URL, "24h", {NAME: "x"})
        ended = await api.look(made.id)
        lines = await read_all(api, ended.output_file)
        await api.remove_file(file_id)
        return file_id, made, ended, lines

    file_id, made, ended, lines = run_offline(script, lambda body: text)

    assert (made.status, made.ended, made.input_file) == ("validating", False, file_id)
    assert (ended.status, ended.ended, ended.error_file) == ("completed", True, "")
    assert (ended.done, ended.failed, ended.total) == (20, 0, 20)
    read = [read_line(line, make_endpoint("")) for line in lines]
    found = {line.custom_id: line for line in read}
    assert set(found) == {f"l{i}" for i in range(20)}
    request = make_request(7, content)
    reply = read_reply(
        found["l7"].status,
        {},
        found["l7"].body,
        request=request,
        endpoint=make_endpoint(""),
        seconds=0.0,
    )
    assert (reply.text, reply.key, reply.finish_reason) == (text, request.key, "stop")


def test_a_file_from_disk(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(make_input(3))

    async def script(api):
        return await api.look((await api.create(await api.upload(path), URL, "24h", {})).id)

    assert run_offline(script).done == 3


def test_every_status_is_seen():
    clock = SimpleNamespace(now=0.0)

    async def script(api):
        made = await submit(api, 10)
        states = []
        for clock.now in (0.0, 50.0, 95.0, 100.0):
            states.append(await api.look(made.id))
        return states

    states = run_offline(script, batches=BatchBehaviour(seconds=100.0, clock=lambda: clock.now))

    assert [(state.status, state.done, state.ended) for state in states] == [
        ("validating", 0, False),
        ("in_progress", 5, False),
        ("finalizing", 10, False),
        ("completed", 10, True),
    ]


def test_an_expired_batch_has_answers_and_lines_that_may_be_sent_again():
    async def script(api):
        ended = await api.look((await submit(api, 50)).id)
        return ended, await read_all(api, ended.output_file), await read_all(api, ended.error_file)

    behaviour = BatchBehaviour(expire_share=0.3, error_share=0.3)
    ended, answers, errors = run_offline(script, batches=behaviour)

    found = [read_line(line, make_endpoint("")) for line in answers + errors]
    assert (ended.status, ended.done, ended.failed) == ("expired", len(answers), len(errors))
    assert {line.custom_id for line in found} == {f"l{i}" for i in range(50)}
    assert {line.status for line in found} == {200, 0, 429, 500}
    assert {line.code for line in found if line.status == 0} == {"batch_expired"}


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        ({"max_enqueued_tokens": 1}, "token_limit_exceeded", "Enqueued token limit reached for m."),
        ({"max_lines": 1}, "too_many_tasks", "The file has 5 requests, at most 1 are allowed."),
    ],
)
def test_a_file_that_is_refused_says_why(behaviour, code, words):
    async def script(api):
        return await api.look((await submit(api)).id)

    state = run_offline(script, batches=BatchBehaviour(**behaviour))

    assert (state.status, state.error_codes) == ("failed", (code,))
    assert state.errors[0].startswith(f"{code}: {words}")


def test_a_cancelled_batch():
    clock = SimpleNamespace(now=0.0)

    async def script(api):
        made = await submit(api, 10)
        clock.now = 50.0
        told = await api.cancel(made.id)
        again = await api.cancel(made.id)
        clock.now = 60.0
        ended = await api.look(made.id)
        return told, again, ended, await read_all(api, ended.error_file)

    told, again, ended, errors = run_offline(
        script, batches=BatchBehaviour(seconds=100.0, clock=lambda: clock.now)
    )

    assert (told.status, again.status, ended.status) == ("cancelling", "cancelling", "cancelled")
    assert (ended.done, ended.failed, len(errors)) == (5, 5, 5)


def test_a_batch_that_ended_before_it_was_cancelled_is_told_as_it_is():
    async def script(api):
        return await api.cancel((await submit(api)).id)

    assert run_offline(script).status == "completed"


def test_a_batch_is_found_by_its_name_after_a_restart():
    """The client that was killed between creating a batch and noting its id pays once."""

    async def run():
        async with open_server(lambda body: EN) as url:
            async with open_batch_api(make_endpoint(url)) as api:
                made = [await submit(api, 1, **{NAME: name}) for name in ("a", "b", "a", "c")]
            async with open_batch_api(make_endpoint(url)) as api:
                by_name = [await api.find(name) for name in ("a", "b", "none", "")]
                return made, by_name, await api.find("none", made[3].input_file)

    made, by_name, by_file = asyncio.run(run())

    assert [state and state.id for state in by_name] == [made[2].id, made[1].id, None, None]
    assert by_name[0].ended
    assert by_file.id == made[3].id


def test_a_batch_is_found_on_a_later_page(monkeypatch):
    monkeypatch.setattr(batch_api, "_PAGE", 2)
    monkeypatch.setattr(batch_api, "_MOST_PAGES", 2)

    async def script(api):
        made = [await submit(api, 1, **{NAME: f"n{i}"}) for i in range(5)]
        return made, [await api.find(f"n{i}") for i in range(5)]

    made, found = run_offline(script)

    # Two pages of two: the newest four.
    assert [state and state.id for state in found] == [None, *(state.id for state in made[1:])]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"data": [STATE], "has_more": True}, id="the same page for ever"),
        pytest.param({"data": [{}], "has_more": True}, id="a batch without an id"),
        pytest.param({"data": [], "has_more": True}, id="nothing, and more of it"),
        pytest.param({"data": None}, id="no list"),
        pytest.param({"data": [7, None, [STATE]]}, id="no batches"),
        pytest.param({}, id="nothing"),
    ],
)
def test_a_list_that_leads_nowhere(page):
    asked = []

    async def handler(request):
        asked.append(request.query_string)
        return web.json_response(page)

    assert run_canned(handler, lambda api: api.find("x")) is None
    assert 1 <= len(asked) <= 10


def test_one_call_is_one_attempt():
    """A batch that is created twice is paid for twice."""
    calls = []

    async def handler(request):
        calls.append(request.path)
        return web.json_response({}, status=500)

    run_canned(handler, CALLS["create"])

    assert calls == ["/v1/batches"]


def test_what_is_sent(monkeypatch):
    """The key in the header, the body as others need it, and nothing that we did not put in."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another-key-0123456789")
    seen = []

    async def handler(request):
        seen.append((request.path, request.headers.copy(), await request.json()))
        return web.json_response(STATE)

    extra = {"replace": {"model": "deepseek-v3"}}
    state = run_canned(
        handler,
        lambda api: api.create("file-1", "/v4/chat/completions", "336h", {NAME: "x"}, extra),
    )

    ((path, headers, body),) = seen
    assert (state.id, path) == ("batch_1", "/v1/batches")
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert "OpenAI-Organization" not in headers
    assert "OpenAI-Project" not in headers
    assert body == {
        "input_file_id": "file-1",
        "endpoint": "/v4/chat/completions",
        "completion_window": "336h",
        "metadata": {NAME: "x"},
        "replace": {"model": "deepseek-v3"},
    }


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        pytest.param({}, "Authorization", f"Bearer {KEY}", id="OpenAI"),
        pytest.param({"key_header": "api-key"}, "api-key", KEY, id="Azure"),
        pytest.param({"key": ""}, None, None, id="no key"),
    ],
)
def test_the_key_is_sent_as_the_provider_wants_it(options, name, value):
    seen = []

    async def handler(request):
        seen.append((request.headers.copy(), request.query_string))
        return web.json_response(STATE)

    run_canned(handler, CALLS["look"], query={"api-version": "v1"}, **options)

    ((headers, query),) = seen
    sent = {header: headers.get(header) for header in ("Authorization", "api-key")}
    assert {header: text for header, text in sent.items() if text} == (
        {name: value} if name else {}
    )
    assert query == "api-version=v1"


def test_the_sdk_is_not_imported_before_it_is_needed():
    """It costs a second, which a run without batches does not pay."""
    import subprocess
    import sys

    code = "import sys, vicugna.teachers.batch_api; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
