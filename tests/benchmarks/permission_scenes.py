"""Real programs for `permissions.py`, and where their controls are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from bridge.computer.desktop import Desktop, Window
from bridge.computer.elements.atspi.bus import Bus
from bridge.computer.elements.atspi.replies import Node, Unanswered
from bridge.computer.elements.atspi.roles import PAGE, SHOWING
from bridge.computer.elements.atspi.tree import Tree
from bridge.computer.screen.geometry import Point, Rect
from tests.benchmarks.browser import run_browser
from tests.benchmarks.permission_acts import GTK_BUTTONS, MENU, PAGES
from tests.web.chromium import Page

PYTHON = "/usr/bin/python3"
"""Debian's, which has the bindings of Tk and GTK."""
_PROGRAMS = Path(__file__).parents[1] / "computer" / "native" / "programs"
_WAIT_SECONDS = 15
_SETTLE_SECONDS = 0.4
_BLANK = Point(1000, 940)
"""Where no page has anything."""


class Scene(Protocol):
    """A running program."""

    def find(self, name: str) -> Point:
        """Return where something is; the middle of the window for an empty name."""
        ...

    def focus(self, name: str) -> None:
        """Give the keyboard to something."""
        ...

    def reset(self) -> None:
        """Go back to the start, for the next act."""
        ...


def wait_for(find: Callable[[], Point | None], what: str) -> Point:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        place = find()
        if place is not None:
            return place
        time.sleep(0.1)
    raise TimeoutError(f"{what} did not appear")


def click(desktop: Desktop, place: Point, *, right: bool = False) -> None:
    desktop.move(place)
    time.sleep(0.05)
    desktop.press("right" if right else "left")
    desktop.release("right" if right else "left")
    time.sleep(_SETTLE_SECONDS)


class Tags:
    """Finds controls by their names in the tree; their places do not come from a hit test."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.bus.start()
        self._tree = Tree(self.bus)

    def find(self, process_name: str, name: str) -> Point | None:
        return self.bus.run(lambda: self._find(process_name, name), 5)

    async def _find(self, process_name: str, name: str) -> Point | None:
        for program in await self._tree.list_programs():
            if process_name not in (await self._tree.read_name(program)).lower():
                continue
            for top in await self._tree.list_children(program):
                place = await self._find_below(top, name)
                if place is not None:
                    return place
        return None

    async def _find_below(self, top: Node, name: str) -> Point | None:
        try:
            await self._tree.read_attributes(top)
            nodes = await self._tree.find(top, states=(SHOWING,), most=600)
        except Unanswered:
            return None
        for node in nodes:
            place = await self._match(node, name)
            if place is not None:
                return place
        return None

    async def _match(self, node: Node, name: str) -> Point | None:
        try:
            facts = await self._tree.read_facts(node)
            if facts.name.strip() != name or facts.role == PAGE:
                return None
            box = await self._tree.read_box(node)
        except Unanswered:
            return None
        if box is None or box.left < 0:
            return None
        return Point(box.left + box.width // 2, box.top + box.height // 2)


class ChromiumScene:
    """Chromium with one page; places come from the page itself."""

    def __init__(self, desktop: Desktop, page: Page, run: Callable[[Any], Any], tags: Tags) -> None:
        self._desktop, self._page, self._run, self._tags = desktop, page, run, tags

    def show(self, html: str, folder: Path) -> None:
        file = folder / "page.html"
        file.write_text(html, "utf-8")
        self._run(self._page.open(file.as_uri()))
        time.sleep(_SETTLE_SECONDS)

    def find(self, name: str) -> Point:
        if name == "address bar":
            name = "Address and search bar"
        if not name.startswith("#"):
            return wait_for(lambda: self._tags.find("chromium", name), name)
        box = self._run(
            self._page.evaluate(
                f"""(() => {{ const e = document.querySelector({json.dumps(name)});
                e.scrollIntoView({{block: "nearest"}}); const b = e.getBoundingClientRect();
                const side = (outerWidth - innerWidth) / 2, w = Math.min(b.width, 80);
                return [screenX + side + b.x + w / 2,
                  screenY + outerHeight - innerHeight - side + b.y + b.height / 2]; }})()"""
            )
        )
        return Point(round(box[0]), round(box[1]))

    def focus(self, name: str) -> None:
        if name.startswith("#"):
            # Until the page is clicked, the address bar has the keyboard.
            click(self._desktop, _BLANK)
            script = f"document.querySelector({json.dumps(name)}).focus(), true"
            self._run(self._page.evaluate(script))
            time.sleep(0.2)
        else:
            # Only the first click into the address bar selects what is in it.
            click(self._desktop, _BLANK)
            click(self._desktop, self.find(name))

    def reset(self) -> None:
        self._run(self._page.evaluate("document.activeElement.blur(), scrollTo(0, 0), true"))


@contextmanager
def chromium_scene(desktop: Desktop, folder: Path, tags: Tags) -> Iterator[ChromiumScene]:
    with run_browser(folder) as browser:
        yield ChromiumScene(desktop, browser.page, browser.run, tags)


class GtkScene:
    """Our own GTK window, which writes where its controls are."""

    def __init__(self, desktop: Desktop, file: Path) -> None:
        self._desktop, self._file = desktop, file

    def find(self, name: str) -> Point:
        return wait_for(lambda: self._read(name or "label"), name)

    def focus(self, name: str) -> None:
        if name:
            click(self._desktop, self.find(name))

    def reset(self) -> None:
        for _ in range(2):
            self._desktop.press_key("Escape")
            self._desktop.release_key("Escape")
            time.sleep(0.15)

    def _read(self, name: str) -> Point | None:
        if not self._file.exists():
            return None
        area = json.loads(self._file.read_text("utf-8")).get(name)
        return area and Point(area[0] + min(area[2] // 2, 60), area[1] + area[3] // 2)


class Gtk4Scene(GtkScene):
    """The same with GTK 4, which knows where its controls are in their window."""

    def _read(self, name: str) -> Point | None:
        if not self._file.exists():
            return None
        area = json.loads(self._file.read_text("utf-8")).get(name)
        if not area:
            return None
        title, left, top, width, height = area
        corner = next(w.area for w in self._desktop.list_windows() if w.title == title)
        return Point(corner.left + left + min(width // 2, 60), corner.top + top + height // 2)


class Gtk4MenuScene(Gtk4Scene):
    """With its menu open, whose items are of equal height in a window of their own."""

    def find(self, name: str) -> Point:
        if not name.startswith("File > "):
            return super().find(name)
        menu = wait_for_window(self._desktop, lambda window: window.is_secondary)
        at = MENU.index(name.removeprefix("File > "))
        part = (2 * at + 1) / (2 * len(MENU))
        # The items are in the middle, below the arrow.
        return Point(menu.left + menu.width // 2, menu.top + 20 + round((menu.height - 30) * part))


def wait_for_window(desktop: Desktop, fits: Callable[[Window], bool]) -> Rect:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        for window in desktop.list_windows():
            if fits(window):
                return window.area
        time.sleep(0.1)
    raise TimeoutError("the window did not appear")


FIRST_FILE = (211, 145)
IN_PCMANFM = {"folder": (215, 130), "a.txt": (330, 130)}
_IN_THUNAR = {"folder": FIRST_FILE, "a.txt": (285, 145)}
"""Thunar's icon view is not in its tree; the first two icons are always here."""


class NamedScene:
    """A program whose controls are found by their names in its tree."""

    def __init__(self, desktop: Desktop, tags: Tags, process_name: str, title: str) -> None:
        self._desktop, self._tags, self._process, self._title = desktop, tags, process_name, title

    def find(self, name: str) -> Point:
        if name in ("", "text"):
            return wait_for(self._find_middle, self._title)
        if name in _IN_THUNAR and self._process == "thunar":
            window = next(w for w in self._desktop.list_windows() if self._title in w.title)
            x, y = _IN_THUNAR[name]
            return Point(window.area.left + x, window.area.top + y)
        if name == "address bar":
            name = "Search or enter address"
        return wait_for(lambda: self._tags.find(self._process, name), name)

    def focus(self, name: str) -> None:
        click(self._desktop, self.find(name))

    def reset(self) -> None:
        for _ in range(2):
            self._desktop.press_key("Escape")
            self._desktop.release_key("Escape")
            time.sleep(0.15)

    def _find_middle(self) -> Point | None:
        for window in self._desktop.list_windows():
            if self._title in window.title:
                area = window.area
                return Point(area.left + area.width // 2, area.top + area.height * 3 // 4)
        return None


class PlacedScene:
    """A program that tells nothing: where its controls are was measured once."""

    def __init__(self, desktop: Desktop, title: str, places: Mapping[str, tuple[int, int]]) -> None:
        self._desktop, self._title, self._places = desktop, title, places

    def find(self, name: str) -> Point:
        """Return a place in the window, or in its menu for a name that begins with “menu”."""
        if name.startswith("menu"):
            area = wait_for_window(self._desktop, lambda window: window.is_secondary)
            height = int(name.removeprefix("menu ").removesuffix("%"))
            return Point(area.left + area.width // 2, area.top + area.height * height // 100)
        area = wait_for_window(self._desktop, lambda window: window.title == self._title)
        x, y = self._places.get(name, (area.width // 2, area.height * 3 // 4))
        return Point(area.left + x, area.top + y)

    def focus(self, name: str) -> None:
        click(self._desktop, self.find(name))

    def reset(self) -> None:
        for _ in range(2):
            self._desktop.press_key("Escape")
            self._desktop.release_key("Escape")
            time.sleep(0.15)


@contextmanager
def program(*words: str) -> Iterator[None]:
    if shutil.which(words[0]) is None:
        raise FileNotFoundError(words[0])
    with subprocess.Popen(
        words,
        # GTK 4 would draw with OpenGL, which takes long without a graphics card.
        env={**os.environ, "LC_ALL": "C.UTF-8", "GSK_RENDERER": "cairo"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield
        finally:
            process.kill()


_TK = """import tkinter as tk, sys
w = tk.Tk(); w.title(sys.argv[1]); w.geometry("500x300+700+300")
t = tk.Text(w); t.place(x=0, y=0, width=500, height=140); t.focus_force()
tk.Button(w, text="Format drive").place(x=200, y=200, width=100, height=60); w.mainloop()"""


@contextmanager
def start_scene(name: str, desktop: Desktop, folder: Path, tags: Tags) -> Iterator[Scene]:
    """Start the program of a scene; pages share one Chromium, which `permissions.py` starts."""
    assert name not in PAGES
    files = folder / "files"
    (files / "folder").mkdir(parents=True, exist_ok=True)
    (files / "a.txt").write_text("text", "utf-8")
    match name:
        case "gtk":
            where = folder / "gtk.json"
            words = (str(_PROGRAMS / "gtk_controls.py"), str(where), "Disks", *GTK_BUTTONS)
            with program(PYTHON, *words):
                yield GtkScene(desktop, where)
        case "gtk4" | "qt":
            where = folder / f"{name}.json"
            script = str(_PROGRAMS / f"{name}_controls.py")
            with program(PYTHON, script, str(where), "Disks", *GTK_BUTTONS):
                yield (GtkScene if name == "qt" else Gtk4MenuScene)(desktop, where)
        case "pcmanfm":
            with program("pcmanfm", str(files)):
                yield PlacedScene(desktop, "files", IN_PCMANFM)
        case "writer":
            with program("soffice", "--norestore", "--nologo", "--writer"):
                yield NamedScene(desktop, tags, "soffice", "Writer")
        case "mousepad":
            with program("mousepad", str(files / "a.txt")):
                yield NamedScene(desktop, tags, "mousepad", "Mousepad")
        case "thunar":
            with program("thunar", str(files)):
                yield NamedScene(desktop, tags, "thunar", "Thunar")
        case "xterm":
            with program("xterm", "-title", "shell"):
                yield NamedScene(desktop, tags, "xterm", "shell")
        case "firefox":
            page = folder / "home.html"
            page.write_text(PAGES["home"], "utf-8")
            profile = folder / "firefox"
            profile.mkdir()
            flags = ("--no-remote", "--profile", str(profile), page.as_uri())
            with program("firefox-esr", *flags):
                yield NamedScene(desktop, tags, "firefox", "Home")
        case _:
            titles = {"tk erase": "Remove a drive", "tk plain": "Drives"}
            title = titles.get(name, "Notes")
            with program(PYTHON, "-c", _TK, title):
                yield NamedScene(desktop, tags, "tk", title)
