"""A small Hugging Face hub on this machine: small files itself, large ones from a second host."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from aiohttp import web

from tests.serving import Served

MODEL = "someone/small"
COMMIT = "c0ffee" * 6 + "c0ff"


class FakeHub(Served):
    """Serves what is in `folder` as MODEL; strict about everything else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.tokens: dict[str, str | None] = {}
        """The authorization that came with each path."""
        self.breaks = 0
        """How many downloads of the matrix still break in the middle."""
        self.damage = b""
        """What the matrix ends in, in place of its own last bytes."""
        self.status = 200
        self.holds = asyncio.Event()
        """Cleared: the matrix stops in the middle until this is set."""
        self.holds.set()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{org}/{name}/resolve/{commit}/{file}", self._resolve)
        app.router.add_get("/cdn/{file}", self._cdn)
        return app

    def _note(self, request: web.Request) -> None:
        self.asked.append(request.path)
        self.tokens[request.path] = request.headers.get("authorization")
        assert request.headers["accept-encoding"] == "identity"

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        if self.status != 200:
            return web.Response(status=self.status)
        file = self.folder / request.match_info["file"]
        if f"{request.match_info['org']}/{request.match_info['name']}" != MODEL:
            return web.Response(status=404, text="Repository not found")
        if request.match_info["commit"] not in ("main", COMMIT) or not file.is_file():
            return web.Response(status=404, text="Entry not found")
        raw = file.read_bytes()
        headers = {"x-repo-commit": COMMIT}
        if file.suffix == ".json":
            return web.Response(body=raw, headers={**headers, "etag": '"0123"'})
        headers["x-linked-etag"] = f'"{hashlib.sha256(raw).hexdigest()}"'
        headers["x-linked-size"] = str(len(raw))
        headers["location"] = f"{self.url.replace('127.0.0.1', 'localhost')}/cdn/{file.name}"
        return web.Response(status=302, headers=headers, text="Found")

    async def _cdn(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        raw = (self.folder / request.match_info["file"]).read_bytes()
        raw = raw[: len(raw) - len(self.damage)] + self.damage
        response = web.StreamResponse(headers={"content-length": str(len(raw))})
        await response.prepare(request)
        half = len(raw) // 2
        await response.write(raw[:half])
        await self.holds.wait()
        if self.breaks:
            self.breaks -= 1
            assert request.transport is not None
            request.transport.abort()
            return response
        await response.write(raw[half:])
        return response
