"""An exchange while it runs: collects what passes, and becomes an `Exchange`.

States: open, finished, discarded. A discarded one (the recorder was turned off, or needed the
memory) has dropped its content and takes none, so that its request goes on without a copy.

A client must not wait for it, so it keeps what it is given: the request to a backend, and batches
of events. They are encoded, and so counted, once the client has what was made of them. Until then
they are in memory anyway, for the request itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from time import perf_counter
from typing import Any

from bridge.errors import BridgeError, UpstreamSilent
from bridge.inspect.exchange import (
    ClientRequest,
    Ending,
    Exchange,
    Failure,
    Moment,
    Outcome,
    UpstreamCall,
    Via,
)
from bridge.wire.health import BackendName
from bridge.wire.json_bytes import encode_json
from bridge.wire.messages import MessagesRequest

_OVERHEAD = 200
"""Bytes of the objects around each piece of content, about."""
_MOST_WAITING = 32
"""Batches of events that wait to be encoded: a whole answer is written only at its end."""


class Recording:
    """What was seen of one request so far."""

    def __init__(
        self,
        id: str,
        request: ClientRequest,
        via: Via,
        started: float,
        on_growth: Callable[[Recording, int], None],
        repeats: str | None = None,
        *,
        is_rejected: bool = False,
    ) -> None:
        """`started` by `perf_counter`; `on_growth` is called with the bytes that were added."""
        self.id = id
        self.size = 0
        """The bytes of all content that the recorder has counted, about."""
        self.is_discarded = False
        self.is_rejected = is_rejected
        self.started = started
        self._request = request
        self._at = time.time()
        self._via = via
        self._repeats = repeats
        self._body: bytes | bytearray = b""
        self._read_at: float | None = None
        self._on_growth = on_growth
        self._uncounted = _OVERHEAD
        self._notices: dict[str, None] = {}
        self._calls: list[CallRecording] = []
        self._written: list[Moment] = []
        self._outcome: Outcome | None = None

    @property
    def seconds(self) -> float:
        """The seconds since the request was accepted."""
        return perf_counter() - self.started

    @property
    def body(self) -> bytes | bytearray:
        """The client's body, once it was read."""
        return self._body

    def set_body(self, body: bytes | bytearray) -> None:
        """Take the client's body, which must not be changed afterwards."""
        if not self.is_discarded:
            self._body, self._read_at = body, perf_counter() - self.started
            self._uncounted += len(body)

    def add_notices(self, notices: Sequence[str]) -> None:
        """Take the notices for the client."""
        if not self.is_discarded:
            self._notices.update(dict.fromkeys(notices))
            self._uncounted += sum(map(len, notices))

    def start_call(self, backend: BackendName, request: MessagesRequest) -> CallRecording:
        """Begin to record a request to a backend."""
        if self._calls:
            self.grow(self._calls[-1].encode_all())
        call = CallRecording(self, backend, request)
        # The call before may have taken too much memory.
        if not self.is_discarded:
            self._calls.append(call)
        return call

    def add_written(self, data: bytes | bytearray | memoryview) -> None:
        """Take a piece of the response once it is written."""
        if data and not self.is_discarded:
            self._written.append(Moment(perf_counter() - self.started, bytes(data)))
            size = len(data) + _OVERHEAD
            for call in self._calls:
                size += call.encode_waiting()
            self.grow(size)

    def finish(self, outcome: Outcome) -> None:
        """Take how it ended. Nothing is taken afterwards, but of work in the background."""
        if not self.is_discarded:
            self._outcome = outcome
            # Not 0, so that watchers are told in any case.
            self._uncounted += self._request.measure()
            self.store()

    def store(self) -> None:
        """Encode everything that waits for it, and have it counted."""
        size = 0
        for call in self._calls:
            size += call.encode_all()
        self.grow(size)

    def discard(self) -> None:
        """Drop all content."""
        self.is_discarded = True
        self._request, self._body = replace(self._request, headers=()), b""
        self._notices.clear()
        self._written.clear()
        for call in self._calls:
            call.discard()
        self._calls.clear()

    def grow(self, size: int) -> None:
        """Report that content was added: these bytes, and those not counted yet."""
        size += self._uncounted
        # Reading stores what is there, and must not look like a change when that is nothing.
        if size and not self.is_discarded:
            self._uncounted = 0
            self._on_growth(self, size)

    def freeze(self) -> Exchange:
        """Return what was seen so far, of which everything must be stored."""
        return Exchange(
            self.id,
            self._at,
            self._via,
            replace(self._request, body=self.body, read_at=self._read_at),
            notices=tuple(self._notices),
            calls=tuple(call.freeze() for call in self._calls),
            written=tuple(self._written),
            outcome=self._outcome,
            repeats=self._repeats,
            is_rejected=self.is_rejected,
        )


class CallRecording:
    """What was seen of one request to a backend."""

    def __init__(
        self, recording: Recording, backend: BackendName, request: MessagesRequest
    ) -> None:
        self._recording = recording
        self._backend = backend
        self._request: MessagesRequest | None = None if recording.is_discarded else request
        """The request until it is encoded."""
        self._headers: Mapping[str, str] = {}
        self._started = recording.started
        self._sent_at = perf_counter() - self._started
        self._body = b""
        self._opened_at: float | None = None
        self._ended_at: float | None = None
        self._failure: Failure | None = None
        self._retries: list[Failure] = []
        self._given: Any = None
        self._given_data = b""
        self._waiting: list[tuple[float, Sequence[Any]]] = []
        self._batches: list[Moment] = []

    def set_sent(self, body: bytes) -> None:
        """Take the body of the request as it is sent to Claude's API, so that it is not encoded."""
        if (request := self._request) is not None:
            self._request, self._headers, self._body = None, request.headers, body
            self._recording.grow(len(body))

    def set_given(self, given: Any) -> None:
        """Take what the backend's program is given for the request; it must not be changed."""
        if not self._recording.is_discarded:
            self._given = given

    def note_retry(self, error: BridgeError, route: str, following: str) -> None:
        """Note that a try with a route has failed, and what the backend does now."""
        if not self._recording.is_discarded:
            at = perf_counter() - self._started
            failure = describe_failure(error, at, route=route, following=following)
            self._retries.append(failure)
            self._recording.grow(_measure_failure(failure))

    def note_open(self) -> None:
        """Note that the answer has begun."""
        self._opened_at = perf_counter() - self._started

    def add_events(self, batch: Sequence[Any]) -> None:
        """Take events that were read together; neither they nor the list may change afterwards."""
        if self._recording.is_discarded:
            return
        self._waiting.append((perf_counter() - self._started, batch))
        if len(self._waiting) > _MOST_WAITING:
            self._recording.grow(self.encode_waiting())

    def finish(self, error: BaseException | None = None) -> None:
        """Note the end of the answer, and why it failed; the first end counts."""
        if self._ended_at is None and not self._recording.is_discarded:
            self._ended_at = perf_counter() - self._started
            if error is not None:
                self._failure = describe_failure(error, self._ended_at)
                self._recording.grow(_measure_failure(self._failure))

    def encode_waiting(self) -> int:
        """Encode the events that wait for it; return the bytes that they take, about."""
        size = 0
        for at, batch in self._waiting:
            data = encode_json(batch)
            size += len(data) + _OVERHEAD
            self._batches.append(Moment(at, data))
        self._waiting.clear()
        return size

    def encode_all(self) -> int:
        """Encode also the request; return the bytes that were added, about."""
        size = self.encode_waiting()
        if (request := self._request) is not None:
            self._request, self._headers = None, request.headers
            self._body = encode_json(request.body())
            size += len(self._body) + _OVERHEAD
        if self._given is not None:
            self._given, self._given_data = None, encode_json(self._given)
            size += len(self._given_data)
        return size

    def discard(self) -> None:
        """Drop all content."""
        self._request, self._body, self._headers, self._failure = None, b"", {}, None
        self._given, self._given_data = None, b""
        self._retries.clear()
        self._waiting.clear()
        self._batches.clear()

    def freeze(self) -> UpstreamCall:
        """Return what was seen so far, of which everything must be stored."""
        return UpstreamCall(
            self._backend,
            self._body,
            self._headers,
            self._sent_at,
            self._opened_at,
            tuple(self._batches),
            self._ended_at,
            self._failure,
            tuple(self._retries),
            self._given_data,
        )


def describe_failure(
    error: BaseException, at: float, *, route: str = "", following: str = ""
) -> Failure:
    """Describe why a request to a backend failed, or how it was left."""
    if not isinstance(error, BridgeError):
        is_left = not isinstance(error, Exception)
        reason = "left before its end" if is_left else type(error).__name__
        return Failure(at, reason, "left" if is_left else "broken", route=route)
    original, ending = b"", _choose_ending(error)
    if error.original is not None:
        original = encode_json({"status": error.original.status, "body": error.original.body})
    reason = f"{error.code}: {error.message}"
    return Failure(at, reason, ending, original, route, following)


def _choose_ending(error: BridgeError) -> Ending:
    if error.original is not None:
        return "failed"
    return "silent" if isinstance(error, UpstreamSilent) else "broken"


def _measure_failure(failure: Failure) -> int:
    return len(failure.reason) + len(failure.original) + _OVERHEAD


CURRENT: ContextVar[Recording | None] = ContextVar("recording", default=None)
"""The recording of the request that this task answers; None while the recorder is off."""

CURRENT_CALL: ContextVar[CallRecording | None] = ContextVar("call", default=None)
"""The call that this task opens, for what only its backend knows."""
