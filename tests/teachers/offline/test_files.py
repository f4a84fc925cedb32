"""The Files API over HTTP."""

import aiohttp
import pytest

from tests.teachers.offline.batch_client import make_file, talk


def test_a_file_comes_back_as_it_was():
    raw = make_file() + b"\xff\x00\r\n"

    async def script(client):
        file_id = await client.upload(raw)
        _, file = await client.call("GET", f"/files/{file_id}")
        _, listed = await client.call("GET", "/files")
        async with client.session.get(f"{client.url}/files/{file_id}/content") as response:
            return file, listed, await response.read()

    file, listed, content = talk(script)

    assert content == raw
    assert listed["data"] == [file]
    assert {name: file[name] for name in ("object", "bytes", "filename", "purpose")} == {
        "object": "file",
        "bytes": len(raw),
        "filename": "in.jsonl",
        "purpose": "batch",
    }


def test_a_removed_file_is_gone():
    async def script(client):
        file_id = await client.upload(make_file())
        removed = await client.call("DELETE", f"/files/{file_id}")
        return removed, [
            (await client.call(method, f"/files/{file_id}{rest}"))[0]
            for method, rest in (("GET", ""), ("GET", "/content"), ("DELETE", ""))
        ]

    (status, body), after = talk(script)

    assert (status, body["deleted"], after) == (200, True, [404, 404, 404])


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"json": {"purpose": "batch"}}, id="no form"),
        pytest.param({"data": {"purpose": "batch"}}, id="no form of several parts"),
    ],
)
def test_what_is_no_upload(options):
    status, body = talk(lambda client: client.call("POST", "/files", **options))

    assert status == 400
    assert "multipart" in body["error"]["message"]


def test_an_upload_without_a_file():
    async def script(client):
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("purpose", "batch")
        return await client.call("POST", "/files", data=form)

    status, body = talk(script)

    assert status == 400
    assert "file" in body["error"]["message"]


@pytest.mark.parametrize("purpose", ["", "fine-tune"])
def test_a_file_is_for_batches(purpose):
    async def script(client):
        form = aiohttp.FormData({"purpose": purpose})
        form.add_field("file", b"{}", filename="in.jsonl")
        return await client.call("POST", "/files", data=form)

    status, body = talk(script)

    assert status == 400
    assert "purpose" in body["error"]["message"]
