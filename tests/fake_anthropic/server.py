"""The fake as a server on 127.0.0.1, which records all requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aiohttp import web

from tests.fake_anthropic import answers
from tests.fake_anthropic.catalog import find, page
from tests.fake_anthropic.checks.request import check
from tests.fake_anthropic.directive import Directive, directive_of, play_of
from tests.fake_anthropic.play import NewId, counting_ids, find_unoffered
from tests.fake_anthropic.rejection import Refused, Rejection
from tests.fake_anthropic.rules import TODAY, VERSIONS, has_retired, rules
from tests.fake_anthropic.script import Failure, Play, RawHttp, Reply
from tests.fake_anthropic.tokens import count_tokens
from tests.serving import Served

_MAX_BODY = 32 * 1024 * 1024
_OAUTH = "sk-ant-oat"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Recorded:
    """One request and its answer; times are from `time.monotonic()`."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    method: str = "POST"
    finished: bool = False
    """The answer, or the error, was written completely."""
    closed_early: bool = False
    """The client disconnected first."""
    closed_at: float | None = None
    status: int | None = None
    """The answer's status; None before it."""


@dataclass
class FakeAnthropic(Served):
    """A strict fake of Anthropic's API; see `Served`."""

    keys: Collection[str] = ("sk-ant-test",)
    port: int = 0
    default: Directive | Play = field(default_factory=Directive)
    """The play for requests without a directive when no script is left."""
    everywhere: RawHttp | None = None
    """What every path answers, also for token counts and models; overrides the script."""
    models: Failure | RawHttp | None = None
    """What `GET /v1/models` answers to a right key, instead of the table."""
    today: date = TODAY
    """The day, in UTC; models retire on theirs."""
    listings: list[Mapping[str, str]] = field(default_factory=list)
    """The queries of all `GET /v1/models`, also of those with a wrong key."""
    refused_tokens: Collection[str] = ()
    """OAuth tokens that are refused, as expired ones are; all others are accepted."""
    url: str = ""
    requests: list[Recorded] = field(default_factory=list)
    """Requests for a message or a token count, including rejected ones."""
    open_streams: int = 0
    closed_streams: int = 0
    """Answers started and ended in any way; errors do not count."""
    expose_requests: bool = False
    """`GET /__requests` lists them, for another process to look."""
    _script: deque[Play] = field(default_factory=deque)
    _failures: Counter[str] = field(default_factory=Counter)
    _new_id: NewId = field(default_factory=counting_ids)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[self._handle_request])
        app.router.add_post("/v1/messages", self._handle_messages)
        app.router.add_post("/v1/messages/count_tokens", self._handle_count)
        app.router.add_get("/v1/models", self._handle_models)
        app.router.add_get("/v1/models/{id}", self._handle_model)
        if self.expose_requests:
            app.router.add_get("/__requests", self._look)
        return app

    def script(self, *plays: Play) -> None:
        """Set the plays for the next requests, one each, in this order."""
        self._script.extend(plays)

    @property
    def unplayed(self) -> int:
        """Number of scripted plays not yet used."""
        return len(self._script)

    def bodies(self, path: str = "/v1/messages") -> list[dict[str, Any]]:
        """Return the bodies of all requests to a path, in order."""
        return [request.body for request in self.requests if request.path == path]

    async def wait_closed(self, count: int, timeout: float) -> None:
        """Wait until `count` answers in total have ended in any way."""
        async with asyncio.timeout(timeout):
            while self.closed_streams < count:
                await asyncio.sleep(0.002)

    async def wait_requests(self, count: int, timeout: float) -> None:
        """Wait until `count` requests in total have arrived."""
        async with asyncio.timeout(timeout):
            while len(self.requests) < count:
                await asyncio.sleep(0.002)

    @web.middleware
    async def _handle_request(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Check key and version first, and return all errors in the API's format."""
        if request.path.startswith("/__"):
            return await handler(request)
        if self.everywhere is not None:
            await request.read()
            return await answers.write_raw(request, self.everywhere)
        if request.path == "/v1/models":
            self.listings.append(dict(request.query))
        failure = self._check_key(request) or _check_version(request)
        if failure is None:
            try:
                return await handler(request)
            except Refused as refused:
                failure = answers.failure_of(refused.rejection)
            except web.HTTPRequestEntityTooLarge:
                failure = Failure(413, message="Request exceeds the maximum size")
            except web.HTTPNotFound:
                failure = Failure(404, message="Not found")
            except web.HTTPMethodNotAllowed:
                failure = Failure(405, "invalid_request_error", "Method Not Allowed")
        return self._build_failure(failure)

    def _build_failure(self, failure: Failure) -> web.Response:
        return answers.error(failure, self._new_id("req"))

    def _check_key(self, request: web.Request) -> Failure | None:
        bearer = request.headers.get("Authorization", "")
        if bearer:
            key = bearer.removeprefix("Bearer ")
            right = key in self.keys or key.startswith(_OAUTH)
            right = right and key not in self.refused_tokens
            return None if right else Failure(401, message="invalid bearer token")
        own = request.headers.get("x-api-key")
        if not own:
            return Failure(401, message="x-api-key header is required")
        return None if own in self.keys else Failure(401, message="invalid x-api-key")

    async def _read(self, request: web.Request, *, counting: bool = False) -> Recorded:
        """Record and check the request."""
        raw = await request.read()
        try:
            body = json.loads(raw)
            # A half of a surrogate pair is no character, though Python accepts its escape.
            json.dumps(body, ensure_ascii=False).encode()
        except ValueError as error:
            refusal = Failure(400, message=f"The request body is not valid JSON: {error}")
            raise _Broken(refusal) from error
        headers = {name.lower(): value for name, value in request.headers.items()}
        record = Recorded(request.path, headers, body, request.method)
        self.requests.append(record)
        rejection = check(body, headers, counting=counting) or self._check_lifecycle(body)
        if rejection is not None:
            record.status, record.finished = rejection.status, True
            raise Refused(rejection)
        return record

    def _check_lifecycle(self, body: Any) -> Rejection | None:
        row = rules(body["model"])
        if row is None or not has_retired(row, self.today):
            return None
        return Rejection(404, "not_found_error", f"model: {body['model']}")

    async def _handle_messages(self, request: web.Request) -> web.StreamResponse:
        try:
            record = await self._read(request)
        except _Broken as broken:
            return self._build_failure(broken.failure)
        play = self._choose_play(record.body)
        if isinstance(play, Failure):
            await asyncio.sleep(play.delay)
            record.status, record.finished = play.status, True
            return self._build_failure(play)
        if isinstance(play, RawHttp):
            record.finished = True
            return await answers.write_raw(request, play)
        unoffered = find_unoffered(play, record.body)
        if unoffered is not None:
            record.status, record.finished = 500, True
            message = f"the script calls {unoffered}, which the request does not offer"
            return self._build_failure(Failure(500, message=message))
        return await self._answer(request, record, play)

    def _choose_play(self, body: dict[str, Any]) -> Play:
        """Choose the scripted play, the one of a directive, or the default."""
        if self._script:
            return self._script.popleft()
        directive = directive_of(body) or self.default
        if isinstance(directive, Reply | Failure | RawHttp):
            return directive
        key = json.dumps(directive, sort_keys=True)
        play = play_of(directive, self._failures[key])
        if isinstance(play, Failure):
            self._failures[key] += 1
        return play

    async def _answer(
        self, request: web.Request, record: Recorded, reply: Reply
    ) -> web.StreamResponse:
        self.open_streams += 1
        try:
            await asyncio.sleep(reply.first_delay)
            answer = answers.stream if record.body.get("stream") else answers.whole
            response, record.finished = await answer(request, reply, record.body, self._new_id)
            record.status = response.status
            return response
        except (asyncio.CancelledError, ConnectionResetError):
            record.closed_early = True
            raise
        finally:
            record.closed_at = time.monotonic()
            self.open_streams -= 1
            self.closed_streams += 1

    async def _handle_count(self, request: web.Request) -> web.StreamResponse:
        try:
            record = await self._read(request, counting=True)
        except _Broken as broken:
            return self._build_failure(broken.failure)
        record.status, record.finished = 200, True
        return self._build_json({"input_tokens": count_tokens(record.body)}, answers.build_limits())

    async def _handle_models(self, request: web.Request) -> web.StreamResponse:
        play = self.models
        if isinstance(play, RawHttp):
            return await answers.write_raw(request, play)
        if isinstance(play, Failure):
            await asyncio.sleep(play.delay)
            return self._build_failure(play)
        return self._build_json(page(request.query, self.today))

    async def _handle_model(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        found = find(id, self.today)
        if found is None:
            return self._build_failure(Failure(404, message=f"model: {id}"))
        return self._build_json(found)

    def _build_json(
        self, body: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> web.Response:
        return web.json_response(
            body, headers={"request-id": self._new_id("req"), **(headers or {})}
        )

    async def _look(self, request: web.Request) -> web.StreamResponse:
        seen = [{**vars(record), "headers": dict(record.headers)} for record in self.requests]
        return web.json_response(seen)


class _Broken(Exception):
    """The body is not valid JSON."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _check_version(request: web.Request) -> Failure | None:
    version = request.headers.get("anthropic-version")
    if version is None:
        return Failure(400, message="anthropic-version: header is required")
    if version not in VERSIONS:
        return Failure(400, message=f'anthropic-version: "{version}" is not a valid version')
    return None
