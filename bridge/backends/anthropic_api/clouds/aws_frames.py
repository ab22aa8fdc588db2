"""Convert Amazon Bedrock's stream to server-sent events.

Bedrock wraps each event of the Messages API in a binary frame with checksums:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.errors import StreamBroken
from bridge.wire.json_bytes import decode_json
from bridge.wire.sse import encode_event

if TYPE_CHECKING:
    from botocore.eventstream import EventStreamMessage

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_ERROR_TYPES = {
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
    "internalServerException": "api_error",
    "modelStreamErrorException": "api_error",
}
"""Anthropic's error type for each exception that Bedrock may send in a stream."""


class FrameDecoder:
    """Input: pieces of bytes as they arrive. Output: the events of the frames they complete."""

    def __init__(self) -> None:
        # Imported on use: botocore is optional.
        from botocore.eventstream import EventStreamBuffer

        self._buffer = EventStreamBuffer()

    def feed(self, piece: bytes) -> bytes:
        """Return server-sent events, perhaps none. Raises StreamBroken for a damaged frame."""
        from botocore.eventstream import ParserError

        self._buffer.add_data(piece)
        try:
            return b"".join([_convert_frame(frame) for frame in self._buffer])
        except ParserError as error:
            raise StreamBroken(f"Amazon Bedrock sent a damaged frame: {error}.") from error


def _convert_frame(frame: EventStreamMessage) -> bytes:
    headers: Mapping[str, Any] = frame.headers
    if headers.get(":message-type") != "event":
        return encode_event(_build_error(headers, frame.payload))
    if headers.get(":event-type") != "chunk":
        # Bedrock may add other kinds of events; only chunks are Claude's.
        return b""
    try:
        event = base64.b64decode(decode_json(frame.payload)["bytes"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise StreamBroken("Amazon Bedrock sent a frame without an event.") from error
    # A line break would end the event; JSON has none inside its strings.
    return b"data: " + event.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n\n"


def _build_error(headers: Mapping[str, Any], payload: bytes) -> dict[str, Any]:
    kind = str(headers.get(":exception-type") or headers.get(":error-code") or "")
    try:
        message = decode_json(payload).get("message")
    except (ValueError, AttributeError):
        message = None
    words = message or headers.get(":error-message") or "no message"
    text = f"Amazon Bedrock: {kind or 'error'}: {words}"
    return {
        "type": "error",
        "error": {"type": _ERROR_TYPES.get(kind, "api_error"), "message": text},
    }
