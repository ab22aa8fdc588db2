"""Sway's windows, over the socket that `swaymsg` uses; the one check of what it answers."""

# A message is `i3-ipc`, the length of what follows, its kind, and JSON. sway-ipc(7) describes both.
# The tree has outputs, workspaces, containers and windows ("views") in each other. Of a view,
# `rect` is the place on the desktop without its title bar, and `window_rect` the program's part of
# that. A program may draw a shadow around its window: then `geometry` begins that far inside of
# what it draws.

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.app_identity import identify_app
from bridge.computer.native.process_names import list_process_names
from bridge.computer.native.wayland.outputs import FARTHEST
from bridge.computer.native.wayland.wire import WaylandError
from bridge.computer.screen.geometry import Point, Rect

_MAGIC = b"i3-ipc"
_HEAD = struct.Struct("=6sII")
_LONGEST = 16_000_000
_ANSWER_SECONDS = 5.0
COMMAND, SUBSCRIBE, TREE, MODES, CONFIG = 0, 2, 4, 8, 9
_LONGEST_TEXT = 4096
"""Characters of a title to keep, as on X11."""
_DEEPEST = 100
_NATIVE = "xdg_shell"
"""The kind of windows that are no windows of XWayland."""


class SwaySocket:
    """One connection to Sway; used in one thread. Methods raise WaylandError."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises OSError if Sway does not answer, or if this is not Sway."""
        path = environment.get("SWAYSOCK")
        if not path:
            raise WaylandError("SWAYSOCK is not set.")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(_ANSWER_SECONDS)
            self.socket.connect(path)
        except BaseException:
            self.socket.close()
            raise

    def ask(self, kind: int, text: str = "") -> Any:
        """Send a message and return the answer."""
        payload = text.encode()
        try:
            self.socket.sendall(_HEAD.pack(_MAGIC, len(payload), kind) + payload)
        except OSError as error:
            raise WaylandError(f"Sway has ended the connection: {error}.") from error
        return self.read()

    def read(self) -> Any:
        """Return the next answer or event."""
        magic, length, _ = _HEAD.unpack(self._receive(_HEAD.size))
        if magic != _MAGIC or length > _LONGEST:
            raise WaylandError("Sway sent what is no answer.")
        try:
            return json.loads(self._receive(length))
        except (ValueError, RecursionError) as error:
            raise WaylandError("Sway sent what is no JSON.") from error

    def run_command(self, command: str) -> bool:
        """Run a command of Sway's; return whether it was carried out."""
        answers = self.ask(COMMAND, command)
        results = answers if isinstance(answers, list) else []
        return bool(results) and all(
            isinstance(each, dict) and each.get("success") is True for each in results
        )

    def close(self) -> None:
        self.socket.close()

    def _receive(self, length: int) -> bytes:
        received = bytearray()
        while len(received) < length:
            try:
                data = self.socket.recv(length - len(received))
            except OSError as error:
                raise WaylandError(f"Sway did not answer: {error}.") from error
            if not data:
                raise WaylandError("Sway has ended the connection.")
            received += data
        return bytes(received)


@dataclass(frozen=True, slots=True)
class View:
    """A visible window, as Sway's tree describes it."""

    id: WindowId
    title: str
    classes: tuple[str, ...]
    """The app id; of a window of XWayland the class and the instance."""
    area: Rect
    frame: Rect
    is_focused: bool
    is_native: bool
    """Whether it is no window of XWayland."""
    surface: Point
    """Where what the program draws begins: left of and above `area` if it draws a shadow."""
    layer: int
    """0 for fullscreen, 1 for floating windows, 2 for tiled ones."""


class SwayWindows:
    """The windows of Sway, which tells their places and processes."""

    def __init__(self, connection: SwaySocket) -> None:
        self._connection = connection

    def list_windows(self) -> list[Window]:
        return [_to_window(view) for view in self._read_views()]

    def activate(self, id: WindowId) -> None:
        # The window may have been closed; then another one stays active, which is noticed.
        self._connection.run_command(f"[con_id={id.number}] focus")

    def find_focused(self) -> WindowId | None:
        return next((view.id for view in self._read_views() if view.is_focused), None)

    def find_at(self, point: Point) -> WindowId | None:
        return next((view.id for view in self._read_views() if point in view.frame), None)

    def close(self) -> None:
        self._connection.close()

    def _read_views(self) -> list[View]:
        return read_views(self._connection.ask(TREE))


def open_sway(environment: Mapping[str, str]) -> SwayWindows | None:
    """Connect to Sway; None if this is another compositor, or if Sway does not answer."""
    try:
        connection = SwaySocket(environment)
    except OSError:
        return None
    try:
        windows = SwayWindows(connection)
        windows.list_windows()
    except WaylandError:
        connection.close()
        return None
    return windows


def read_views(tree: Any) -> list[View]:
    """Read the visible windows of a tree, the topmost first. Raises WaylandError."""
    found = list(_walk_nodes(tree, room=None, is_floating=False, depth=0))
    # Of floating windows, the last one is on top. The order within a layer stays.
    floating = [view for view in reversed(found) if view.layer == 1]
    rest = [view for view in found if view.layer != 1]
    return sorted([*floating, *rest], key=lambda view: view.layer)


def _walk_nodes(node: Any, *, room: Rect | None, is_floating: bool, depth: int) -> Iterator[View]:
    """Yield the visible windows; `room`: the workspace's part of the screen, without panels."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        raise WaylandError("Sway sent a tree that is none.")
    if node.get("type") == "workspace":
        room = _check_rect(node, "rect")
    if node.get("visible") is True and isinstance(node.get("pid"), int):
        yield _read_view(node, room, is_floating=is_floating)
    for child in _check_list(node, "nodes"):
        yield from _walk_nodes(child, room=room, is_floating=is_floating, depth=depth + 1)
    for child in _check_list(node, "floating_nodes"):
        yield from _walk_nodes(child, room=room, is_floating=True, depth=depth + 1)


def _read_view(node: Mapping[str, Any], room: Rect | None, *, is_floating: bool) -> View:
    rect, inner = _check_rect(node, "rect"), _check_rect(node, "window_rect")
    geometry, bar = _check_rect(node, "geometry"), _check_rect(node, "deco_rect").height
    area = Rect(rect.left + inner.left, rect.top + inner.top, inner.width, inner.height)
    properties = node.get("window_properties")
    more = properties if isinstance(properties, dict) else {}
    classes = [node.get("app_id"), more.get("class"), more.get("instance")]
    is_full = node.get("fullscreen_mode") in (1, 2)
    frame = Rect(rect.left, rect.top - bar, rect.width, rect.height + bar)
    if room is not None and not is_full:
        # Panels are no windows in the tree, and lie above what reaches below them: a click there is
        # one at a place without a window.
        frame = frame.intersect(room) or frame
    return View(
        WindowId(_check_number(node, "id"), _check_number(node, "pid")),
        _check_text(node.get("name")),
        tuple(dict.fromkeys(filter(None, map(_check_text, classes)))),
        area if min(inner.size) > 0 else rect,
        frame,
        node.get("focused") is True,
        node.get("shell") == _NATIVE,
        Point(area.left - geometry.left, area.top - geometry.top),
        0 if is_full else 1 if is_floating else 2,
    )


def _check_list(node: Mapping[str, Any], name: str) -> list[Any]:
    value = node.get(name, [])
    if not isinstance(value, list):
        raise WaylandError(f"Sway sent `{name}` that is no list.")
    return value


def _check_rect(node: Mapping[str, Any], name: str) -> Rect:
    value = node.get(name)
    if not isinstance(value, dict):
        raise WaylandError(f"Sway sent a window without `{name}`.")
    return Rect(*(_check_number(value, side) for side in ("x", "y", "width", "height")))


def _check_number(node: Mapping[str, Any], name: str) -> int:
    value = node.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
        raise WaylandError(f"Sway sent `{name}` that is no number.")
    return value if name in ("id", "pid") else max(-FARTHEST, min(value, FARTHEST))


def _check_text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _to_window(view: View) -> Window:
    # Sway knows the process behind a connection to itself. A window of XWayland names its own.
    process = view.id.process
    return Window(
        view.title,
        next(iter(view.classes), ""),
        view.area,
        view.is_focused,
        view.id,
        names=(*view.classes[1:], *list_process_names(process)),
        frame=view.frame,
        app=identify_app(process) if view.is_native else None,
        surface=view.surface if view.is_native else None,
    )
