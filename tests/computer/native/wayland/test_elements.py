"""The elements of programs on Sway: they know places in their window, not on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.computer.desktop import Button, Window
from bridge.computer.elements.atspi.elements import AtspiElements
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.factory import open_desktop
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.programs import find_window, float_window, gtk_program
from tests.computer.native.wayland.sway import run_sway, tell_sway
from tests.desktop import session_bus
from tests.web.chromium import run_chromium

pytestmark = pytest.mark.end_to_end

PAGE = """<!doctype html><meta charset="utf-8"><title>Checkout</title>
<style>
  body { margin: 0 }
  form > * { position: absolute; left: 100px; width: 200px; height: 40px; box-sizing: border-box }
</style>
<form>
  <input aria-label=Name style="top: 60px">
  <input aria-label=Secret type=password style="top: 160px">
  <button style="top: 260px">Pay now</button>
  <select aria-label=Size style="top: 340px"><option>Small<option>Large</select>
</form>"""
AREA = Rect(500, 300, 900, 600)


@pytest.fixture(scope="module")
def desktop() -> Iterator[NativeDesktop]:
    """A desktop on a bus of its own, on which programs tell their elements."""
    with run_sway() as session, session_bus() as bus, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DISPLAY", raising=False)
        for name, value in {**session, "DBUS_SESSION_BUS_ADDRESS": bus}.items():
            patch.setenv(name, value)
        made = open_desktop()
        elements = made.elements
        assert isinstance(elements, AtspiElements)
        # A program that is started before the bus is open may have no tree.
        tree = elements._tree
        assert eventually(lambda: tree.bus.run(tree.list_programs, 0.5) is not None, 30)
        yield made
        made.close()


@pytest.fixture
async def checkout(desktop: NativeDesktop, tmp_path: Path) -> AsyncIterator[Window]:
    """Chromium's window, which floats away from the corner."""
    file = tmp_path / "page.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--ozone-platform=wayland", "--force-renderer-accessibility", "--test-type")
    url = f"--app={file.as_uri()}"
    async with run_chromium(tmp_path / "profile", *switches, url=url, headless=False) as page:
        await page.wait_for("document.querySelector('button') !== null")
        # Right after its start, Chromium may keep another size than it was given.
        for width in (AREA.width, AREA.width - 10) * 10:
            await asyncio.to_thread(float_window, desktop, "Checkout", replace(AREA, width=width))
            await asyncio.sleep(0.1)
            if width == AREA.width == await page.evaluate("innerWidth"):
                break
        await page.wait_for("innerWidth === 900")
        yield await asyncio.to_thread(find_window, desktop, "Checkout")


def read_until(read: Callable[[], object], expected: object) -> None:
    values: list[object] = []

    def compare() -> bool:
        values.append(read())
        return values[-1] == expected

    assert eventually(compare, 20), values[-1]


async def test_places_in_a_page_are_those_of_the_screen(
    desktop: NativeDesktop, checkout: Window
) -> None:
    assert checkout.surface is not None
    bar = Rect(600, 460, 200, 40)
    await asyncio.to_thread(read_until, lambda: desktop.elements.password_areas([checkout]), [bar])

    def read_button() -> tuple[str, str, Rect | None] | None:
        element = desktop.elements.element_at(Point(700, 580), checkout)
        return None if element is None else (element.role, element.name, element.box)

    button = ("button", "Pay now", Rect(600, 560, 200, 40))
    await asyncio.to_thread(read_until, read_button, button)
    found = await asyncio.to_thread(desktop.elements.find, checkout, "field", "Name")
    assert [each.element.box for each in found.elements] == [Rect(600, 360, 200, 40)]


def test_a_button_of_gtk_is_found_and_pressed_by_name(
    desktop: NativeDesktop, tmp_path: Path
) -> None:
    tell_sway("gaps outer all set 100")
    with gtk_program("gtk_form.py", str(tmp_path / "log"), "GTK form"):
        window = find_window(desktop, "GTK form")
        assert window.surface == Point(100, 100)

        def read_buttons() -> list[str]:
            try:
                listed = desktop.elements.window_tree(window, 60).elements
            except InvalidRequest:
                # The program does not know the bus yet.
                return []
            return [each.element.name for each in listed if each.element.role == "button"]

        names: list[str] = []

        def has_buttons() -> bool:
            names[:] = read_buttons()
            return bool(names)

        assert eventually(has_buttons, 20)
        name = names[0]
        (button,) = desktop.elements.find(window, "button", name).elements
        box = button.element.box
        assert box is not None
        assert box.intersect(window.area) == box
        middle = Point(box.left + box.width // 2, box.top + box.height // 2)
        there = desktop.elements.element_at(middle, window)
        assert there is not None
        assert there.name == name
        assert desktop.elements.press(button.id) in ("pressed", "silent")


def test_a_window_is_found_while_its_program_has_another_size(
    desktop: NativeDesktop, tmp_path: Path
) -> None:
    """Sway tells the size that it has asked for, before the program has drawn it."""
    with gtk_program("gtk_form.py", str(tmp_path / "log"), "GTK form"):
        window = find_window(desktop, "GTK form")
        at = Point(window.area.left + 20, window.area.top + 300)
        read_until(lambda: read_role(desktop, at, window), "button")
        asked = Rect(window.area.left, window.area.top, 500, 400)
        resized = replace(window, area=asked, frame=asked)
        read_until(lambda: read_role(desktop, at, resized), "button")


def find_name(desktop: NativeDesktop, at: Point, window: Window) -> tuple[str, str] | None:
    element = desktop.elements.element_at(at, window)
    return None if element is None else (element.role, element.name)


def read_role(desktop: NativeDesktop, at: Point, window: Window) -> str:
    return (find_name(desktop, at, window) or ("", ""))[0]


def click(desktop: NativeDesktop, at: Point, button: Button = "left") -> None:
    desktop.move(at)
    desktop.press(button)
    desktop.release(button)


def test_an_item_of_an_open_menu_is_judged_and_not_what_is_below(
    desktop: NativeDesktop, tmp_path: Path
) -> None:
    with gtk_program("gtk_form.py", str(tmp_path / "log"), "GTK form"):
        window = find_window(desktop, "GTK form")
        left, top = window.area.left, window.area.top
        head = Point(left + 20, top + 12)
        read_until(lambda: find_name(desktop, head, window), ("menu", "File"))
        below = Point(left + 40, top + 40)
        open_menu(desktop, head, "left", lambda: read_role(desktop, below, window))
        assert find_name(desktop, below, window) == ("menu item", "New")
        assert find_name(desktop, head, window) == ("menu", "File")
        close_menu(desktop)


async def test_menus_of_chromium_are_judged_by_their_items(
    desktop: NativeDesktop, checkout: Window
) -> None:
    choice, item = Point(AREA.left + 120, AREA.top + 350), Point(AREA.left + 120, AREA.top + 415)
    corner = Point(AREA.left + 500, AREA.top + 100)
    below = Point(corner.x + 60, corner.y + 18)

    def open_menus() -> None:
        read_until(lambda: find_name(desktop, choice, checkout), ("combo box", "Size"))
        open_menu(desktop, choice, "left", lambda: read_role(desktop, item, checkout))
        assert find_name(desktop, item, checkout) == ("menu item", "Large")
        close_menu(desktop)
        read_until(lambda: read_role(desktop, item, checkout) == "menu item", expected=False)
        open_menu(desktop, corner, "right", lambda: read_role(desktop, below, checkout))
        close_menu(desktop)

    await asyncio.to_thread(open_menus)


def open_menu(desktop: NativeDesktop, at: Point, button: Button, read: Callable[[], str]) -> None:
    """Click until an item of a menu is found: a page may not be ready for the first click."""
    for _ in range(10):
        click(desktop, at, button)
        if eventually(lambda: read() == "menu item", 3):
            return
        close_menu(desktop)
    raise AssertionError("The menu did not open.")


def close_menu(desktop: NativeDesktop) -> None:
    desktop.press_key("Escape")
    desktop.release_key("Escape")
