"""Typing, keys, clicks and the wheel on mutter, and what is known of its windows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from bridge.computer.apps.app import App
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest
from tests.computer.native.portal.fake_portal import FakePortal
from tests.computer.native.programs.start import eventually
from tests.computer.native.texts import CHOSEN, LONG
from tests.computer.native.wayland.programs import find_window, gtk_program, text_window

pytestmark = pytest.mark.end_to_end

SCREEN = Rect(0, 0, 1920, 1080)
INSIDE = Point(350, 220)
SILENT = """
import os, sys
from bridge.computer.native.wayland.connection import Connection
connection = Connection(os.environ)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def text(
    desktop: NativeDesktop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """A text view, which mutter puts into the top left corner."""
    with text_window(tmp_path_factory.mktemp("notes"), "Notes") as read:
        window = find_window(desktop, "Notes")
        assert eventually(lambda: desktop.find_focused() == window.id)
        yield read


def click(desktop: NativeDesktop, place: Point) -> None:
    desktop.move(place)
    desktop.press("left")
    desktop.release("left")


def press(desktop: NativeDesktop, *keys: str) -> None:
    for key in keys:
        desktop.press_key(key)
    for key in reversed(keys):
        desktop.release_key(key)


def clear(desktop: NativeDesktop, text: Callable[[], str]) -> None:
    press(desktop, "Control_L", "a")
    press(desktop, "Delete")
    assert eventually(lambda: text() == "")


def test_a_click_and_keys_arrive(desktop: NativeDesktop, text: Callable[[], str]) -> None:
    click(desktop, INSIDE)
    desktop.type("Hello, world: 100 % ~ {done}\n\tnext", lambda: None)
    assert eventually(lambda: text() == "Hello, world: 100 % ~ {done}\n\tnext"), text()
    clear(desktop, text)


def test_what_the_layout_lacks_is_pasted_and_the_clipboard_stays(
    desktop: NativeDesktop, text: Callable[[], str]
) -> None:
    whole = "\n".join((*CHOSEN[:2], *CHOSEN[7:10], LONG))
    press(desktop, *"x")
    press(desktop, "Control_L", "a")
    press(desktop, "Control_L", "x")
    assert eventually(lambda: text() == "")
    desktop.type(whole, lambda: None)
    assert eventually(lambda: text() == whole), text()
    clear(desktop, text)
    press(desktop, "Control_L", "v")
    assert eventually(lambda: text() == "x"), text()
    clear(desktop, text)


def test_the_picture_shows_what_was_done(desktop: NativeDesktop, text: Callable[[], str]) -> None:
    assert desktop.grab(Rect(10, 20, 300, 200)).size == (300, 200)
    before = desktop.grab(SCREEN)
    assert before.size == SCREEN.size
    desktop.type("w" * 40, lambda: None)
    assert eventually(lambda: desktop.grab(SCREEN).tobytes() != before.tobytes())
    clear(desktop, text)


def test_the_pointer_is_known_also_when_the_user_moves_it(
    desktop: NativeDesktop, portal: FakePortal, text: Callable[[], str]
) -> None:
    # Programs hide it while they get keys.
    for place in (Point(INSIDE.x + 20, INSIDE.y), INSIDE):
        desktop.move(place)
    assert eventually(lambda: desktop.read_cursor() is not None)
    assert eventually(lambda: desktop.read_pointer() == INSIDE)
    by_hand = Point(INSIDE.x + 60, INSIDE.y - 40)
    portal.move_by_hand(*by_hand)
    assert eventually(lambda: desktop.read_pointer() == by_hand)


def test_a_window_is_known_but_not_where_it_is(
    desktop: NativeDesktop, text: Callable[[], str]
) -> None:
    window = find_window(desktop, "Notes")
    assert (window.area, window.is_placed, window.active) == (SCREEN, False, True)
    assert isinstance(window.app, App)
    assert window.app.script is not None
    assert window.app.script.endswith("gtk_window.py")
    assert desktop.find_pointed() is None
    assert desktop.elements.element_at(INSIDE, window) is None


def test_a_program_that_tells_nothing_counts_as_a_window(
    desktop: NativeDesktop, text: Callable[[], str]
) -> None:
    known = len(desktop.list_windows())
    words = [sys.executable, "-c", SILENT]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as silent:
        assert eventually(lambda: len(desktop.list_windows()) > known)
        (other,) = [each for each in desktop.list_windows() if each.id.process == silent.pid]
        assert (other.title, other.is_placed, other.active) == ("", False, False)
        assert other.program.startswith("python")
    assert eventually(lambda: len(desktop.list_windows()) == known)


def test_elements_are_used_by_name_and_have_no_place(
    desktop: NativeDesktop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("form") / "log"
    with gtk_program("gtk_form.py", str(log), "GTK form"):
        window = find_window(desktop, "GTK form")

        def find_city() -> bool:
            try:
                return bool(desktop.elements.find(window, "field", "City").elements)
            except InvalidRequest:
                return False

        assert eventually(find_city, 20)
        (city,) = desktop.elements.find(window, "field", "City").elements
        assert city.element.box is None
        assert desktop.elements.set_value(city.id, "Bonn") == "Bonn"
        (button,) = desktop.elements.find(window, "button", "Send it").elements
        assert desktop.elements.press(button.id) == "pressed"
        written = ('"city": "Bonn"', '"log": ["Send it"]')
        assert eventually(lambda: all(each in log.read_text("utf-8") for each in written))
        assert len(desktop.elements.password_areas([window])) == 1


def test_a_key_that_the_layout_lacks_is_refused_by_name(desktop: NativeDesktop) -> None:
    with pytest.raises(InvalidRequest, match="`é` is not a key of your keyboard's layout"):
        desktop.press_key("é")
    with pytest.raises(InvalidRequest, match="`Nonsense` is not a key"):
        desktop.press_key("Nonsense")
