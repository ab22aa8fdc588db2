"""An exchange while it runs: collects what passes, and becomes an `Exchange`.

States: open, finished, discarded. A discarded one (the recorder was turned off, or needed the
memory) has dropped its content and takes none, so that its request goes on without a copy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from bridge.inspect.exchange import ClientRequest, Exchange, Moment, Outcome, UpstreamCall, Via
from bridge.wire.health import BackendName
from bridge.wire.json_bytes import encode_json

_OVERHEAD = 200
"""Bytes of the objects around each piece of content, about."""


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
    ) -> None:
        """`started` by `perf_counter`; `on_growth` is called with the bytes that were added."""
        self.id = id
        self.is_discarded = False
        self._started = started
        self._request = request
        self._at = time.time()
        self._via = via
        self._repeats = repeats
        self._body = b""
        self._read_at: float | None = None
        self._on_growth = on_growth
        self._notices: dict[str, None] = {}
        self._calls: list[CallRecording] = []
        self._written: list[Moment] = []
        self._outcome: Outcome | None = None

    @property
    def seconds(self) -> float:
        """The seconds since the request was accepted."""
        return time.perf_counter() - self._started

    @property
    def body(self) -> bytes:
        """The client's body, as far as it was read."""
        return self._body

    def set_body(self, body: bytes | bytearray) -> None:
        """Take the client's body."""
        if not self.is_discarded:
            self._body, self._read_at = bytes(body), self.seconds
            self.grow(len(body))

    def add_notices(self, notices: Sequence[str]) -> None:
        """Take the notices for the client."""
        if not self.is_discarded:
            self._notices.update(dict.fromkeys(notices))
            self.grow(sum(map(len, notices)))

    def start_call(
        self, backend: BackendName, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> CallRecording:
        """Begin to record a request to a backend."""
        call = CallRecording(self, backend, headers)
        if not self.is_discarded:
            # First, because the body may be what discards the recording, with all of its calls.
            self._calls.append(call)
            call.set_body(encode_json(body))
        return call

    def add_written(self, data: bytes | bytearray | memoryview) -> None:
        """Take a piece of the response, as it is written."""
        if data and not self.is_discarded:
            self._written.append(Moment(self.seconds, bytes(data)))
            self.grow(len(data))

    def finish(self, outcome: Outcome) -> None:
        """Take how it ended. Nothing is taken afterwards, but of work in the background."""
        if not self.is_discarded:
            self._outcome = outcome
            self.grow(0)

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
        """Report that content was added."""
        if not self.is_discarded:
            self._on_growth(self, size + _OVERHEAD if size else 0)

    def freeze(self) -> Exchange:
        """Return what was seen so far."""
        return Exchange(
            self.id,
            self._at,
            self._via,
            replace(self._request, body=self._body, read_at=self._read_at),
            notices=tuple(self._notices),
            calls=tuple(call.freeze() for call in self._calls),
            written=tuple(self._written),
            outcome=self._outcome,
            repeats=self._repeats,
        )


class CallRecording:
    """What was seen of one request to a backend."""

    def __init__(
        self, recording: Recording, backend: BackendName, headers: Mapping[str, str]
    ) -> None:
        self._recording = recording
        self._backend = backend
        self._headers = headers
        self._sent_at = recording.seconds
        self._body = b""
        self._opened_at: float | None = None
        self._ended_at: float | None = None
        self._failure: str | None = None
        self._events: list[Moment] = []

    def set_body(self, body: bytes) -> None:
        """Take the request's body."""
        self._body = body
        self._recording.grow(len(body))

    def note_open(self) -> None:
        """Note that the answer has begun."""
        self._opened_at = self._recording.seconds

    def add_events(self, batch: Sequence[Any]) -> None:
        """Take events that were read together."""
        if self._recording.is_discarded:
            return
        at, size = self._recording.seconds, 0
        for event in batch:
            data = encode_json(event)
            size += len(data) + _OVERHEAD
            self._events.append(Moment(at, data))
        self._recording.grow(size)

    def finish(self, failure: str | None = None) -> None:
        """Note the end of the answer; the first end counts."""
        if self._ended_at is None and not self._recording.is_discarded:
            self._ended_at, self._failure = self._recording.seconds, failure

    def discard(self) -> None:
        """Drop all content."""
        self._body, self._headers, self._failure = b"", {}, None
        self._events.clear()

    def freeze(self) -> UpstreamCall:
        """Return what was seen so far."""
        return UpstreamCall(
            self._backend,
            self._body,
            self._headers,
            self._sent_at,
            self._opened_at,
            tuple(self._events),
            self._ended_at,
            self._failure,
        )


CURRENT: ContextVar[Recording | None] = ContextVar("recording", default=None)
"""The recording of the request that this task answers; None while the recorder is off."""
