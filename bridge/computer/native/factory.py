"""Open this platform's desktop and indicator."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bridge.computer.desktop import Elements
from bridge.computer.elements.none import NoElements
from bridge.computer.indicator import Indicator
from bridge.computer.native.desktop import Input, NativeDesktop
from bridge.computer.native.environment import is_wayland
from bridge.computer.native.portal_access import PortalAccess

if TYPE_CHECKING:
    from bridge.computer.elements.walking.node import Source

# Implementations are imported where they are chosen: they need libraries of their platform.


def open_desktop(access: PortalAccess | None = None) -> NativeDesktop:
    """Open the desktop, in the thread that will use it. Raises DesktopUnavailable.

    `access`: remembers what the user allowed in dialogs of the desktop.
    """
    if _is_on_wayland():
        return _open_wayland_desktop(access or PortalAccess())
    from bridge.computer.native.screens import Screens

    with ExitStack() as stack:
        screens = Screens()
        stack.callback(screens.close)
        desktop = NativeDesktop(screens, _open_input(), _open_elements())
        stack.pop_all()
        return desktop


def open_indicator(stop_key: str) -> Indicator:
    """Make this platform's indicator; `stop_key`: in xdotool's spelling, or `none`."""
    if sys.platform in ("win32", "darwin"):
        from bridge.computer.native.key_listener import KeyListener

        return KeyListener(stop_key)
    if _is_on_wayland():
        from bridge.computer.native.wayland.indicator import WaylandIndicator

        return WaylandIndicator(stop_key)
    from bridge.computer.native.x11.indicator import X11Indicator

    return X11Indicator(stop_key)


def _is_on_wayland() -> bool:
    return sys.platform not in ("win32", "darwin") and is_wayland(os.environ)


def _open_wayland_desktop(access: PortalAccess) -> NativeDesktop:
    from bridge.computer.native.wayland.session import find_missing

    missing = find_missing(os.environ)
    return _open_portal_desktop(access, missing) if missing else _open_wlroots_desktop()


def _open_wlroots_desktop() -> NativeDesktop:
    from bridge.computer.native.wayland.input import WaylandInput
    from bridge.computer.native.wayland.screens import WaylandScreens

    with ExitStack() as stack:
        screens = WaylandScreens()
        stack.callback(screens.close)
        input = WaylandInput()
        stack.callback(input.close)
        # What a program tells is of its own window only, wherever that is on the screen.
        elements = _open_elements() if input.knows_places else NoElements()
        stack.pop_all()
        return NativeDesktop(screens, input, elements)


def _open_portal_desktop(access: PortalAccess, missing: Sequence[str]) -> NativeDesktop:
    """Open what the portals offer; `missing`: what the compositor itself does not."""
    from bridge.computer.elements.atspi.unplaced import UnplacedElements
    from bridge.computer.native.portal.input import PortalInput
    from bridge.computer.native.portal.keymap import load_xkbcommon
    from bridge.computer.native.portal.pipewire import load_pipewire
    from bridge.computer.native.portal.screens import PortalScreens
    from bridge.computer.native.portal.session import PortalSession, check_offered
    from bridge.computer.native.portal.view_only import open_view

    can_act = check_offered(missing)
    with ExitStack() as stack:
        elements = UnplacedElements()
        stack.callback(elements.close)
        if not can_act:
            view = open_view(elements)
            stack.pop_all()
            return NativeDesktop(*view, elements)
        # Before the user is asked for what would not work.
        load_pipewire()
        load_xkbcommon()
        session = PortalSession(access)
        stack.callback(session.close)
        screens = PortalScreens(session)
        stack.callback(screens.close)
        input = PortalInput(session, screens, elements)
        stack.pop_all()
        return NativeDesktop(screens, input, elements)


def _open_input() -> Input:
    if sys.platform == "win32":
        from bridge.computer.native.windows.input import WindowsInput
        from bridge.computer.native.windows.system import WindowsSystem

        return WindowsInput(WindowsSystem())
    if sys.platform == "darwin":
        from bridge.computer.native.macos import MacInput

        return MacInput()
    from bridge.computer.native.x11.input import X11Input

    return X11Input()


def _open_elements() -> Elements:
    """Open the elements of programs; without a tree, windows alone are known."""
    if sys.platform == "linux":
        from bridge.computer.elements.atspi.bus import has_session_bus
        from bridge.computer.elements.atspi.elements import AtspiElements

        if has_session_bus():
            return AtspiElements()
    source = _make_source()
    if source is None:
        return NoElements()
    from bridge.computer.elements.walking.elements import WalkingElements

    return WalkingElements(source)


def _make_source() -> Source | None:
    """Make what reads the trees of this platform; None without one, or without its package."""
    if sys.platform == "win32" and find_spec("comtypes") is not None:
        from bridge.computer.elements.uia.source import UiaSource

        return UiaSource()
    if sys.platform == "darwin" and find_spec("ApplicationServices") is not None:
        from bridge.computer.elements.ax.source import AxSource

        return AxSource()
    return None
