"""Reading the files of a batch as they arrive."""

import asyncio
import tracemalloc
from contextlib import aclosing

import orjson
import pytest
from aiohttp import web

from tests.teachers.batch_calls import (
    CALLS,
    KEY,
    STATE,
    answer_with,
    make_endpoint,
    read_all,
    run_canned,
    run_offline,
    serve,
    submit,
)
from vicugna.errors import Fatal, TeacherError, Transient
from vicugna.teachers.batch_api import open_batch_api


def test_a_file_that_is_an_address():
    """SiliconFlow gives a signed one. In the clear it is read from the endpoint's own host only."""
    seen = []

    async def elsewhere(request):
        seen.append(request.headers.copy())
        return web.Response(body=b'{"custom_id": "a"}\n')

    async def run():
        async with serve(elsewhere) as other, open_batch_api(make_endpoint(other)) as api:
            near = await read_all(api, other + "/out.jsonl?signature=x")
            far = other.replace("127.0.0.1", "localhost")
            with pytest.raises(Fatal, match="elsewhere"):
                await read_all(api, far + "/out.jsonl")
            await api.remove_file(far)
            return near

    assert asyncio.run(run()) == [{"custom_id": "a"}]
    assert len(seen) == 1


def test_a_file_that_moved_elsewhere_is_read_without_the_key():
    seen = []

    async def elsewhere(request):
        seen.append(request.headers.copy())
        return web.Response(body=b'{"custom_id": "a"}\n')

    async def run():
        async with serve(elsewhere) as other:

            async def here(request):
                seen.append(request.headers.copy())
                return web.Response(status=302, headers={"Location": other + "/out.jsonl"})

            async with serve(here) as url, open_batch_api(make_endpoint(url)) as api:
                return await read_all(api, "file-1")

    assert asyncio.run(run()) == [{"custom_id": "a"}]
    assert [KEY in str(headers) for headers in seen] == [True, False]


@pytest.mark.parametrize("address", ["http://a:x/", "http://[/", "https://a:x/", "https://[/"])
def test_a_file_at_an_address_that_is_none(address):
    """It comes from the server, so it is an error of the server."""

    async def script(api):
        return await read_all(api, address)

    assert isinstance(run_canned(answer_with(b""), script), TeacherError)


def test_lines_that_are_torn_are_told_and_passed_over():
    raw = b'{"custom_id": "a"}\n{"custom\n\n[7]\n{"custom_id": "\\ud83d"}\n{"custom_id": "b"}'

    lines = run_canned(answer_with(raw), CALLS["read_lines"])

    assert lines == [{"custom_id": "a"}, None, None, {"custom_id": "\ud83d"}, {"custom_id": "b"}]


def test_a_file_that_breaks_off_gives_what_arrived_and_raises():
    arrived = asyncio.Event()

    async def handler(request):
        response = web.StreamResponse()
        response.content_length = 1_000
        await response.prepare(request)
        await response.write(b'{"custom_id": "a"}\n{"custom')
        await arrived.wait()
        request.transport.abort()
        return response

    async def script(api):
        seen = []
        try:
            async for line in api.read_lines("file-1"):
                seen.append(line)
                arrived.set()
        except Transient as error:
            return seen, error

    seen, error = run_canned(handler, script)

    assert (seen, error.cause) == ([{"custom_id": "a"}], "reset")


def test_reading_may_end_early():
    async def script(api):
        ended = await api.look((await submit(api, 2_000)).id)
        async with aclosing(api.read_lines(ended.output_file)) as lines:
            async for line in lines:
                return line

    assert run_offline(script)["error"] is None


def test_a_fault_of_the_caller_is_not_one_of_the_teacher():
    async def script(api):
        async with aclosing(api.read_lines("file-1")) as lines:
            try:
                async for _ in lines:
                    raise KeyError
            except KeyError:
                return "raised"

    assert run_canned(answer_with(b"{}\n"), script) == "raised"


def test_twenty_thousand_lines_in_little_memory():
    """A file is never held as a whole: 20 MB pass through a few."""
    line = orjson.dumps({"custom_id": "l" * 64, "response": {"body": "x" * 900}}) + b"\n"

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(line * 100)
        return response

    async def script(api):
        await api.look("batch_1")  # what is imported and opened is not counted
        tracemalloc.start()
        count = 0
        async for found in api.read_lines("file-1"):
            count += found is not None
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return count, peak

    async def either(request):
        is_file = request.path.endswith("/content")
        return await (handler(request) if is_file else answer_with(STATE)(request))

    count, peak = run_canned(either, script)

    assert count == 20_000
    assert peak < 4 * 2**20
