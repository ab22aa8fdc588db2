"""Pictures of one session, and what coordinates in them mean."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Element
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import Point, Rect
from bridge.computer.screen.pictures import Picture
from bridge.computer.screen.sizes import HIGH, OLDER
from bridge.errors import InvalidRequest
from tests.computer.fake_desktop import FakeDesktop

LEFT, RIGHT = Rect(-1280, 0, 1280, 1024), Rect(0, 0, 1920, 1080)


def image(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data)).convert("RGB")


def test_a_picture_is_as_large_as_the_model_takes() -> None:
    desktop = FakeDesktop(RIGHT)
    assert Capture(CaptureOptions(HIGH)).take_screenshot(desktop).size == (1920, 1080)
    assert Capture(CaptureOptions(OLDER)).take_screenshot(desktop).size == (1456, 819)
    assert Capture(CaptureOptions(OLDER, 1_150_000)).take_screenshot(desktop).size == (1430, 804)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_a_picture_has_the_requested_format(form: str) -> None:
    picture = Capture(CaptureOptions(form=form)).take_screenshot(FakeDesktop())  # type: ignore[arg-type]
    assert picture.media_type == f"image/{form}"
    assert Image.open(io.BytesIO(picture.data)).format == form.upper()


def test_coordinates_of_a_second_monitor() -> None:
    desktop = FakeDesktop(RIGHT, LEFT)
    capture = Capture(CaptureOptions(HIGH, monitor=1))
    assert capture.take_screenshot(desktop).size == (1280, 1024)
    assert capture.get_view(desktop).to_desktop(0, 0) == Point(-1280, 0)
    with pytest.raises(InvalidRequest, match="no monitor 2; the last one is 1"):
        Capture(CaptureOptions(monitor=2)).take_screenshot(desktop)


def test_coordinates_before_the_first_screenshot() -> None:
    desktop = FakeDesktop(RIGHT)
    capture = Capture(CaptureOptions(OLDER))
    before = capture.get_view(desktop)
    capture.take_screenshot(desktop)
    assert capture.get_view(desktop) == before


def test_a_zoom_does_not_change_what_coordinates_mean() -> None:
    desktop = FakeDesktop(RIGHT)
    capture = Capture(CaptureOptions(OLDER))
    capture.take_screenshot(desktop)
    before = capture.get_view(desktop)
    closer = capture.zoom(desktop, (0, 0, 728, 410))
    assert closer.size.width > 1400
    assert capture.get_view(desktop) == before
    assert desktop.grabbed[-1] == Rect(0, 0, 960, 541)


def test_a_zoom_outside_of_the_picture_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="outside of the picture"):
        Capture(CaptureOptions(OLDER)).zoom(FakeDesktop(RIGHT), (5000, 0, 5100, 50))


def test_secret_windows_are_black_in_every_picture() -> None:
    desktop = FakeDesktop(RIGHT)
    desktop.shown.append(Window("Vault - KeePassXC", "keepassxc", Rect(100, 100, 300, 200), False))
    capture = Capture(CaptureOptions(HIGH, form="png", secret=("keepass",)))
    for picture in (capture.take_screenshot(desktop), capture.take_annotated(desktop, [(1, 1)])):
        assert image(picture).getpixel((250, 200)) in {(0, 0, 0), (0, 0, 1)}
    whole = image(capture.take_screenshot(desktop))
    assert whole.getpixel((99, 99)) == (0, 0, 128)
    assert image(capture.zoom(desktop, (150, 150, 250, 250))).getcolors() == [
        (image(capture.zoom(desktop, (150, 150, 250, 250))).width ** 2, (0, 0, 0))
    ]


def test_password_fields_are_black_in_every_picture() -> None:
    desktop = FakeDesktop(RIGHT)
    desktop.elements.placed = [Element("password field", box=Rect(100, 100, 300, 200))]
    capture = Capture(CaptureOptions(HIGH, form="png"))
    for picture in (capture.take_screenshot(desktop), capture.take_annotated(desktop, [(1, 1)])):
        assert image(picture).getpixel((250, 200)) in {(0, 0, 0), (0, 0, 1)}
    assert image(capture.take_screenshot(desktop)).getpixel((99, 99)) == (0, 0, 128)
    small = Capture(CaptureOptions(OLDER, form="png"))
    assert image(small.take_screenshot(desktop)).getpixel((190, 150)) == (0, 0, 0)
    zoomed = image(capture.zoom(desktop, (150, 150, 250, 250)))
    assert zoomed.getcolors() == [(zoomed.width**2, (0, 0, 0))]


def test_places_are_marked_with_rings() -> None:
    desktop = FakeDesktop(RIGHT)
    marked = image(Capture(CaptureOptions(HIGH)).take_annotated(desktop, [(500, 500), (900, 700)]))
    for x, y in ((482, 500), (900, 682)):
        red, _, blue = marked.getpixel((x, y))  # type: ignore[misc]
        assert red > 150 > blue
