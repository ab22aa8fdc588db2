"""Messages of Wayland: written and read again, and what a hostile compositor may send."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.native.wayland.wire import (
    Request,
    Stream,
    WaylandError,
    read_arguments,
    write_request,
)

UNSIGNED, SIGNED = st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def test_a_request_is_written_as_the_protocol_has_it() -> None:
    message = write_request(3, Request(2, "usn"), 7, "wl_shm", 9)
    assert message == struct.pack("=IIII", 3, 28 << 16 | 2, 7, 7) + b"wl_shm\0\0" + struct.pack(
        "=I", 9
    )


def test_a_file_descriptor_is_not_in_the_message() -> None:
    assert write_request(5, Request(0, "nhi"), 6, 100) == struct.pack("=IIIi", 5, 16 << 16, 6, 100)


@given(UNSIGNED, SIGNED, TEXT, st.binary(max_size=20))
def test_what_is_written_is_read_again(word: int, number: int, text: str, data: bytes) -> None:
    arguments = (word, number, text, data, 1.5)
    written = write_request(1, Request(0, "uisaf"), *arguments)
    (message,) = Stream().feed(written)
    assert read_arguments(message.body, "uisaf") == arguments


@given(st.lists(st.tuples(UNSIGNED, TEXT), max_size=5), st.integers(1, 7))
def test_messages_come_in_pieces_of_any_size(texts: list[tuple[int, str]], size: int) -> None:
    stream = Stream()
    data = b"".join(write_request(object, Request(4, "s"), text) for object, text in texts)
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    found = [message for piece in pieces for message in stream.feed(piece)]
    assert [(each.object, read_arguments(each.body, "s")[0]) for each in found] == texts


@given(st.binary(max_size=64), st.text("iufsonah", max_size=6))
def test_any_bytes_are_read_or_refused(body: bytes, signature: str) -> None:
    try:
        arguments = read_arguments(body, signature)
    except WaylandError:
        return
    assert len(arguments) == len(signature.replace("h", ""))


@given(st.binary(max_size=200))
def test_any_stream_is_cut_or_refused(data: bytes) -> None:
    try:
        total = sum(8 + len(message.body) for message in Stream().feed(data))
    except WaylandError:
        return
    assert total <= len(data)


@pytest.mark.parametrize("length", [0, 4, 9])
def test_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(WaylandError, match="bytes"):
        list(Stream().feed(struct.pack("=II", 1, length << 16) + bytes(8)))


def test_a_title_that_is_no_utf8_does_not_end_the_connection() -> None:
    assert read_arguments(struct.pack("=I", 3) + b"a\xff\0\0", "s") == ("a\ufffd",)
