"""What real programs tell of their elements, and what a bus costs that does not answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from bridge.computer.desktop import Window
from bridge.computer.effects import find_windows_at
from bridge.computer.elements.atspi import bus
from bridge.computer.elements.atspi.elements import SECONDS, AtspiElements
from bridge.computer.elements.base import NOTHING, Dialog, Element
from bridge.computer.native.x11.input import X11Input
from bridge.computer.screen.geometry import Point, Rect
from tests import desktop
from tests.computer.native.programs.start import eventually
from tests.web.chromium import Page, run_chromium

_PYTHON = "/usr/bin/python3"
_GTK = Path(__file__).parents[1] / "native" / "programs" / "gtk_controls.py"
WINDOW = Window("A", "a", Rect(0, 0, 100, 100), active=True)


class Screen:
    """A display with programs that tell their elements."""

    def __init__(
        self, input_device: X11Input, elements: AtspiElements, areas: Path, process: int
    ) -> None:
        self.input, self.elements, self._areas = input_device, elements, areas
        self.process = process
        """Of the GTK window."""

    def find_area(self, name: str) -> Rect:
        """Return where a control of the GTK window is, as the window itself says."""
        areas: dict[str, Any] = {}

        def read() -> bool:
            areas.update(json.loads(self._areas.read_text("utf-8")))
            return bool(areas.get(name))

        assert eventually(lambda: self._areas.exists() and read(), 30), name
        return Rect(*areas[name])

    def look_at(self, point: Point) -> Element | None:
        windows = find_windows_at(point, self.input.list_windows())
        return self.elements.element_at(point, windows[0])

    def find_active(self, title: str) -> Window:
        """Wait until the window with a title has the keyboard."""
        found: list[Window] = []

        def look() -> bool:
            windows = self.input.list_windows()
            found[:] = [each for each in windows if each.active and each.title == title]
            return bool(found)

        assert eventually(look, 30), title
        return found[0]

    def click(self, name: str) -> None:
        self.input.move(middle(self.find_area(name)))
        self.input.press("left")
        self.input.release("left")


def middle(area: Rect) -> Point:
    return Point(area.left + min(area.width // 2, 60), area.top + area.height // 2)


@contextmanager
def session() -> Iterator[None]:
    """A display, a D-Bus and a window manager, in the environment."""
    desktop.need_program("openbox")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("DISPLAY", stack.enter_context(desktop.x_display("1920x1080")))
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", stack.enter_context(desktop.session_bus()))
        manager = stack.enter_context(subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL))
        stack.callback(manager.kill)
        yield


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    areas = tmp_path_factory.mktemp("gtk") / "areas.json"
    words = [_PYTHON, str(_GTK), str(areas), "Disks", "Erase disk…", "Convert", "Ask…"]
    with (
        session(),
        closing(X11Input({"DISPLAY": os.environ["DISPLAY"]})) as device,
        closing(AtspiElements()) as elements,
        subprocess.Popen(words) as program,
    ):
        try:
            made = Screen(device, elements, areas, program.pid)
            area = made.find_area("Convert")
            assert eventually(lambda: made.look_at(middle(area)) is not None, 30)
            yield made
        finally:
            program.kill()


@pytest.mark.parametrize(
    ("name", "role", "label"),
    [
        ("Erase disk…", "button", "Erase disk…"),
        ("icon Delete row", "button", "Delete row"),
        ("label", "text", "Delete is a word in this text"),
        ("entry", "field", ""),
        ("password", "password field", ""),
        ("text", "field", ""),
        ("list", "cell", "Notes.txt"),
        ("Erase all data", "button", "Erase all data"),
        ("File", "menu", "File"),
    ],
)
def test_a_gtk_window_tells_its_controls(screen: Screen, name: str, role: str, label: str) -> None:
    found = screen.look_at(middle(screen.find_area(name)))
    assert found is not None
    assert (found.role, found.name) == (role, label)


def test_what_a_program_draws_itself_is_unknown(screen: Screen) -> None:
    assert screen.look_at(middle(screen.find_area("drawing"))) is None


def test_the_items_of_an_open_menu_are_found_instead_of_what_is_below(screen: Screen) -> None:
    screen.click("File")
    found = screen.look_at(middle(screen.find_area("File > Move to Trash")))
    screen.input.press_key("Escape")
    screen.input.release_key("Escape")
    assert found is not None
    assert (found.role, found.name) == ("menu item", "Move to Trash")


def test_a_dialog_tells_its_text_and_its_default_button(screen: Screen) -> None:
    screen.click("Ask…")
    found = screen.look_at(middle(screen.find_area("dialog Don't Save")))
    assert found is not None
    assert found.dialog is not None
    assert found.dialog.text == "Save changes? Your changes will be lost."
    default = screen.elements.default_button(screen.find_active("Editor"))
    assert default is not None
    assert default.name == "Cancel"
    screen.click("dialog Cancel")
    screen.find_active("Disks")


def test_a_window_without_a_default_button_has_none(screen: Screen) -> None:
    screen.click("entry")
    window = screen.find_active("Disks")
    assert eventually(lambda: screen.elements.default_button(window) is NOTHING, 30)


def test_the_element_with_the_focus_is_known(screen: Screen) -> None:
    screen.click("password")
    assert eventually(
        lambda: is_password(screen.elements.find_focused(screen.find_active("Disks")))
    )


def is_password(element: Element | None) -> bool:
    return element is not None and element.role == "password field"


def test_password_fields_are_where_the_window_says(screen: Screen) -> None:
    areas = screen.elements.password_areas(screen.input.list_windows())
    assert areas == [screen.find_area("password")]


def test_a_program_that_hangs_is_left_alone_for_a_while(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PAUSE_SECONDS", 0.5)
    place, windows = middle(screen.find_area("Convert")), screen.input.list_windows()
    known = screen.elements.password_areas(windows)
    os.kill(screen.process, signal.SIGSTOP)
    try:
        assert screen.elements.element_at(place, windows[0]) is None
        assert screen.elements.password_areas(windows) == known, "as they were last known"
    finally:
        os.kill(screen.process, signal.SIGCONT)
    assert eventually(lambda: screen.elements.element_at(place, windows[0]) is not None, 30)


PAGE = """<!doctype html><meta charset="utf-8"><title>A page</title>
<h1 id=heading>Delete</h1><ul><li id=item>Delete</ul><canvas id=canvas></canvas>
<button id=icon aria-label="Delete row"><svg width=20 height=20></svg></button>
<div id=wide onclick="1" style="width:300px">Remove all</div>
<ul><li id=clickable onclick="1">Remove it</ul><a id=link href="#x"><b>Buy now</b></a>
<div role=dialog aria-label="Delete?"><p>All of it.</p><button id=yes>Yes</button></div>
<form><label>Card number<input></label><input id=secret type=password value=hunter2>
<button id=submit>Next</button></form><textarea id=area></textarea>"""
ON_PAGE = {
    "heading": ("text", "Delete"),
    "item": ("text", "Delete"),
    "icon": ("button", "Delete row"),
    "wide": ("clickable", "Remove all"),
    "clickable": ("clickable", "Remove it"),
    "link": ("link", "Buy now"),
    "yes": ("button", "Yes"),
    "secret": ("password field", ""),
    "submit": ("button", "Next"),
    "area": ("field", ""),
}


async def test_a_page_in_chromium_tells_its_controls(screen: Screen, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    await asyncio.to_thread(file.write_text, PAGE, "utf-8")
    switches = ("--window-position=700,0", "--window-size=700,700", f"--app={file.as_uri()}")
    async with run_chromium(
        tmp_path / "profile", *switches[:2], url=switches[2], headless=False
    ) as page:
        await page.wait_for("document.querySelector('#area') !== null")
        places = {name: await find_on_page(page, name) for name in (*ON_PAGE, "canvas")}
        found = await asyncio.to_thread(look_at_page, screen, places)
        is_hidden = await asyncio.to_thread(eventually, lambda: hides(screen, places["secret"]), 30)
    assert {name: (each.role, each.name) for name, each in found.items() if each} == ON_PAGE
    assert found["canvas"] is None, "what a page draws itself is unknown"
    yes, submit = found["yes"], found["submit"]
    assert yes
    assert submit
    assert yes.dialog == Dialog("Delete?", "All of it.")
    assert submit.form == {"card", "password"}
    assert "default" in submit.states
    assert submit.address == file.as_uri()
    assert is_hidden, "the password field"


async def test_the_address_bar_of_chromium_tells_what_is_in_it(
    screen: Screen, tmp_path: Path
) -> None:
    """Typed in an order in which no look at the keys finds `javascript:`."""
    switches = ("--window-position=700,0", "--window-size=700,700")
    bar = Point(1000, 62)
    async with run_chromium(tmp_path / "profile", *switches, headless=False):

        def type_into_bar() -> Element | None:
            read: list[Element | None] = []

            def has(text: str) -> bool:
                (window,) = find_windows_at(bar, screen.input.list_windows())[:1]
                focused = screen.elements.find_focused(window)
                read.append(focused if text else screen.look_at(bar))
                return read[-1] is not None and read[-1].text.startswith(text)

            def is_bar() -> bool:
                return has("") and read[-1] is not None and read[-1].role == "address bar"

            assert eventually(is_bar, 30), read[-1]
            screen.input.move(bar)
            screen.input.press("left")
            screen.input.release("left")
            for keys in (("Control_L", "a"), ("BackSpace",)):
                press(screen, *keys)
            screen.input.type("avascript:void(0)", lambda: None)
            press(screen, "Home")
            screen.input.type("j", lambda: None)
            assert eventually(lambda: has("javascript:"), 10), read[-1]
            return read[-1]

        found = await asyncio.to_thread(type_into_bar)
    assert found is not None
    assert found.text == "javascript:void(0)"


def press(screen: Screen, *keys: str) -> None:
    for key in keys:
        screen.input.press_key(key)
    for key in reversed(keys):
        screen.input.release_key(key)


def hides(screen: Screen, place: Point) -> bool:
    areas = screen.elements.password_areas(screen.input.list_windows())
    return any(place in area for area in areas)


async def find_on_page(page: Page, name: str) -> Point:
    # Beside the text of a wide control, only the control itself is hit.
    far = 140 if name == "wide" else 20
    x, y = await page.evaluate(
        f"""(() => {{ const box = document.getElementById("{name}").getBoundingClientRect();
        const side = (outerWidth - innerWidth) / 2;
        return [screenX + side + box.x + Math.min(box.width / 2, {far}),
          screenY + outerHeight - innerHeight - side + box.y + box.height / 2]; }})()"""
    )
    return Point(round(x), round(y))


def look_at_page(screen: Screen, places: dict[str, Point]) -> dict[str, Element | None]:
    """Look at every place, once Chromium has built the tree of its page."""
    found: dict[str, Element | None] = {}

    def look() -> bool:
        found.update({name: screen.look_at(place) for name, place in places.items()})
        return all(found[name] for name in ON_PAGE)

    assert eventually(look, 60), found
    return found


@pytest.fixture
def silent_bus(tmp_path: Path) -> Iterator[str]:
    """The address of a bus that takes connections and never answers."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        # The system accepts connections, up to this number, without the program.
        server.listen(8)
        yield f"unix:path={tmp_path}/bus"


@pytest.mark.parametrize(
    "ask",
    [
        lambda elements: elements.element_at(Point(1, 1), WINDOW),
        lambda elements: elements.find_focused(WINDOW),
        lambda elements: elements.default_button(WINDOW),
        lambda elements: elements.password_areas([WINDOW]) or None,
    ],
)
def test_a_bus_that_hangs_leaves_everything_unknown(
    ask: Callable[[AtspiElements], object], silent_bus: str
) -> None:
    with closing(AtspiElements(silent_bus)) as elements:
        started = time.monotonic()
        assert ask(elements) is None
        assert elements.is_mute(WINDOW), "so a click needs approval"
        # The goal is 0.2 s; a busy machine may need longer to notice that they have passed.
        assert time.monotonic() - started < SECONDS + 5


def test_without_a_bus_everything_is_unknown(tmp_path: Path) -> None:
    address = f"unix:path={tmp_path}/nothing"
    with closing(AtspiElements(address)) as elements:
        assert elements.element_at(Point(1, 1), WINDOW) is None
        assert elements.find_focused(WINDOW) is None
        assert not elements.is_mute(WINDOW), "no program could tell anything"


@pytest.mark.parametrize("before", [False, True])
def test_accessibility_is_afterwards_what_it_was_before(before: bool) -> None:
    with desktop.session_bus() as address:
        call_status(address, "Set", "IsEnabled", Variant("b", before))
        with closing(AtspiElements(address)):
            assert eventually(lambda: read_enabled(address), 30)
        assert read_enabled(address) is before


def read_enabled(address: str) -> bool:
    return bool(call_status(address, "Get", "IsEnabled")[0].value)


def call_status(address: str, member: str, *words: Any) -> list[Any]:
    """Call a method of the properties that say whether accessibility is on."""
    message = Message(
        destination="org.a11y.Bus",
        path="/org/a11y/bus",
        interface="org.freedesktop.DBus.Properties",
        member=member,
        signature="ssv" if member == "Set" else "ss",
        body=["org.a11y.Status", *words],
    )

    async def call() -> list[Any]:
        connection = await MessageBus(bus_address=address).connect()
        reply = await connection.call(message)
        connection.disconnect()
        assert reply is not None
        return list(reply.body)

    return asyncio.run(call())
