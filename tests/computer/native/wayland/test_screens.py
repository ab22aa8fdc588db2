"""Pictures of real outputs: several, scaled, and turned; each corner is where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.native.programs.start import eventually, read_events
from tests.computer.native.wayland.painter import BOTTOM, RIGHT, painted
from tests.computer.native.wayland.programs import find_window, gtk_program
from tests.computer.native.wayland.sway import tell_sway

pytestmark = pytest.mark.end_to_end

RED, GREEN = 0xFF0000, 0x00FF00
FIRST = Rect(0, 0, 1920, 1080)
TRANSFORMS = ("90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270")


@pytest.fixture(scope="module")
def second(sway: Mapping[str, str]) -> Iterator[None]:
    """A second output to the right, whose mode is 1200×800 pixels."""
    tell_sway("create_output")
    tell_sway("output HEADLESS-2 resolution 1200x800 position 1920 0")
    yield
    tell_sway("output HEADLESS-2 disable")


@pytest.fixture(scope="module")
def clicks(
    sway: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], list[Point]]]:
    """A window; a function that returns where it was clicked."""
    log = tmp_path_factory.mktemp("clicks") / "log.jsonl"
    with gtk_program("gtk_clicks.py", str(log), "Clicks"):
        yield lambda: [Point(each["x"], each["y"]) for each in read_events(log)]


def read_color(desktop: NativeDesktop, area: Rect, at: tuple[float, float]) -> int:
    """Return the colour at a place of an area, which is given in parts of its size."""
    image = desktop.grab(area)
    pixel = image.getpixel((int(at[0] * image.width), int(at[1] * image.height)))
    assert isinstance(pixel, tuple)
    return pixel[0] << 16 | pixel[1] << 8 | pixel[2]


def test_the_picture_has_the_pixels_of_the_screen(desktop: NativeDesktop) -> None:
    assert desktop.list_screens()[0] == FIRST
    assert desktop.grab(FIRST).size == FIRST.size
    assert desktop.grab(Rect(10, 20, 300, 200)).size == (300, 200)
    assert read_color(desktop, FIRST, (0.5, 0.5)) == 0x336699


def test_the_pointer_is_drawn_by_the_compositor(desktop: NativeDesktop) -> None:
    around = Rect(900, 500, 100, 100)
    desktop.move(desktop.read_pointer()._replace(x=940, y=540))
    assert eventually(lambda: len(desktop.grab(around, with_pointer=True).getcolors() or ()) > 1)
    assert desktop.read_cursor() is None


@pytest.mark.parametrize(
    ("scale", "size"),
    [("1", (1200, 800)), ("1.25", (960, 640)), ("1.5", (800, 533)), ("2", (600, 400))],
)
def test_a_scaled_screen_has_points_and_more_pixels(
    scale: str,
    size: tuple[int, int],
    second: None,
    sway: Mapping[str, str],
    desktop: NativeDesktop,
) -> None:
    tell_sway(f"output HEADLESS-2 scale {scale} transform normal")
    screen = Rect(1920, 0, *size)
    assert eventually(lambda: screen in desktop.list_screens())
    assert desktop.grab(screen).size == (1200, 800)
    with painted(sway, RED, screen=1), painted(sway, GREEN, screen=1, anchor=BOTTOM | RIGHT):
        assert eventually(lambda: read_color(desktop, screen, (0.01, 0.01)) == RED)
        assert eventually(lambda: read_color(desktop, screen, (0.99, 0.99)) == GREEN)
        # In points, the corner is as large on every screen.
        corner = desktop.grab(Rect(1920, 0, 60, 40))
        colors = corner.getcolors() or []
        assert max(colors)[1] == (255, 0, 0)
        assert max(colors)[0] > 0.9 * corner.width * corner.height


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_turned_screen_is_seen_upright(
    transform: str, second: None, sway: Mapping[str, str], desktop: NativeDesktop
) -> None:
    tell_sway(f"output HEADLESS-2 scale 1 transform {transform}")
    size = (800, 1200) if transform.endswith(("90", "270")) else (1200, 800)
    screen = Rect(1920, 0, *size)
    assert eventually(lambda: screen in desktop.list_screens())
    with painted(sway, RED, screen=1), painted(sway, GREEN, screen=1, anchor=BOTTOM | RIGHT):
        assert eventually(lambda: read_color(desktop, screen, (0.01, 0.01)) == RED)
        assert eventually(lambda: read_color(desktop, screen, (0.99, 0.99)) == GREEN)
        assert read_color(desktop, screen, (0.99, 0.01)) not in (RED, GREEN)
        assert read_color(desktop, screen, (0.01, 0.99)) not in (RED, GREEN)


def test_an_area_across_two_screens_is_one_picture(
    second: None, sway: Mapping[str, str], desktop: NativeDesktop
) -> None:
    tell_sway("output HEADLESS-2 scale 1 transform normal")
    assert eventually(lambda: Rect(1920, 0, 1200, 800) in desktop.list_screens())
    with painted(sway, GREEN, anchor=1 | RIGHT), painted(sway, RED, screen=1):
        seam = Rect(1860, 0, 120, 40)
        assert eventually(lambda: read_color(desktop, seam, (0.99, 0.5)) == RED)
        assert read_color(desktop, seam, (0.01, 0.5)) == GREEN


@pytest.mark.parametrize(
    ("mode", "size"),
    [
        ("scale 1 transform normal", (1200, 800)),
        ("scale 1.25 transform normal", (960, 640)),
        ("scale 1.5 transform normal", (800, 533)),
        ("scale 2 transform normal", (600, 400)),
        ("scale 1 transform 90", (800, 1200)),
        ("scale 1.5 transform 270", (533, 800)),
    ],
)
def test_a_click_hits_its_place_on_a_second_screen(
    mode: str,
    size: tuple[int, int],
    second: None,
    desktop: NativeDesktop,
    clicks: Callable[[], list[Point]],
) -> None:
    tell_sway(f"output HEADLESS-2 {mode}")
    screen = Rect(1920, 0, *size)
    assert eventually(lambda: screen in desktop.list_screens())
    find_window(desktop, "Clicks")
    tell_sway('[title="Clicks"] move container to output HEADLESS-2')
    assert eventually(lambda: find_window(desktop, "Clicks").area == screen)
    for place in (Point(7, 5), Point(screen.width - 6, screen.height - 9)):
        desktop.move(Point(screen.left + place.x, screen.top + place.y))

        def hits(place: Point = place) -> bool:
            """Click; the window may not be drawn there yet."""
            desktop.press("left")
            desktop.release("left")
            there = clicks()[-1:] or [Point(-1, -1)]
            return abs(there[0].x - place.x) <= 1 and abs(there[0].y - place.y) <= 1

        assert eventually(hits), clicks()[-1:]
