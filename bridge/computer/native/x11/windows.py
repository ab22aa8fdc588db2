"""List the windows of an X display, and find the one with the keyboard or the pointer."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.app_identity import identify_app
from bridge.computer.native.process_names import list_process_names
from bridge.computer.screen.geometry import Rect

_PROCESS_MASK = 1 << 1
"""LocalClientPIDMask of X-Resource."""
_DEEPEST = 8
"""Most levels between a window of the root and a program's window in it, or of owners."""
_TITLES = ("_NET_WM_NAME", "WM_NAME", "_NET_WM_VISIBLE_NAME")
_GROUP_FIELD = 8
_LONGEST_TEXT = 4096
"""Characters of a text to keep: as many as Chromium gives to a title."""
"""Of WM_HINTS: the leader of the window's group."""
_ESCAPE_SEQUENCE = re.compile(rb"\x1b[ -/]*[0-~]")


def list_windows(display: Any) -> list[Window]:
    """Return the visible windows, the topmost first."""
    from Xlib.error import XError

    properties = Properties(display)
    focused = find_focused(display)
    windows: list[Window] = []
    for window in _list_with_focused(properties, focused):
        try:
            visible = _describe_window(window, focused, properties)
        except XError:
            # The window was closed in between.
            continue
        if visible is not None:
            windows.append(visible)
    return [_add_titles_of_program(window, windows) for window in windows]


def find_focused(display: Any) -> WindowId | None:
    """Return the program's window that gets keys now; None if no program does."""
    from Xlib.error import XError

    properties = Properties(display)
    window = display.get_input_focus().focus
    try:
        # 0 is no window, 1 the window under the pointer.
        if isinstance(window, int):
            return find_pointed(display) if window else None
        chain = _list_ancestors(window, properties.root)
        found = _choose_window(chain, properties) or _choose_popup(chain, properties)
        if found is not None:
            return found
    except XError:
        # The window was closed in between; the window manager is about to choose another.
        pass
    # Window managers keep the focus on a window of their own for programs that set it themselves.
    active = properties.read_numbers(properties.root, "_NET_ACTIVE_WINDOW")
    return properties.read_id(properties.get_window(active[0])) if active and active[0] else None


def find_pointed(display: Any) -> WindowId | None:
    """Return the program's window under the pointer; None for the desktop itself."""
    from Xlib.error import XError

    properties = Properties(display)
    try:
        chain = list(_list_under_pointer(properties.root))
        found = _choose_window(list(reversed(chain)), properties)
        if found is None or properties.has_type(properties.get_window(found.number), "DESKTOP"):
            return None
    except XError:
        return None
    return found


def activate_window(display: Any, id: WindowId) -> None:
    """Ask the window manager to bring a window to the front, or do it where there is none.

    https://specifications.freedesktop.org/wm-spec/latest/ (_NET_ACTIVE_WINDOW)
    """
    from Xlib import X
    from Xlib.error import CatchError, XError
    from Xlib.protocol.event import ClientMessage

    properties = Properties(display)
    window, name = properties.get_window(id.number), "_NET_ACTIVE_WINDOW"
    if properties.get_atom(name) in properties.read_numbers(properties.root, "_NET_SUPPORTED"):
        # As a taskbar does: window managers may ignore programs that activate their own windows.
        source, now = 2, X.CurrentTime
        message = ClientMessage(
            window=window,
            client_type=properties.get_atom(name),
            data=(32, [source, now, 0, 0, 0]),
        )
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        properties.root.send_event(message, event_mask=mask)
    else:
        # The window may have been closed; then another one stays active, which is noticed.
        closed = CatchError(XError)
        window.configure(stack_mode=X.Above, onerror=closed)
        window.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=closed)
    display.sync()


class Properties:
    """Reader of window properties; works with old and new versions of Xlib."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self.root = display.screen().root

    def read_numbers(self, window: Any, name: str) -> list[int]:
        """Read a property of numbers; empty if it is not set."""
        value = self._read_property(window, name)
        return [] if value is None or isinstance(value, bytes | str) else list(value)

    def read_text(self, window: Any, name: str) -> str:
        """Read a property of text, UTF-8 or Latin-1; empty if it is not set. A long one is cut."""
        return self._read_whole_text(window, name)[:_LONGEST_TEXT]

    def _read_whole_text(self, window: Any, name: str) -> str:
        value = self._read_property(window, name)
        if isinstance(value, str):
            return value
        if not isinstance(value, bytes):
            return ""
        # Compound text changes its character set within the text.
        value = _ESCAPE_SEQUENCE.sub(b"", value)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def read_titles(self, window: Any) -> list[str]:
        """Read all titles; the first is the one that window managers show."""
        titles = [self.read_text(window, name) for name in _TITLES]
        return list(dict.fromkeys(title for title in titles if title))

    def read_title(self, window: Any) -> str:
        return next(iter(self.read_titles(window)), "")

    def read_classes(self, window: Any) -> list[str]:
        """Read WM_CLASS: the instance's name, then the class, which names the program."""
        return [name for name in self.read_text(window, "WM_CLASS").split("\0") if name]

    def read_id(self, window: Any) -> WindowId | None:
        """Read a window's identity; None if it was closed."""
        from Xlib.error import XError

        try:
            return WindowId(int(window.id), self.query_process(window) or self._read_pid(window))
        except XError:
            return None

    def query_process(self, window: Any) -> int:
        """Ask the X server, which knows the process behind each connection; 0 if it cannot tell.

        Other than `_NET_WM_PID`, no program can choose it.
        """
        # Xlib has this since 0.24, and X.Org since 1.12.
        if not self._display.has_extension("X-Resource"):
            return 0
        query = getattr(self._display, "res_query_client_ids", None)
        if query is None:
            return 0
        specs = [{"client": int(window.id), "mask": _PROCESS_MASK}]
        return next((int(entry.value[0]) for entry in query(specs).ids if entry.value), 0)

    def _read_pid(self, window: Any) -> int:
        process = self.read_numbers(window, "_NET_WM_PID")
        machine = self.read_text(window, "WM_CLIENT_MACHINE").strip("\0")
        # A program on another machine has a number that means another process here.
        is_here = machine in ("", socket.gethostname())
        return process[0] if process and is_here else 0

    def read_screen(self) -> Rect:
        screen = self.root.get_geometry()
        return Rect(0, 0, screen.width, screen.height)

    def has_type(self, window: Any, name: str) -> bool:
        types = self.read_numbers(window, "_NET_WM_WINDOW_TYPE")
        return bool(types) and self.get_atom(f"_NET_WM_WINDOW_TYPE_{name}") in types

    def list_clients(self) -> list[int]:
        """Return the ids of programs' windows, the lowest first; empty without a manager."""
        return self.read_numbers(self.root, "_NET_CLIENT_LIST_STACKING")

    def get_atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))

    def get_window(self, number: int) -> Any:
        return self._display.create_resource_object("window", number)

    def _read_property(self, window: Any, name: str) -> Any:
        reply = window.get_full_property(self.get_atom(name), 0)
        return None if reply is None else reply.value


def _list_stacked(properties: Properties) -> list[Any]:
    """Return the windows of programs, the topmost first.

    Menus are not in the window manager's list, although they get clicks: they are the windows of
    the root that bypass the manager. All of them count as above the others.
    """
    from Xlib.error import XError

    children = list(reversed(properties.root.query_tree().children))
    listed = properties.list_clients()
    if not listed:
        # Without a window manager, children of the root are windows of programs.
        return children
    menus = []
    for window in children:
        with suppress(XError):
            if window.id not in listed and window.get_attributes().override_redirect:
                menus.append(window)
    return [*menus, *(properties.get_window(number) for number in reversed(listed))]


def _list_with_focused(properties: Properties, focused: WindowId | None) -> Iterator[Any]:
    """Yield the windows of programs and the one with the keyboard, which may not be among them."""
    numbers = set()
    for window in _list_stacked(properties):
        numbers.add(int(window.id))
        yield window
    if focused is not None and focused.number not in numbers:
        yield properties.get_window(focused.number)


def _list_ancestors(window: Any, root: Any) -> list[Any]:
    """Return a window and its parents, up to the root's child."""
    chain = []
    while window and window.id != root.id:
        chain.append(window)
        window = window.query_tree().parent
    return chain


def _list_under_pointer(root: Any) -> Iterator[Any]:
    """Yield the windows under the pointer, the root's child first."""
    window = root.query_pointer().child
    for _ in range(_DEEPEST):
        if not window:
            return
        yield window
        window = window.query_pointer().child


def _choose_window(chain: Iterable[Any], properties: Properties) -> WindowId | None:
    """Choose the program's window of a chain that ends with the root's child."""
    chain, listed = list(chain), properties.list_clients()
    if not chain:
        return None
    for window in chain:
        if window.id in listed:
            return properties.read_id(window)
    # Either a menu, or a window that the manager itself has, which has no name.
    top = chain[-1]
    if listed and not properties.read_classes(top) and not properties.read_title(top):
        return None
    return properties.read_id(top)


def _choose_popup(chain: Sequence[Any], properties: Properties) -> WindowId | None:
    """Choose the root's child of a chain, unless it is one of the window manager itself."""
    found = properties.read_id(chain[-1]) if chain else None
    manager = properties.read_numbers(properties.root, "_NET_SUPPORTING_WM_CHECK")
    own = properties.read_id(properties.get_window(manager[0])) if manager else None
    if found is None or own is None or found.process in (0, own.process):
        return None
    return found


def _describe_window(
    window: Any, focused: WindowId | None, properties: Properties
) -> Window | None:
    """Describe a window; None if it is not visible or not a program's."""
    from Xlib import X

    attributes = window.get_attributes()
    if attributes.map_state != X.IsViewable or attributes.win_class == X.InputOnly:
        return None
    # A window with the keyboard gets keys wherever it is.
    active = focused is not None and focused.number == int(window.id)
    if properties.has_type(window, "DESKTOP") or (_is_hidden(window, properties) and not active):
        return None
    titles, classes = properties.read_titles(window), properties.read_classes(window)
    id, owners = properties.read_id(window), _list_owners(window, properties)
    if id is None or not (titles or classes or owners or id.process):
        # Borders, such as that of the indicator, and helpers of the window manager.
        return None
    area = _read_area(window, properties)
    if area.intersect(properties.read_screen()) is None and not active:
        # Window managers keep helpers outside of the screen.
        return None
    title = next(iter(titles), "")
    for owner in owners:
        titles += properties.read_titles(owner)
        classes = [*properties.read_classes(owner), *classes]
    return Window(
        title,
        classes[-1] if classes else "",
        area,
        active,
        id,
        names=(*classes[:-1], *list_process_names(id.process)),
        titles=tuple(titles),
        frame=_read_frame(window, area, properties),
        app=identify_app(properties.query_process(window)),
        is_secondary=bool(
            attributes.override_redirect or properties.read_numbers(window, "WM_TRANSIENT_FOR")
        ),
    )


def _is_hidden(window: Any, properties: Properties) -> bool:
    hidden = properties.get_atom("_NET_WM_STATE_HIDDEN")
    return hidden in properties.read_numbers(window, "_NET_WM_STATE")


def _list_owners(window: Any, properties: Properties) -> list[Any]:
    """List the windows that a menu or a dialog belongs to: a dialog may belong to another one."""
    from Xlib.error import XError

    owners: list[Any] = []
    known = {0, int(properties.root.id), int(window.id)}
    waiting = [window]
    while waiting and len(owners) < _DEEPEST:
        current = waiting.pop(0)
        with suppress(XError):
            for number in _read_owners(current, properties):
                if number not in known:
                    known.add(number)
                    owner = properties.get_window(number)
                    # A number that is no window any more raises XError.
                    owner.get_attributes()
                    owners.append(owner)
                    waiting.append(owner)
    return owners


def _read_owners(window: Any, properties: Properties) -> list[int]:
    """Read the numbers of the window's owner and of its group's leader.

    https://www.x.org/releases/current/doc/xorg-docs/icccm/icccm.html
    """
    hints = properties.read_numbers(window, "WM_HINTS")
    return [
        *properties.read_numbers(window, "WM_TRANSIENT_FOR")[:1],
        *properties.read_numbers(window, "WM_CLIENT_LEADER")[:1],
        *hints[_GROUP_FIELD : _GROUP_FIELD + 1],
    ]


def _add_titles_of_program(window: Window, windows: Iterable[Window]) -> Window:
    """Add all titles of its program to a menu that does not say which window it belongs to."""
    if window.title or window.titles or not window.id.process:
        return window
    titles = [
        title
        for other in windows
        if other.id.process == window.id.process
        for title in (other.title, *other.titles)
    ]
    return replace(window, titles=tuple(dict.fromkeys(title for title in titles if title)))


def _read_area(window: Any, properties: Properties) -> Rect:
    size = window.get_geometry()
    corner = window.translate_coords(properties.root, 0, 0)
    # Xlib returns the position of the root's corner in the window, so the signs are reversed.
    area = Rect(-corner.x, -corner.y, size.width, size.height)
    # GTK draws shadows inside its windows; clicks on them go to the window below.
    shadows = properties.read_numbers(window, "_GTK_FRAME_EXTENTS")
    return _grow(area, [-extent for extent in shadows]) if len(shadows) == 4 else area


def _read_frame(window: Any, area: Rect, properties: Properties) -> Rect | None:
    extents = properties.read_numbers(window, "_NET_FRAME_EXTENTS")
    return _grow(area, extents) if len(extents) == 4 and any(extents) else None


def _grow(area: Rect, extents: list[int]) -> Rect:
    left, right, top, bottom = extents
    return Rect(
        area.left - left,
        area.top - top,
        max(1, area.width + left + right),
        max(1, area.height + top + bottom),
    )
