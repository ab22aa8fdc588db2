"""What the fake clouds share: they check a request, and let the fake of Anthropic's API answer."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

from bridge.wire.sse import SseDecoder
from tests.fake_anthropic.server import FakeAnthropic
from tests.serving import Served

_FLUSH = 0.05
"""Seconds to wait before a break, so that everything written so far is sent."""


@dataclass(frozen=True)
class CloudRequest:
    """One request as it reached the cloud; the path is as it was sent."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any


class Refused(Exception):
    """The request breaks a rule of the cloud."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class FakeCloud(Served):
    """A cloud in front of `upstream`; see `Served`."""

    content_type = "text/event-stream"

    def __init__(self, upstream: FakeAnthropic) -> None:
        self.upstream = upstream
        self.requests: list[CloudRequest] = []
        self._session: aiohttp.ClientSession | None = None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        await super().__aexit__(kind, error, trace)

    @abstractmethod
    def build_failure(self, refused: Refused) -> web.Response:
        """Build an error in the cloud's own format."""

    def encode_event(self, data: bytes) -> bytes:
        """Encode one event of the stream."""
        return b"data: " + data + b"\n\n"

    async def record(self, request: web.Request) -> CloudRequest:
        """Keep a request for the test to look at."""
        body = json.loads(await request.read())
        headers = {name.lower(): value for name, value in request.headers.items()}
        record = CloudRequest(request.raw_path, headers, body)
        self.requests.append(record)
        return record

    async def forward(
        self,
        request: web.Request,
        body: Mapping[str, Any],
        betas: str | None,
        path: str = "/v1/messages",
        version: str = "2023-06-01",
    ) -> web.StreamResponse:
        """Let the fake of Anthropic's API answer."""
        self._session = self._session or aiohttp.ClientSession()
        headers = {"x-api-key": "sk-ant-test", "anthropic-version": version}
        if betas:
            headers["anthropic-beta"] = betas
        async with self._session.post(
            f"{self.upstream.url}{path}", json=dict(body), headers=headers
        ) as answer:
            if answer.status != 200:
                error = (await answer.json())["error"]
                return self.build_failure(Refused(answer.status, error["type"], error["message"]))
            if answer.content_type == "application/json":
                return web.json_response(await answer.json())
            return await self._stream(request, answer)

    async def _stream(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": self.content_type})
        await response.prepare(request)
        decoder = SseDecoder()
        try:
            async for piece in answer.content.iter_any():
                for data in decoder.feed(piece):
                    await response.write(self.encode_event(data))
        except aiohttp.ClientError:
            await asyncio.sleep(_FLUSH)
            if request.transport is not None:
                request.transport.abort()
        return response
