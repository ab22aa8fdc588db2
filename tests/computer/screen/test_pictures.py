"""Pictures before they are sent: hidden windows, the pointer, size and encoding."""

from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bridge.computer.desktop import Cursor, Window
from bridge.computer.screen.geometry import Point, Rect, Size
from bridge.computer.screen.pictures import (
    Format,
    black_out,
    draw_cursor,
    encode,
    find_secret_areas,
    scale,
)
from tests.computer.painter import colourful

BLACK = (0, 0, 0)
RED, WHITE = (255, 0, 0), (255, 255, 255)
SCREEN = Rect(0, 0, 100, 80)


def window(title: str, program: str, left: int = 0) -> Window:
    return Window(title, program, Rect(left, 0, 10, 10), active=False)


def test_windows_are_secret_by_a_word_in_their_title_or_program() -> None:
    windows = [
        window("My vault — KeePassXC", "keepassxc", 1),
        window("Inbox", "Thunderbird", 2),
        window("STRASSE", "x", 3),
        window("Editor", "code", 4),
    ]
    found = find_secret_areas(windows, ["KEEPASS", " bird ", "straße"])
    assert [area.left for area in found] == [1, 2, 3]


def test_a_blank_word_hides_nothing() -> None:
    assert find_secret_areas([window("Editor", "code")], ["", "  "]) == []


def test_a_secret_window_is_hidden_whole_even_below_another() -> None:
    above = Window("Editor", "code", Rect(5, 5, 10, 10), active=True)
    assert find_secret_areas([above, window("Vault", "keys")], ["vault"]) == [Rect(0, 0, 10, 10)]


def test_exactly_the_secret_area_is_black() -> None:
    picture = Image.new("RGB", (100, 80), WHITE)
    black_out(picture, SCREEN, [Rect(10, 20, 30, 5), Rect(90, 70, 50, 50), Rect(200, 0, 9, 9)])
    inside = {(x, y) for x in range(10, 40) for y in range(20, 25)}
    inside |= {(x, y) for x in range(90, 100) for y in range(70, 80)}
    assert blacks(picture) == inside


def test_a_secret_window_is_hidden_on_a_screen_left_of_the_main_one() -> None:
    picture = Image.new("RGB", (100, 80), WHITE)
    black_out(picture, Rect(-100, -80, 100, 80), [Rect(-105, -80, 6, 1)])
    assert blacks(picture) == {(0, 0)}


def test_on_a_high_density_screen_all_pixels_of_a_point_are_hidden() -> None:
    picture = Image.new("RGB", (200, 160), WHITE)
    black_out(picture, SCREEN, [Rect(3, 4, 1, 1)])
    assert blacks(picture) == {(6, 8), (7, 8), (6, 9), (7, 9)}


@given(st.integers(1, 300), st.integers(0, 90), st.integers(1, 10))
def test_at_any_scale_no_pixel_shows_a_secret(width: int, left: int, wide: int) -> None:
    picture = Image.new("RGB", (width, 1), WHITE)
    black_out(picture, Rect(0, 0, 100, 1), [Rect(left, 0, wide, 1)])
    for x in range(width):
        touches = x * 100 < (left + wide) * width and (x + 1) * 100 > left * width
        assert (picture.getpixel((x, 0)) == BLACK) == touches


def test_the_cursor_is_drawn_with_its_hot_spot_at_the_pointer() -> None:
    picture = Image.new("RGB", (100, 80), WHITE)
    draw_cursor(
        picture, SCREEN, Cursor(Image.new("RGBA", (3, 4), (*RED, 255)), (1, 2)), Point(50, 40)
    )
    red = {(x, y) for x in range(100) for y in range(80) if picture.getpixel((x, y)) == RED}
    assert red == {(x, y) for x in (49, 50, 51) for y in (38, 39, 40, 41)}


def test_the_cursor_keeps_its_transparency() -> None:
    picture = Image.new("RGB", (3, 1), WHITE)
    image = Image.new("RGBA", (3, 1), (*RED, 0))
    image.putpixel((1, 0), (0, 0, 0, 51))
    image.putpixel((2, 0), (0, 0, 255, 255))
    draw_cursor(picture, Rect(0, 0, 3, 1), Cursor(image, (0, 0)), Point(0, 0))
    assert [picture.getpixel((x, 0)) for x in range(3)] == [WHITE, (204, 204, 204), (0, 0, 255)]


@pytest.mark.parametrize(
    ("pointer", "red"),
    [(Point(-21, -10), {(0, 0)}), (Point(79, 69), {(99, 79)}), (Point(200, 0), set())],
)
def test_a_cursor_at_the_edge_is_drawn_in_part(pointer: Point, red: set[tuple[int, int]]) -> None:
    picture = Image.new("RGB", (100, 80), WHITE)
    cursor = Cursor(Image.new("RGBA", (2, 1), (*RED, 255)), (0, 0))
    draw_cursor(picture, Rect(-20, -10, 100, 80), cursor, pointer)
    assert {(x, y) for x in range(100) for y in range(80) if picture.getpixel((x, y)) == RED} == red


def test_on_a_high_density_screen_the_cursor_is_inside_its_point() -> None:
    picture = Image.new("RGB", (200, 160), WHITE)
    draw_cursor(
        picture, SCREEN, Cursor(Image.new("RGBA", (1, 1), (*RED, 255)), (0, 0)), Point(3, 4)
    )
    assert picture.getpixel((7, 9)) == RED


def test_shrinking_averages() -> None:
    picture = Image.new("RGB", (4, 2), WHITE)
    picture.paste(BLACK, (0, 0, 1, 2))
    small = scale(picture, Size(2, 1))
    assert [small.getpixel((x, 0)) for x in range(2)] == [(128, 128, 128), WHITE]


def test_enlarging_is_smooth() -> None:
    picture = Image.new("RGB", (2, 1), WHITE)
    picture.putpixel((0, 0), BLACK)
    large = scale(picture, Size(40, 20))
    assert large.size == (40, 20)
    assert len({large.getpixel((x, 10)) for x in range(40)}) > 10


def test_scaling_to_the_same_size_returns_the_image() -> None:
    picture = Image.new("RGB", (4, 2))
    assert scale(picture, Size(4, 2)) is picture


@pytest.mark.parametrize(("form", "error"), [("jpeg", 40.0), ("png", 0.0), ("webp", 40.0)])
def test_an_encoded_picture_has_its_format_and_content(form: Format, error: float) -> None:
    given = scale(colourful(100, 80), Size(400, 320))
    picture = encode(given, form)
    assert picture.media_type == f"image/{form}"
    assert picture.size == Size(400, 320)
    assert base64.b64decode(picture.to_base64()) == picture.data
    with Image.open(io.BytesIO(picture.data)) as read:
        assert Image.MIME[read.format or ""] == picture.media_type
        assert read.size == picture.size
        difference = ImageChops.difference(read.convert("RGB"), given)
    assert mean(difference) <= error


def test_a_jpeg_is_smaller_than_a_png() -> None:
    given = scale(colourful(100, 80), Size(400, 320))
    assert len(encode(given).data) < len(encode(given, "png").data)


def mean(image: Image.Image) -> float:
    return sum(image.convert("L").tobytes()) / (image.width * image.height)


def blacks(image: Image.Image) -> set[tuple[int, int]]:
    return {
        (x, y)
        for x in range(image.width)
        for y in range(image.height)
        if image.getpixel((x, y)) == BLACK
    }
