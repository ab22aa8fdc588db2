"""Say what of computer use works on this desktop, without asking the user or using it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from bridge.computer.native.environment import NO_DISPLAY, is_wayland
from bridge.errors import DesktopUnavailable

X11 = "X11: screenshots, input, windows, elements, border and stop key"
SWAY = (
    "Sway: screenshots, input, windows, elements, border and stop key. Where you move the mouse is "
    "unknown"
)
WLROOTS = (
    "a compositor with wlroots' protocols: screenshots, input and border. The places and programs "
    "of windows, the elements, and where you move the mouse, are unknown{key}"
)
PORTALS = (
    "portals: screenshots, the pointer and input, after you allow it in the desktop's own dialog. "
    "Elements are known by name and by the keyboard; the places of windows are unknown{paste}{key}"
)
VIEW_ONLY = "the Screenshot portal: Claude sees the screen, and cannot use it"
NOT_SEEN = "by design: not seen by us on this system"
_NO_KEY = ". There is no stop key"
_NO_PASTE = ". Only characters of the keyboard's layout can be typed"


def describe_support(environment: Mapping[str, str] = os.environ) -> str:
    """Return what works. Raises DesktopUnavailable, with a hint, if nothing does."""
    if sys.platform in ("win32", "darwin"):
        return NOT_SEEN
    if is_wayland(environment):
        return _describe_wayland(environment)
    if not environment.get("DISPLAY"):
        raise DesktopUnavailable(NO_DISPLAY)
    return X11


def _describe_wayland(environment: Mapping[str, str]) -> str:
    from bridge.computer.native.portal.session import check_offered
    from bridge.computer.native.wayland.session import find_missing
    from bridge.computer.native.wayland.sway import open_sway

    missing = find_missing(environment)
    if missing:
        return _describe_portals() if check_offered(missing) else VIEW_ONLY
    sway = open_sway(environment)
    if sway is None:
        return WLROOTS.format(key="" if _has_portals()[1] else _NO_KEY)
    sway.close()
    return SWAY


def _describe_portals() -> str:
    """Return what the portals offer. Raises DesktopUnavailable if a library is missing."""
    from bridge.computer.native.portal.keymap import load_xkbcommon
    from bridge.computer.native.portal.pipewire import load_pipewire

    load_pipewire()
    load_xkbcommon()
    has_clipboard, has_shortcuts = _has_portals()
    paste, key = "" if has_clipboard else _NO_PASTE, "" if has_shortcuts else _NO_KEY
    return PORTALS.format(paste=paste, key=key)


def _has_portals() -> tuple[bool, bool]:
    """Return whether there are the portals for the clipboard and for shortcuts."""
    from bridge.computer.native.portal.session import CLIPBOARD, connect
    from bridge.computer.native.portal.shortcut import SHORTCUTS

    try:
        bus = connect()
    except DesktopUnavailable:
        return False, False
    try:
        return bool(bus.read_version(CLIPBOARD)), bool(bus.read_version(SHORTCUTS))
    finally:
        bus.close()
