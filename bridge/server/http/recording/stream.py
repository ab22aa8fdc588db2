"""The response of a stream, which the recorder sees while it is on."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from bridge.inspect.recording import CURRENT, Recording


def open_stream(headers: Mapping[str, str]) -> web.StreamResponse:
    """Make the response of a stream; its request may be recorded."""
    recording = CURRENT.get()
    if recording is None:
        return EventStreamResponse(headers=headers)
    return RecordedStream(recording, headers)


class EventStreamResponse(web.StreamResponse):
    """A stream whose headers wait for its first piece, or for the writer's `send_headers`."""

    _send_headers_immediately = False


class RecordedStream(EventStreamResponse):
    """A stream whose pieces the recorder gets as they are written."""

    def __init__(self, recording: Recording, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._recording = recording

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a piece, then record it: a client that reads slowly gets it late."""
        await super().write(data)
        self._recording.add_written(data)

    async def write_eof(self, data: bytes = b"") -> None:
        """Write the last piece."""
        await super().write_eof(data)
        self._recording.add_written(data)
