"""The windows of a desktop that tells no program about them: what is known by other ways."""

# Programs tell their windows over AT-SPI: titles, and which one has the keyboard, but not where
# they are on the screen. The system tells the process behind each. Programs that are connected to
# the display, and tell nothing, may have windows as well: each of them counts as one without a
# title. The place of a window is unknown, so each counts as being everywhere (`Window.is_placed`).

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.atspi.top_levels import TopLevel
from bridge.computer.native.app_identity import identify_app
from bridge.computer.native.portal.clients import DisplayClients
from bridge.computer.native.process_names import list_process_names
from bridge.computer.screen.geometry import Point, Rect


class TellsWindows(Protocol):
    """Elements that also tell the windows that they are in."""

    def list_top_levels(self) -> Sequence[TopLevel]: ...


class UnplacedWindows:
    """Used in the desktop's thread."""

    def __init__(
        self,
        elements: TellsWindows | None,
        clients: DisplayClients,
        read_layout: Callable[[], Rect],
    ) -> None:
        """`read_layout`: returns the area of all screens, where each window may be."""
        self._elements = elements
        self._clients = clients
        self._read_layout = read_layout

    def list_windows(self) -> list[Window]:
        area = self._read_layout()
        top_levels = self._list_top_levels()
        windows = [_make_window(each, area) for each in top_levels]
        known = {each.id.process for each in top_levels}
        silent = [each for each in self._clients.list_processes() if each not in known]
        # The one with the keyboard is most likely on top.
        ordered = sorted(windows, key=lambda window: not window.active)
        return [*ordered, *(_make_silent_window(process, area) for process in silent)]

    def find_focused(self) -> WindowId | None:
        return next((each.id for each in self._list_top_levels() if each.active), None)

    def _list_top_levels(self) -> Sequence[TopLevel]:
        return self._elements.list_top_levels() if self._elements is not None else ()


def _make_window(top: TopLevel, area: Rect) -> Window:
    process = top.id.process
    return Window(
        top.title,
        top.program,
        area,
        top.active,
        top.id,
        names=list_process_names(process),
        app=identify_app(process),
        surface=Point(area.left, area.top),
        is_placed=False,
    )


def _make_silent_window(process: int, area: Rect) -> Window:
    """Make the window of a program of which only its connection to the display is known."""
    names = list_process_names(process)
    program = names[0] if names else ""
    id, app = WindowId(-process, process), identify_app(process)
    return Window("", program, area, False, id, names, app=app, is_placed=False)
