"""The fake as a server on 127.0.0.1, which remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fake_anthropic.play import events
from tests.fake_anthropic.rules import MODELS, rules
from tests.fake_anthropic.script import Directive, directive_of
from tests.fake_anthropic.validate import check

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_MAX_BODY = 32 * 1024 * 1024


@dataclass
class Recorded:
    """One request, and what became of its answer; moments are `time.monotonic()`."""

    path: str
    headers: Mapping[str, str]
    body: Any
    finished: bool = False
    closed_early: bool = False
    closed_at: float | None = None


@dataclass
class FakeAnthropic:
    """Use it as an async context manager; `url` is there once it is entered."""

    keys: Collection[str] = ("sk-ant-test",)
    port: int = 0
    default: Directive = field(default_factory=Directive)
    """Played when the request brings no directive."""
    url: str = ""
    requests: list[Recorded] = field(default_factory=list)
    open_streams: int = 0
    closed_streams: int = 0
    _errors_given: Counter[str] = field(default_factory=Counter)

    async def __aenter__(self) -> FakeAnthropic:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def wait_closed(self, count: int, timeout: float) -> None:
        """Waits until `count` streams in all have ended, one way or the other."""
        async with asyncio.timeout(timeout):
            while self.closed_streams < count:
                await asyncio.sleep(0.002)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        refused = self._wrong_key(request)
        if refused is not None:
            return refused
        try:
            body = json.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "Request exceeds the maximum size")
        except ValueError:
            return _error(400, "The request body is not valid JSON")
        headers = {name.lower(): value for name, value in request.headers.items()}
        record = Recorded(request.path, headers, body)
        self.requests.append(record)
        refusal = check(body, headers)
        if refusal is not None:
            return _error(refusal.status, refusal.message, refusal.type)
        directive = directive_of(body) or self.default
        if self._is_to_fail(directive):
            return _failure(directive)
        if not body.get("stream"):
            return _error(400, "this fake answers only streams, as the bridge only streams")
        return await self._stream(request, record, directive)

    def _wrong_key(self, request: web.Request) -> web.Response | None:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer
        if key in self.keys:
            return None
        return _error(401, "invalid x-api-key" if key else "x-api-key header is required")

    def _is_to_fail(self, directive: Directive) -> bool:
        if "error" not in directive:
            return False
        key = json.dumps(directive, sort_keys=True)
        self._errors_given[key] += 1
        return self._errors_given[key] <= directive.get("times", 1_000_000)

    async def _stream(
        self, request: web.Request, record: Recorded, directive: Directive
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "request-id": _request_id()}
        )
        self.open_streams += 1
        try:
            await asyncio.sleep(directive.get("first_delay", 0))
            await response.prepare(request)
            record.finished = await _play(request, response, directive, record.body)
        except (asyncio.CancelledError, ConnectionResetError):
            record.closed_early = True
            raise
        finally:
            record.closed_at = time.monotonic()
            self.open_streams -= 1
            self.closed_streams += 1
        return response

    async def _models(self, request: web.Request) -> web.Response:
        refused = self._wrong_key(request)
        if refused is not None:
            return refused
        data = [_model(name) for name in sorted(MODELS)]
        page = {"data": data, "first_id": None, "last_id": None, "has_more": False}
        return web.json_response(page)


async def _play(
    request: web.Request, response: web.StreamResponse, directive: Directive, body: Any
) -> bool:
    """Writes the events with the faults asked for; True when it came to its end."""
    if "raw" in directive:
        await response.write(directive["raw"].encode())
        return True
    deltas = 0
    for event in events(directive, body):
        if event["type"] == "content_block_delta":
            if await _faulted(request, response, directive, deltas):
                return False
            deltas += 1
            if directive.get("pings"):
                await _write(response, {"type": "ping"})
            if delay := directive.get("delay"):
                await asyncio.sleep(delay)
        await _write(response, event)
    return True


async def _faulted(
    request: web.Request, response: web.StreamResponse, directive: Directive, deltas: int
) -> bool:
    if directive.get("mid_error") == deltas:
        error = {"type": "overloaded_error", "message": "Overloaded"}
        await _write(response, {"type": "error", "error": error, "request_id": _request_id()})
        return True
    if directive.get("drop") == deltas:
        # What was written so far goes out first: a broken line, not an unsent one.
        await asyncio.sleep(0.05)
        if request.transport is not None:
            request.transport.abort()
        return True
    if directive.get("malformed") == deltas:
        await response.write(b"event: content_block_delta\ndata: {oops\n\n")
        return True
    if directive.get("hang") == deltas:
        await asyncio.Event().wait()
    return False


async def _write(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())


def _failure(directive: Directive) -> web.Response:
    headers = {}
    if "retry_after" in directive:
        headers["retry-after"] = str(directive["retry_after"])
    status = directive["error"]
    return _error(status, directive.get("message", f"fake {status}"), headers=headers)


def _error(
    status: int,
    message: str,
    type: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    id = _request_id()
    error = {"type": type or _TYPES[status], "message": message}
    body = {"type": "error", "error": error, "request_id": id}
    return web.json_response(body, status=status, headers={"request-id": id, **(headers or {})})


def _request_id() -> str:
    return f"req_{uuid.uuid4().hex[:24]}"


def _model(name: str) -> dict[str, Any]:
    limits = rules(name)
    assert limits is not None
    return {
        "type": "model",
        "id": name,
        "display_name": name.replace("-", " ").title(),
        "created_at": "2026-10-01T00:00:00Z",
        "lifecycle": "active",
        "line": name.split("-")[1],
        "max_input_tokens": 200_000 if limits.max_tokens == 64_000 else 1_000_000,
        "max_tokens": limits.max_tokens,
        "retires_at": None,
        "capabilities": None,
    }
