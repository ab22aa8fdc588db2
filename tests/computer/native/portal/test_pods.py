"""PipeWire's binary format, as it is written and read here, and what another program may send."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.native.portal.cursor_meta import read_cursor_meta
from bridge.computer.native.portal.pods import (
    PictureFormat,
    PodError,
    read_format,
    read_length,
    write_buffers,
    write_cursor_meta,
    write_formats,
)
from bridge.computer.screen.geometry import Point, Size

HEAD = struct.Struct("=IIiiiiI")
BITMAP = struct.Struct("=IIIiI")


def make_format(format: int, width: int, height: int) -> bytes:
    """Write a chosen format: an object whose properties have one value each."""
    video = struct.pack("=IIIIQ", 0x20001, 0, 4, 3, format)
    size = struct.pack("=IIIIII", 0x20003, 0, 8, 10, width, height)
    body = struct.pack("=II", 0x40003, 4) + video + size
    return struct.pack("=II", len(body), 15) + body


def test_the_chosen_format_is_read() -> None:
    assert read_format(make_format(8, 1280, 720)) == PictureFormat("BGRX", Size(1280, 720))
    assert read_format(make_format(11, 2, 1)) == PictureFormat("RGBX", Size(2, 1))


def test_what_is_offered_is_read_as_its_default() -> None:
    assert read_format(write_formats()) == PictureFormat("BGRX", Size(1920, 1080))


@pytest.mark.parametrize("pod", [write_formats(), write_buffers(), write_cursor_meta((3, 2, 4))])
def test_pods_have_whole_words(pod: bytes) -> None:
    assert read_length(pod[:8]) == len(pod)
    assert len(pod) % 8 == 0


@pytest.mark.parametrize(
    "pod",
    [
        b"",
        make_format(2, 1280, 720),
        make_format(8, 0, 720),
        make_format(8, 1280, 100_000),
        make_format(8, 1280, 720)[:-4],
        write_buffers(),
        struct.pack("=II", 1 << 30, 15),
    ],
)
def test_what_is_no_format_is_refused(pod: bytes) -> None:
    with pytest.raises(PodError):
        read_format(pod)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_format_or_refused(data: bytes) -> None:
    with suppress(PodError):
        read_format(struct.pack("=II", len(data), 15) + data)


def test_a_pointer_has_a_place_and_may_have_an_image() -> None:
    place = HEAD.pack(1, 0, 300, 200, 4, 5, 0)
    moved = read_cursor_meta(place)
    assert moved is not None
    assert (moved.at, moved.hot, moved.make_image()) == (Point(300, 200), (4, 5), None)
    start = HEAD.size
    whole = HEAD.pack(1, 0, 300, 200, 4, 5, start) + BITMAP.pack(12, 2, 1, 8, BITMAP.size)
    shown = read_cursor_meta(whole + b"\x03\x02\x01\xff" * 2)
    assert shown is not None
    cursor = shown.make_image()
    assert cursor is not None
    assert cursor.picture.getpixel((1, 0)) == (1, 2, 3, 255)
    assert cursor.hot == (4, 5)


def test_a_hidden_pointer_has_no_place() -> None:
    assert read_cursor_meta(HEAD.pack(0, 0, 300, 200, 4, 5, 0)) is None


@given(st.binary(max_size=80), st.integers(0, 100))
def test_any_bytes_are_a_pointer_or_none(data: bytes, offset: int) -> None:
    found = read_cursor_meta(HEAD.pack(1, 0, 1, 1, 0, 0, offset) + data)
    assert found is not None
    found.make_image()
