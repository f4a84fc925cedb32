"""The offline teacher's Files API: what is uploaded for batches, and what they leave.

    POST /v1/files                       multipart: purpose=batch and the file
    GET  /v1/files /v1/files/{id} /v1/files/{id}/content
    DELETE /v1/files/{id}

Everything is kept in memory for the life of the server.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from vicugna.teachers.offline.answers import error_shape
from vicugna.teachers.offline.responses import bad_request, json_response

_BLOCK = 2**16  # bytes of a file that are sent at once
_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, as the blocks that make it up."""

    id: str
    name: str
    purpose: str
    created: float
    blocks: list[bytes]

    def describe(self) -> dict[str, Any]:
        """Return the object that clients see."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": sum(map(len, self.blocks)),
            "created_at": int(self.created),
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass(slots=True)
class FileStore:
    """All files by id, in the order they came."""

    clock: Callable[[], float]
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])

    def add(self, name: str, purpose: str, blocks: list[bytes]) -> StoredFile:
        """Keep a file under a new id."""
        # Not a counter: an id from before a restart must not name another file.
        file = StoredFile(f"file-{uuid.uuid4().hex}", name, purpose, self.clock(), blocks)
        self.files[file.id] = file
        return file


FILES = web.AppKey("files", FileStore)


def add_file_routes(app: web.Application, store: FileStore) -> None:
    """Let a server take files and give them back."""
    app[FILES] = store
    app.router.add_post("/v1/files", _upload)
    app.router.add_get("/v1/files", _list_files)
    app.router.add_get("/v1/files/{id}", _look)
    app.router.add_get("/v1/files/{id}/content", _send)
    app.router.add_delete("/v1/files/{id}", _delete)


async def _upload(request: web.Request) -> web.Response:
    if not request.content_type.startswith("multipart/"):
        return bad_request("The body is not multipart/form-data.")
    purpose, name = "", ""
    blocks: list[bytes] | None = None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "purpose":
            purpose = (await part.read()).decode("utf-8", "replace")
        elif part.name == "file":
            name, blocks = part.filename or "", []
            while block := await part.read_chunk(_BLOCK):
                blocks.append(block)
    if purpose != "batch" or blocks is None:
        return bad_request('Expected a "file" and the purpose "batch".')
    return json_response(request.app[FILES].add(name, purpose, blocks).describe())


async def _list_files(request: web.Request) -> web.Response:
    return page(request, [file.describe() for file in request.app[FILES].files.values()])


async def _look(request: web.Request) -> web.Response:
    file = request.app[FILES].files.get(request.match_info["id"])
    return no_such("File", request) if file is None else json_response(file.describe())


async def _delete(request: web.Request) -> web.Response:
    file = request.app[FILES].files.pop(request.match_info["id"], None)
    if file is None:
        return no_such("File", request)
    return json_response({"id": file.id, "object": "file", "deleted": True})


async def _send(request: web.Request) -> web.StreamResponse:
    file = request.app[FILES].files.get(request.match_info["id"])
    if file is None:
        return no_such("File", request)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = sum(map(len, file.blocks))
    await response.prepare(request)
    waiting = bytearray()
    for block in file.blocks:
        waiting += block
        if len(waiting) >= _BLOCK:
            await response.write(bytes(waiting))
            waiting.clear()
    await response.write(bytes(waiting))
    return response


def page(request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
    """Return `limit` rows after the one whose id is `after`, as OpenAI pages."""
    ids = [row["id"] for row in rows]
    after, asked = request.query.get("after"), request.query.get("limit", "20")
    if after is not None and after not in ids:
        return bad_request(f"Invalid value for after: {after}")
    if not asked.isdecimal() or not 1 <= int(asked) <= _MOST_LISTED:
        return bad_request(f"Invalid value for limit: {asked}")
    first = 0 if after is None else ids.index(after) + 1
    page = rows[first : first + int(asked)]
    return json_response(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": first + len(page) < len(rows),
        }
    )


def no_such(kind: str, request: web.Request) -> web.Response:
    """Return the 404 for the id in the address."""
    words = f"No such {kind} object: {request.match_info['id']}"
    return json_response(error_shape("invalid_request_error", words), 404)
