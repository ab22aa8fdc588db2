"""Decoding of server-sent events, split anywhere."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.wire.sse import SseDecoder, encode_data

STREAM = (
    b'event: ping\ndata: {"a": 1}\n\n'
    b": a comment\n\n"
    b"data: first\r\ndata:second\r\n\r\n"
    b'data: {"text": "\xe2\x80\xa8\xf0\x9f\x99\x82"}\n\n'
    b"data: cut off"
)
EVENTS = [b'{"a": 1}', b"first\nsecond", b'{"text": "\xe2\x80\xa8\xf0\x9f\x99\x82"}']


def test_only_complete_events_are_returned() -> None:
    assert SseDecoder().feed(STREAM) == EVENTS


@pytest.mark.parametrize("heartbeat", ["data:", "data: ", "event: ping\ndata: ", "data"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_event_with_empty_data_is_none(heartbeat: str, end: str) -> None:
    lines = f"{heartbeat}\n\nevent: a\ndata: 1\n\n{heartbeat}\n\n".replace("\n", end).encode()
    assert SseDecoder().feed(lines) == [b"1"]
    decoder = SseDecoder()
    assert [data for byte in lines for data in decoder.feed(bytes([byte]))] == [b"1"]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_byte_order_mark_is_ignored(size: int) -> None:
    stream, decoder = b"\xef\xbb\xbfdata: 1\n\nevent: a\ndata: 2\n\n", SseDecoder()
    pieces = (stream[at : at + size] for at in range(0, len(stream), size))
    assert [data for piece in pieces for data in decoder.feed(piece)] == [b"1", b"2"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_the_split_does_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    decoder = SseDecoder()
    pieces = [STREAM[a:b] for a, b in itertools.pairwise(edges)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == EVENTS


@pytest.mark.parametrize("piece", [b"x" * 1024, b"data: " + b"x" * 1024 + b"\n"])
def test_an_event_without_an_end_is_refused(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.wire.sse.MAX_EVENT", 10_000)
    decoder = SseDecoder()
    with pytest.raises(ValueError, match="too long"):
        for _ in range(20):
            decoder.feed(piece)


def test_a_long_line_is_joined_once() -> None:
    decoder = SseDecoder()
    for _ in range(30_000):
        assert decoder.feed(b"data: x" if not decoder._rest else b"x" * 1000) == []
    (data,) = decoder.feed(b"\n\n")
    assert len(data) == 1 + 29_999 * 1000


def test_a_line_is_ascii() -> None:
    assert encode_data({"t": "\u2028é"}) == b'data: {"t":"\\u2028\\u00e9"}\n\n'


WORDS = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=8)


@given(
    st.lists(st.tuples(WORDS, WORDS.filter(bool)), max_size=6),
    st.lists(st.integers(0, 200), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
)
def test_events_in_upstreams_format(
    events: list[tuple[str, str]], cuts: list[int], line_end: str
) -> None:
    lines = [f"event: {name}{line_end}data: {data}{line_end * 2}" for name, data in events]
    stream = "".join(lines).encode()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    decoder = SseDecoder()
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    found = [event for piece in pieces for event in decoder.feed(piece)]
    assert found == [data.encode() for _, data in events]


LINES = st.sampled_from([b"event: a", b"data: 1", b"data:2", b"data: 3\r", b"", b"\r", b": c"])
USUAL = [[b"event: a", b"data: 1", b""], [b"event: a", b"data: 1\r", b""]]
GROUPS = st.sampled_from(USUAL) | st.lists(LINES, min_size=3, max_size=4)


@settings(max_examples=1000)
@given(st.lists(GROUPS, min_size=1, max_size=3))
def test_a_whole_piece_gives_the_same_as_its_single_bytes(groups: list[list[bytes]]) -> None:
    stream = b"".join(line + b"\n" for group in groups for line in group)
    slow = SseDecoder()
    assert SseDecoder().feed(stream) == [
        event for at in range(len(stream)) for event in slow.feed(stream[at : at + 1])
    ]
