"""Read what Talon knows about the focused window and its app."""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from talon import app, scope, settings, ui

from ..core.place import Signs

NO_WINDOW = -1
recent_notices: deque[str] = deque(maxlen=10)
"""The last notices, newest last, for users who missed them or cannot see them."""
ELEMENT_SECONDS = 0.02
"""How long a description of the focused element counts: less than the time between two steps."""
# What describes a focused element: attributes on Windows, and on a Mac the names of `element.get`.
ELEMENT_ATTRIBUTES = ("control_type", "class_name", "name")
ELEMENT_KEYS = ("AXRole", "AXRoleDescription", "AXDescription", "AXTitle", "AXDOMClassList")


@dataclass(frozen=True)
class Focus:
    """The focused window's id, or NO_WINDOW, its title and class, and its app's names."""

    window: int
    app: str = ""
    program: str = ""
    bundle: str = ""
    title: str = ""
    window_class: str = ""


def read_focused_window() -> int:
    """Return the id of the focused window, or NO_WINDOW."""
    try:
        return int(ui.active_window().id)
    except ui.UIErr:
        return NO_WINDOW


def read_focus() -> Focus:
    """Return the focused window and its app."""
    window = read_focused_window()
    if window == NO_WINDOW:
        return Focus(NO_WINDOW)
    active = ui.active_app()
    program = re.split(r"[\\/]", active.exe or "")[-1]
    shown = ui.active_window()
    # Only some platforms have window classes.
    window_class = str(getattr(shown, "cls", None) or "")
    name, bundle, title = active.name or "", active.bundle or "", shown.title or ""
    return Focus(window, name, program, bundle, title, window_class)


def read_signs() -> Signs:
    """Return what tells whether the focus is in a terminal."""
    focus = read_focus()
    return Signs(
        names=(focus.app, focus.program, focus.bundle, focus.window_class),
        title=focus.title,
        element=_last_element.describe(focus.window),
        has_terminal_tag="terminal" in (scope.get("tag") or ()),
    )


class _ElementCache:
    """The focused element's description, read once per callback: reading takes milliseconds."""

    def __init__(self) -> None:
        self._key = (NO_WINDOW, float("-inf"))
        self._text = ""

    def describe(self, window: int) -> str:
        now = time.monotonic()
        last_window, at = self._key
        if window != last_window or now - at > ELEMENT_SECONDS:
            self._key, self._text = (window, now), _describe_element()
        return self._text


_last_element = _ElementCache()


def read_focused_element() -> Any:
    """Return the focused element as accessibility describes it; raise what Talon raises."""
    return ui.focused_element()


def _describe_element() -> str:
    """Return what the focused element is called, one word or label per line, or empty."""
    # An element that cannot be described is no sign of anything.
    try:
        element = read_focused_element()
    except Exception:  # noqa: BLE001 - missing on some platforms, and an app may not answer
        return ""
    readers = [
        *(partial(getattr, element, name) for name in ELEMENT_ATTRIBUTES),
        *(partial(_read_key, element, name) for name in ELEMENT_KEYS),
    ]
    return "\n".join(filter(None, map(_read_fact, readers)))


def _read_key(element: Any, name: str) -> Any:
    return element.get(name)


def _read_fact(read: Callable[[], Any]) -> str:
    """Return a fact about an element as text, or empty if the element does not have it."""
    try:
        fact = read()
    except Exception:  # noqa: BLE001 - what a missing attribute raises differs by platform
        return ""
    return "\n".join(map(str, fact)) if isinstance(fact, (list, tuple)) else str(fact or "")


def is_denied(focus: Focus, names: str) -> bool:
    """Return whether the app's name, program or bundle is in the comma-separated `names`."""
    denied = {name.strip().lower() for name in names.split(",")} - {""}
    program = focus.program.lower().removesuffix(".exe")
    return not denied.isdisjoint({focus.app.lower(), program, focus.bundle.lower()})


def notify(sentence: str) -> None:
    """Show `sentence` to the user as a notification, and store it."""
    recent_notices.append(sentence)
    show_notification(sentence)


def show_notification(sentence: str) -> None:
    """Show `sentence` to the user as a notification."""
    has_sound = bool(settings.get("user.claude_sounds"))
    app.notify(title="Claude", body=sentence, sound=has_sound)
