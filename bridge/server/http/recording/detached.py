"""Records work that has no HTTP request: messages on a WebSocket, responses in the background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from bridge.inspect.exchange import Via
from bridge.inspect.recording import CURRENT
from bridge.server.http.recording.exchange import describe_outcome, describe_request
from bridge.server.request_record import RequestRecord
from bridge.server.state import BRIDGE
from bridge.wire.json_bytes import encode_json


@contextmanager
def record_detached_exchange(
    request: web.Request, record: RequestRecord, via: Via, body: bytes | bytearray | None
) -> Iterator[None]:
    """Record the work in the block, if the recorder is on.

    Without a `body` it is that of the request, which started the work.
    """
    recorder, parent = request.app[BRIDGE].recorder, CURRENT.get()
    if body is None and parent is not None:
        body = parent.body
    if not recorder.is_on or body is None:
        # The task has the recording of the request that started it, which has ended.
        CURRENT.set(None)
        yield
        return
    recording = recorder.begin(describe_request(request), via, record.started)
    recording.set_body(body)
    token = CURRENT.set(recording)
    try:
        yield
    finally:
        CURRENT.reset(token)
        recording.finish(describe_outcome(record, via, recording.seconds))


def record_event(event: Mapping[str, Any]) -> None:
    """Record an event, or a whole answer, if the recorder is on."""
    recording = CURRENT.get()
    if recording is not None:
        recording.add_written(encode_json(event))


def record_whole(answer: Mapping[str, Any], notices: Sequence[str]) -> None:
    """Record an answer that no client waits for, if the recorder is on."""
    recording = CURRENT.get()
    if recording is not None:
        recording.add_notices(notices)
        record_event(answer)
