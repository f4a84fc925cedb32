"""The Batches API over HTTP, and as the SDK's own client sees it."""

import asyncio

import orjson
import pytest

from tests.teachers.offline.batch_client import (
    EN,
    NEW,
    URL,
    ZH,
    make_body,
    make_file,
    talk,
)
from vicugna.errors import UserError
from vicugna.teachers.offline import batches
from vicugna.teachers.offline.batch_job import BatchBehaviour
from vicugna.teachers.offline.server import open_server


@pytest.mark.parametrize(
    ("text", "content"), [(EN, "Write {}."), (ZH, "写第{}题。")], ids=["en", "zh"]
)
def test_a_batch_is_answered_as_live_requests_are(text, content):
    """The same function, the same shape, and paid for once."""

    async def script(client):
        batch = await client.create(make_file(3, content=content), metadata={"vicugna": "x"})
        ended = await client.look(batch)
        lines = await client.lines(ended["output_file_id"])
        live = (await client.call("POST", "/chat/completions", json=make_body(content.format(0))))[
            1
        ]
        return batch, ended, lines, live, await client.stats()

    batch, ended, lines, live, stats = talk(script, lambda body: text)

    assert (batch["status"], ended["status"], ended["error_file_id"]) == (
        "validating",
        "completed",
        None,
    )
    assert ended["metadata"] == {"vicugna": "x"}
    assert ended["request_counts"] == {"total": 3, "completed": 3, "failed": 0}
    assert sorted(line["custom_id"] for line in lines) == ["l0", "l1", "l2"]
    first = next(line for line in lines if line["custom_id"] == "l0")
    assert first["response"]["status_code"] == 200
    assert first["response"]["body"] | {"created": 0} == live | {"created": 0}
    assert (stats["batches"], stats["batch_lines"], stats["paid"]) == (1, 3, 4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"input_file_id": "file-none"}, "No such File", id="no file"),
        pytest.param({"endpoint": "/v1/embeddings"}, "endpoint", id="another endpoint"),
        pytest.param({"endpoint": None}, "endpoint", id="no endpoint"),
        pytest.param({"completion_window": "soon"}, "completion_window", id="a window in words"),
        pytest.param({"completion_window": None}, "completion_window", id="no window"),
        pytest.param({"metadata": {"a": 7}}, "metadata", id="metadata that is a number"),
        pytest.param({"metadata": {"a": "b" * 513}}, "metadata", id="too long a text"),
        pytest.param({"metadata": {"a" * 65: ""}}, "metadata", id="too long a name"),
        pytest.param({"metadata": {str(i): "" for i in range(17)}}, "metadata", id="too many"),
        pytest.param({"metadata": []}, "metadata", id="a list"),
    ],
)
def test_a_batch_that_cannot_be_created(options, words):
    async def script(client):
        body = NEW | {"input_file_id": await client.upload(make_file())} | options
        return await client.call("POST", "/batches", json=body)

    status, body = talk(script)

    assert status == 400
    assert words in body["error"]["message"]


@pytest.mark.parametrize("window", ["24h", "336h", "14d"])
@pytest.mark.parametrize("url", [URL, "/v4/chat/completions"])
def test_windows_and_endpoints_of_other_providers(window, url):
    async def script(client):
        options = {"completion_window": window, "endpoint": url}
        return await client.look(await client.create(make_file(url=url), **options))

    assert talk(script)["status"] == "completed"


def test_batches_are_listed_newest_first_and_in_pages():
    async def script(client):
        made = [(await client.create(make_file(1)))["id"] for _ in range(5)]
        pages, after = [], ""
        while True:
            _, page = await client.call("GET", f"/batches?limit=2{after}")
            pages.append(page)
            if not page["has_more"]:
                return made, pages
            after = f"&after={page['last_id']}"

    made, pages = talk(script)

    assert [batch["id"] for page in pages for batch in page["data"]] == made[::-1]
    assert [len(page["data"]) for page in pages] == [2, 2, 1]
    assert {batch["status"] for page in pages for batch in page["data"]} == {"completed"}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=batch_none"])
def test_a_page_that_there_is_not(query):
    assert talk(lambda client: client.call("GET", f"/batches?{query}"))[0] == 400


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel")])
def test_a_batch_that_there_is_not(method, rest):
    assert talk(lambda client: client.call(method, f"/batches/none{rest}"))[0] == 404


def test_faults_of_the_answer_are_in_batches_and_those_of_a_connection_are_not():
    async def script(client):
        ended = await client.look(await client.create(make_file(60)))
        lines = await client.lines(ended["output_file_id"])
        return [line["response"]["body"]["choices"][0] for line in lines], await client.stats()

    faults = {"500": 0.3, "reset": 0.3, "length": 0.3}
    choices, stats = talk(script, faults=faults, seed=3)

    cut = [choice for choice in choices if choice["finish_reason"] == "length"]
    assert len(choices) == 60
    assert 0 < len(cut) < 60
    assert stats["faults"] == {"length": len(cut)}


def test_what_the_teacher_refuses_is_in_the_error_file():
    def respond(body):
        raise UserError("no purpose in the prompt")

    async def script(client):
        ended = await client.look(await client.create(make_file(1)))
        return ended, await client.lines(ended["error_file_id"])

    ended, (line,) = talk(script, respond)

    assert ended["output_file_id"] is None
    assert line["response"]["status_code"] == 400
    assert "no purpose" in line["response"]["body"]["error"]["message"]


def test_a_long_batch_keeps_nobody_waiting(monkeypatch):
    """Whoever looks gets an answer at once, others are served meanwhile, and it comes to an end."""
    monkeypatch.setattr(batches, "_PATIENCE", 0.0)

    async def script(client):
        batch = await client.create(make_file(200))
        seen = [await client.look(batch)]
        while not seen[-1]["output_file_id"]:
            assert (await client.call("GET", "/../health"))[0] == 200
            seen.append(await client.look(batch))
        return seen, await client.stats()

    seen, stats = talk(script)

    assert [state["status"] for state in seen] == ["in_progress"] * (len(seen) - 1) + ["completed"]
    assert len(seen) > 1
    assert stats["batch_lines"] == 200


def test_two_that_look_at_once_pay_once():
    async def script(client):
        batch = await client.create(make_file(50))
        states = await asyncio.gather(*(client.look(batch) for _ in range(5)))
        return states, await client.stats()

    states, stats = talk(script)

    assert {state["status"] for state in states} == {"completed"}
    assert len({state["output_file_id"] for state in states}) == 1
    assert stats["batch_lines"] == 50


def test_an_error_of_the_server_is_a_500_and_does_not_hold_it_open():
    def respond(body):
        raise RuntimeError

    async def script(client):
        batch = await client.create(make_file(1))
        async with client.session.get(f"{client.url}/batches/{batch['id']}") as response:
            return response.status

    assert talk(script, respond) == 500


def test_a_server_that_ends_while_it_answers(monkeypatch):
    monkeypatch.setattr(batches, "_PATIENCE", 0.0)

    async def script(client):
        return await client.look(await client.create(make_file(2_000)))

    assert talk(script)["status"] == "in_progress"


def test_the_sdk_reads_it(monkeypatch):
    """Its own models hold what is sent, strictly validated, through the whole flow."""
    import openai

    monkeypatch.delenv("OPENAI_ORG_ID", raising=False)

    async def run():
        behaviour = BatchBehaviour(expire_share=0.2, error_share=0.2)
        async with (
            open_server(lambda body: EN, batches=behaviour) as url,
            openai.AsyncOpenAI(
                api_key="x", base_url=url, max_retries=0, _strict_response_validation=True
            ) as client,
        ):
            file = await client.files.create(file=("in.jsonl", make_file(50)), purpose="batch")
            made = await client.batches.create(
                input_file_id=file.id,
                endpoint=URL,
                completion_window="24h",
                metadata={"vicugna": "x"},
            )
            ended = await client.batches.retrieve(made.id)
            listed = [batch.id async for batch in client.batches.list(limit=1)]
            texts = [
                (await client.files.content(file_id)).text
                for file_id in (ended.output_file_id, ended.error_file_id)
            ]
            removed = await client.files.delete(file.id)
            return made, ended, listed, texts, removed

    made, ended, listed, (output, errors), removed = asyncio.run(run())

    assert (made.status, ended.status, listed) == ("validating", "expired", [made.id])
    assert (ended.request_counts.total, ended.usage.output_tokens > 0) == (50, True)
    lines = [orjson.loads(line) for line in (output + errors).splitlines()]
    assert {line["custom_id"] for line in lines} == {f"l{i}" for i in range(50)}
    assert removed.deleted
