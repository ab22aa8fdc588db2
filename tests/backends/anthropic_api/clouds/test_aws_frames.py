"""Bedrock's frames: split anywhere, of unknown kinds, exceptions, and damaged ones."""

from __future__ import annotations

import json

import pytest

from bridge.backends.anthropic_api.clouds.aws_frames import FrameDecoder
from bridge.errors import StreamBroken
from bridge.wire.sse import SseDecoder
from tests.fake_clouds.bedrock import encode_chunk, encode_frame

START = b'{"type": "message_start"}'
STOP = b'{"type": "message_stop"}'


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_frames_are_decoded_however_they_are_split(size: int) -> None:
    stream = encode_chunk(START) + encode_chunk(STOP)
    decoder, events = FrameDecoder(), SseDecoder()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    datas = [data for piece in pieces for data in events.feed(decoder.feed(piece))]
    assert datas == [START, STOP]


def test_a_line_break_between_json_tokens_does_not_end_the_event() -> None:
    data = SseDecoder().feed(FrameDecoder().feed(encode_chunk(b'{\r\n"type": "ping"}')))
    assert [json.loads(event) for event in data] == [{"type": "ping"}]


def test_an_unknown_kind_of_event_is_left_out() -> None:
    frame = encode_frame({":message-type": "event", ":event-type": "news"}, b"{}")
    assert FrameDecoder().feed(frame) == b""


@pytest.mark.parametrize(
    ("headers", "payload", "kind", "words"),
    [
        (
            {":message-type": "exception", ":exception-type": "throttlingException"},
            b'{"message": "Too many tokens"}',
            "rate_limit_error",
            "Amazon Bedrock: throttlingException: Too many tokens",
        ),
        (
            {":message-type": "exception", ":exception-type": "brandNewException"},
            b"not json",
            "api_error",
            "Amazon Bedrock: brandNewException: no message",
        ),
        (
            {":message-type": "error", ":error-code": "500", ":error-message": "Out of order"},
            b"",
            "api_error",
            "Amazon Bedrock: 500: Out of order",
        ),
    ],
)
def test_an_exception_is_an_error_event(
    headers: dict[str, str], payload: bytes, kind: str, words: str
) -> None:
    (data,) = SseDecoder().feed(FrameDecoder().feed(encode_frame(headers, payload)))
    assert json.loads(data) == {"type": "error", "error": {"type": kind, "message": words}}


def test_a_damaged_frame_breaks_the_stream() -> None:
    frame = bytearray(encode_chunk(START))
    frame[-6] ^= 1
    with pytest.raises(StreamBroken, match="damaged frame"):
        FrameDecoder().feed(bytes(frame))


@pytest.mark.parametrize("payload", [b"{}", b'{"bytes": "%%%"}', b"nothing", b"[]"])
def test_a_frame_without_an_event_breaks_the_stream(payload: bytes) -> None:
    frame = encode_frame({":message-type": "event", ":event-type": "chunk"}, payload)
    with pytest.raises(StreamBroken, match="without an event"):
        FrameDecoder().feed(frame)
