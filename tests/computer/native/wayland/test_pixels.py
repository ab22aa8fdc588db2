"""Pictures of what a compositor wrote, without one."""

from __future__ import annotations

import pytest
from PIL import Image

from bridge.computer.native.wayland.capture import choose_buffer
from bridge.computer.native.wayland.pixels import Buffer, compose, read_pixels
from bridge.computer.native.wayland.wire import WaylandError
from bridge.computer.screen.geometry import Rect

XRGB, XBGR, BGR888 = 1, 0x34324258, 0x34324742


@pytest.mark.parametrize(
    ("format", "pixel"),
    [(XRGB, b"\x01\x02\x03\xff"), (XBGR, b"\x03\x02\x01\xff"), (BGR888, b"\x03\x02\x01")],
)
def test_formats_differ_in_the_order_of_colours(format: int, pixel: bytes) -> None:
    buffer = Buffer(format, 1, 1, 4)
    image = read_pixels(pixel.ljust(4, b"\0"), buffer, is_upside_down=False)
    assert image.getpixel((0, 0)) == (3, 2, 1)


def test_lines_may_be_longer_than_the_picture_and_upside_down() -> None:
    lines = b"\x01\0\0\0" + bytes(4) + b"\x02\0\0\0" + bytes(4)
    image = read_pixels(lines, Buffer(XRGB, 1, 2, 8), is_upside_down=True)
    assert [image.getpixel((0, y)) for y in (0, 1)] == [(0, 0, 2), (0, 0, 1)]


@pytest.mark.parametrize(
    "buffer",
    [
        Buffer(XRGB, 0, 10, 40),
        Buffer(XRGB, 10, 40_000, 40),
        Buffer(XRGB, 10, 10, 39),
        Buffer(XRGB, 10, 10, 2**31),
        Buffer(0x30335258, 10, 10, 40),
    ],
)
def test_an_impossible_buffer_is_refused(buffer: Buffer) -> None:
    with pytest.raises(WaylandError):
        choose_buffer([buffer])


def test_a_known_format_is_chosen() -> None:
    ten_bits, usual = Buffer(0x30335258, 4, 4, 16), Buffer(XRGB, 4, 4, 16)
    assert choose_buffer([ten_bits, usual]) == usual
    with pytest.raises(WaylandError, match="shared memory"):
        choose_buffer([])


def test_a_picture_across_screens_has_the_pixels_of_the_finest() -> None:
    left, right = Rect(0, 0, 10, 10), Rect(10, 0, 10, 20)
    red, blue = Image.new("RGB", (10, 10), "red"), Image.new("RGB", (20, 40), "blue")
    whole = compose(Rect(5, 0, 10, 20), [(left, red), (right, blue)])
    assert whole.size == (20, 40)
    assert whole.getpixel((0, 0)) == (255, 0, 0)
    assert whole.getpixel((19, 39)) == (0, 0, 255)
    assert whole.getpixel((0, 39)) == (0, 0, 0), "no screen is there"
