"""A Hugging Face hub on loopback: sends small files itself, redirects to a CDN for large ones."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from aiohttp import web

from tests.serving import Served

MODEL = "someone/small"
COMMIT = "c0ffee" * 6 + "c0ff"


class FakeHub(Served):
    """Serves the files in `folder` as MODEL; strict about everything else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        """Method and path of each request."""
        self.agents: list[str] = []
        self.tokens: dict[str, str | None] = {}
        """The authorization that came with each path."""
        self.breaks = 0
        """How many downloads of the matrix still break in the middle."""
        self.damage = b""
        """What the matrix ends in, in place of its own last bytes."""
        self.status = 200
        self.cdn_status = 200
        self.names_commit = True
        """Whether files have the header that names their commit; some mirrors leave it out."""
        self.may_continue = asyncio.Event()
        """Cleared: the matrix stops in the middle until this is set."""
        self.may_continue.set()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{org}/{name}/resolve/{commit}/{file}", self._resolve)
        app.router.add_get("/cdn/{file}", self._send_large_file)
        app.router.add_route("*", "/{path:.*}", self._refuse)
        return app

    def _record(self, request: web.Request) -> None:
        self.requests.append(f"{request.method} {request.path}")
        self.tokens[request.path] = request.headers.get("authorization")
        self.agents.append(request.headers["user-agent"])

    async def _refuse(self, request: web.Request) -> web.StreamResponse:
        self._record(request)
        return web.Response(status=404)

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        self._record(request)
        if self.status != 200:
            return web.Response(status=self.status)
        file = self.folder / request.match_info["file"]
        if f"{request.match_info['org']}/{request.match_info['name']}" != MODEL:
            return web.Response(status=404, headers={"x-error-code": "RepoNotFound"})
        if request.match_info["commit"] not in ("main", COMMIT) or not file.is_file():
            return web.Response(status=404, headers={"x-error-code": "EntryNotFound"})
        raw = file.read_bytes()
        headers = {"x-repo-commit": COMMIT} if self.names_commit else {}
        if file.suffix == ".json":
            return web.Response(body=raw, headers={**headers, "etag": '"0123"'})
        headers["x-linked-etag"] = f'"{hashlib.sha256(raw).hexdigest()}"'
        headers["x-linked-size"] = str(len(raw))
        # As the real one has it for large files; a client that honours it would use Xet.
        headers["x-xet-hash"] = "0" * 64
        headers["x-xet-refresh-route"] = f"/api/models/{MODEL}/xet-read-token/{COMMIT}"
        headers["location"] = f"{self.url.replace('127.0.0.1', 'localhost')}/cdn/{file.name}"
        return web.Response(status=302, headers=headers, text="Found")

    async def _send_large_file(self, request: web.Request) -> web.StreamResponse:
        self._record(request)
        if self.cdn_status != 200:
            return web.Response(status=self.cdn_status)
        raw = (self.folder / request.match_info["file"]).read_bytes()
        raw = raw[: len(raw) - len(self.damage)] + self.damage
        start = request.http_range.start or 0
        rest = raw[start:]
        headers = {"content-length": str(len(rest))}
        if start:
            headers["content-range"] = f"bytes {start}-{len(raw) - 1}/{len(raw)}"
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        half = len(rest) // 2
        await response.write(rest[:half])
        await self.may_continue.wait()
        if self.breaks:
            self.breaks -= 1
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(rest[half:])
        return response
