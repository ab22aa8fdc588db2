"""Open this platform's desktop and indicator."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from bridge.computer.desktop import Elements
from bridge.computer.elements.none import NoElements
from bridge.computer.indicator import Indicator
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.input import Input
from bridge.computer.native.screens import Screens

# Implementations are imported where they are chosen: they need libraries of their platform.


def open_desktop() -> NativeDesktop:
    """Open the desktop, in the thread that will use it. Raises DesktopUnavailable."""
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
    from bridge.computer.native.x11.indicator import X11Indicator

    return X11Indicator(stop_key)


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
    return NoElements()
