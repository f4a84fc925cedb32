"""What a stand-in for the Hugging Face hub holds, and what it answers, path by path.

The paths and the answers are those that `huggingface_hub` 2.4 asks for and reads.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import yaml
from aiohttp import web

KEY = "hf_0123456789abcdefghij"
_DATASET = "/api/datasets/{owner}/{name}"


@dataclass(frozen=True)
class Commit:
    """What a repository holds after a commit."""

    oid: str
    message: str
    files: Mapping[str, bytes]


@dataclass
class Repository:
    """A data set: its commits, the first of which is empty."""

    private: bool
    commits: list[Commit]

    @property
    def head(self) -> Commit:
        return self.commits[-1]

    def add(self, message: str, files: Mapping[str, bytes]) -> Commit:
        text = f"{len(self.commits)} {message} {sorted(files)}"
        self.commits.append(Commit(hashlib.sha1(text.encode()).hexdigest(), message, files))
        return self.head


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Fault:
    status: int
    path: re.Pattern[str]
    times: int
    message: str
    after: bool


@dataclass
class Hub:
    """The state of the stand-in. `owners` are those that the key may write to."""

    url: str = ""
    owners: tuple[str, ...] = ("me",)
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    _large: dict[str, bytes] = field(default_factory=dict)
    _faults: list[_Fault] = field(default_factory=list)

    def put(self, repository: str, files: Mapping[str, bytes], *, private: bool = False) -> Commit:
        """Put a data set there as plain files, or a commit on top of one."""
        if repository not in self.repositories:
            self.create(repository, private=private)
        found = self.repositories[repository]
        return found.add("put", {**found.head.files, **files})

    def create(self, repository: str, *, private: bool) -> Repository:
        """Make a repository as the hub does: with one commit."""
        made = Repository(private, [])
        made.add("initial commit", {".gitattributes": b"*.parquet filter=lfs\n"})
        self.repositories[repository] = made
        return made

    def fail(
        self, status: int, path: str = "", times: int = 1, message: str = "", *, after: bool = False
    ) -> None:
        """Answer the next requests for paths like this with a status; `after` doing it all."""
        self._faults.append(_Fault(status, re.compile(path), times, message, after))

    def environment(self, home: object) -> dict[str, str]:
        """Return the variables with which a process of its own talks to this, and to nobody else.

        `home` is an empty folder, for its cache.
        """
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": KEY,
            "NO_PROXY": "127.0.0.1",
        }


def make_app(hub: Hub) -> web.Application:
    @web.middleware
    async def watch(request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.read()
        hub.asked.append(Asked(request.method, request.path, dict(request.headers), body))
        fault = next(
            (one for one in hub._faults if one.times and one.path.search(request.path)), None
        )
        if fault is not None and fault.after:
            await handler(request)
        if fault is not None:
            fault.times -= 1
            return _refuse(fault.status, fault.message)
        if "Authorization" in request.headers and not _is_known(request):
            return _refuse(401, "Invalid credentials in Authorization header")
        return await handler(request)

    app = web.Application(middlewares=[watch], client_max_size=1 << 30)
    api = _Api(hub)
    app.add_routes(
        [
            web.post("/api/repos/create", api.create),
            web.post("/api/validate-yaml", api.validate),
            web.get(_DATASET, api.describe),
            web.get(f"{_DATASET}/revision/{{revision}}", api.describe),
            web.get(f"{_DATASET}/tree/{{revision}}", api.list_tree),
            web.get(f"{_DATASET}/tree/{{revision}}/{{path:.+}}", api.list_tree),
            web.post(f"{_DATASET}/paths-info/{{revision}}", api.describe_paths),
            web.post(f"{_DATASET}/preupload/{{revision}}", api.choose_modes),
            web.post(f"{_DATASET}/commit/{{revision}}", api.commit),
            web.post("/datasets/{owner}/{name:.+}.git/info/lfs/objects/batch", api.batch),
            web.put("/large/{oid}", api.upload),
            web.post("/large/{oid}", api.verify),
            web.get("/datasets/{owner}/{name}/resolve/{revision}/{path:.+}", api.resolve),
        ]
    )
    return app


def _is_known(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Bearer {KEY}"


def _refuse(status: int, message: str, code: str = "") -> web.Response:
    headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
    return web.json_response({"error": message}, status=status, headers=headers)


def _is_large(path: str) -> bool:
    return path.endswith(".parquet")


def _hash_blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _describe_file(path: str, content: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
    told["oid"] = _hash_blob(content)
    if _is_large(path):
        oid = hashlib.sha256(content).hexdigest()
        told["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
    return told


class _Missing(Exception):
    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


def _answering(handler: Any) -> Any:
    async def answer(self: "_Api", request: web.Request) -> web.StreamResponse:
        try:
            return await handler(self, request)
        except _Missing as missing:
            return missing.answer

    return answer


class _Api:
    """What the hub answers, path by path."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def find(self, request: web.Request, *, to_write: bool = False) -> Repository:
        owner, name = request.match_info["owner"], request.match_info["name"]
        found = self.hub.repositories.get(f"{owner}/{name}")
        if found is None or (found.private and not _is_known(request)):
            status = 404 if _is_known(request) else 401
            raise _Missing(_refuse(status, "Repository not found", "RepoNotFound"))
        if to_write and owner not in self.hub.owners:
            raise _Missing(_refuse(403, "You have read access but not the required permissions"))
        return found

    def find_commit(self, request: web.Request) -> Commit:
        found = self.find(request)
        revision = request.match_info.get("revision", "main")
        for commit in found.commits:
            if commit.oid == revision:
                return commit
        if revision not in ("main", "refs/heads/main"):
            raise _Missing(_refuse(404, "Invalid rev id", "RevisionNotFound"))
        return found.head

    @_answering
    async def create(self, request: web.Request) -> web.StreamResponse:
        wanted = await request.json()
        name = f"{wanted['organization']}/{wanted['name']}"
        if not _is_known(request):
            return _refuse(401, "Unauthorized")
        if wanted["organization"] not in self.hub.owners:
            return _refuse(403, "You don't have the rights to create a dataset there")
        if name in self.hub.repositories:
            return _refuse(409, "You already created this dataset repo")
        assert wanted["type"] == "dataset"
        self.hub.create(name, private=wanted["visibility"] == "private")
        return web.json_response({"url": f"{self.hub.url}/datasets/{name}"})

    @_answering
    async def validate(self, request: web.Request) -> web.StreamResponse:
        _, front, _ = (await request.json())["content"].split("---\n", 2)
        known = yaml.safe_load(front)
        named = known["license"] in ("cc-by-4.0", "apache-2.0", "odc-by", "other")
        wrong = [] if named else [{"message": '"license" must be one of [...]'}]
        answer = {"errors": wrong, "warnings": []}
        return web.json_response(answer, status=400 if wrong else 200)

    @_answering
    async def describe(self, request: web.Request) -> web.StreamResponse:
        commit = self.find_commit(request)
        return web.json_response(
            {
                "id": f"{request.match_info['owner']}/{request.match_info['name']}",
                "sha": commit.oid,
                "private": self.find(request).private,
                "siblings": [{"rfilename": path} for path in sorted(commit.files)],
                "tags": [],
                "downloads": 0,
            }
        )

    @_answering
    async def list_tree(self, request: web.Request) -> web.StreamResponse:
        files = self.find_commit(request).files
        folder = request.match_info.get("path", "")
        under = f"{folder}/" if folder else ""
        deep = request.query.get("recursive", "").lower() == "true"
        told: dict[str, dict[str, Any]] = {}
        for path, content in sorted(files.items()):
            if not path.startswith(under):
                continue
            parts = path.removeprefix(under).split("/")
            for depth in range(1, len(parts) if deep else min(2, len(parts))):
                name = under + "/".join(parts[:depth])
                told[name] = {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
            if deep or len(parts) == 1:
                told[path] = _describe_file(path, content)
        if folder and not told:
            return _refuse(404, "Entry not found", "EntryNotFound")
        return web.json_response(list(told.values()))

    @_answering
    async def describe_paths(self, request: web.Request) -> web.StreamResponse:
        files = self.find_commit(request).files
        told: list[dict[str, Any]] = []
        for path in (await request.post()).getall("paths", []):
            if path in files:
                told.append(_describe_file(str(path), files[str(path)]))
            elif any(name.startswith(f"{path}/") for name in files):
                told.append({"type": "directory", "path": path, "oid": "0" * 40, "size": 0})
        return web.json_response(told)

    @_answering
    async def choose_modes(self, request: web.Request) -> web.StreamResponse:
        present = self.find(request, to_write=True).head.files
        told: list[dict[str, Any]] = []
        for wanted in (await request.json())["files"]:
            path = wanted["path"]
            mode = {"path": path, "uploadMode": "lfs" if _is_large(path) else "regular"}
            if path in present:
                kept = _describe_file(path, present[path])
                mode["oid"] = kept["lfs"]["oid"] if _is_large(path) else kept["oid"]
            told.append(mode | {"shouldIgnore": False})
        return web.json_response({"files": told})

    @_answering
    async def batch(self, request: web.Request) -> web.StreamResponse:
        self.find(request, to_write=True)
        told: list[dict[str, Any]] = []
        for wanted in (await request.json())["objects"]:
            place = {"href": f"{self.hub.url}/large/{wanted['oid']}"}
            actions = {"actions": {"upload": place, "verify": place}}
            told.append(wanted | ({} if wanted["oid"] in self.hub._large else actions))
        return web.json_response({"transfer": "basic", "objects": told})

    @_answering
    async def upload(self, request: web.Request) -> web.StreamResponse:
        content, oid = await request.read(), request.match_info["oid"]
        if hashlib.sha256(content).hexdigest() != oid:
            return _refuse(400, "not what was announced")
        self.hub._large[oid] = content
        return web.Response()

    @_answering
    async def verify(self, request: web.Request) -> web.StreamResponse:
        told = await request.json()
        whole = len(self.hub._large.get(told["oid"], b"")) == told["size"]
        return web.Response() if whole else _refuse(404, "not uploaded")

    @_answering
    async def commit(self, request: web.Request) -> web.StreamResponse:
        found = self.find(request, to_write=True)
        header, *operations = [orjson.loads(line) for line in (await request.read()).splitlines()]
        if header["value"].get("parentCommit", found.head.oid) != found.head.oid:
            return _refuse(412, "A commit has happened since. Please refresh and try again.")
        files = dict(found.head.files)
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                files[value["path"]] = self.hub._large[value["oid"]]
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
            else:
                return _refuse(400, f"unknown operation {operation['key']}")
        made = found.add(header["value"]["summary"], files)
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        address = f"{self.hub.url}/datasets/{name}/commit/{made.oid}"
        return web.json_response({"success": True, "commitOid": made.oid, "commitUrl": address})

    @_answering
    async def resolve(self, request: web.Request) -> web.StreamResponse:
        commit = self.find_commit(request)
        path = request.match_info["path"]
        if path not in commit.files:
            return _refuse(404, "Entry not found", "EntryNotFound")
        content = commit.files[path]
        told = _describe_file(path, content)
        etag = told["lfs"]["oid"] if "lfs" in told else told["oid"]
        headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        wanted = request.http_range
        if wanted.start is None:
            return web.Response(body=content, headers=headers)
        start, end, _ = wanted.indices(len(content))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        return web.Response(body=content[start:end], status=206, headers=headers)
