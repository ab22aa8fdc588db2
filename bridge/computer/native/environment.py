"""Check that the screen can be captured, and explain what to do if it cannot."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

from bridge.errors import DesktopUnavailable

WAYLAND = (
    "This is a Wayland session: other programs get a constant picture instead of the screen, and "
    "keys and clicks sent through its X server (XWayland) have no effect. Log out, and choose the "
    "X11 session (often named `Xorg`) on the login screen."
)
NO_DISPLAY = (
    "There is no desktop here: DISPLAY is not set. Start the bridge inside a graphical X11 "
    "session, or name a running X server, such as DISPLAY=:0."
)
NOT_ALLOWED = (
    "macOS does not let this program see the screen. Allow it in System Settings > Privacy & "
    "Security > Screen Recording, then quit and start it again."
)
LOCKED = (
    "Windows does not let this program see the screen: it is locked, or shows an "
    "administrator prompt. Unlock it, or answer the prompt, and try again."
)
_FAILED: Mapping[str, str] = {
    "win32": LOCKED,
    "darwin": "macOS gave no picture of the screen. " + NOT_ALLOWED,
}
_X11_FAILED = (
    "The X server gave no picture of the screen. Is it still running, and may this user connect "
    "to it (DISPLAY, XAUTHORITY)?"
)


def check_session(
    environment: Mapping[str, str], platform: str, can_see: Callable[[], bool]
) -> None:
    """Raise DesktopUnavailable, with a hint, if the screen cannot be captured.

    `platform`: as in `sys.platform`; `can_see`: queries macOS or Windows.
    """
    if platform == "darwin":
        reason = None if can_see() else NOT_ALLOWED
    elif platform == "win32":
        reason = None if can_see() else LOCKED
    elif is_wayland(environment):
        reason = WAYLAND
    else:
        reason = None if environment.get("DISPLAY") else NO_DISPLAY
    if reason:
        raise DesktopUnavailable(reason)


def is_wayland(environment: Mapping[str, str]) -> bool:
    """Return whether the environment names a Wayland session."""
    named = environment.get("XDG_SESSION_TYPE", "").lower() == "wayland"
    return named or bool(environment.get("WAYLAND_DISPLAY"))


def can_see_screen() -> bool:
    """Return what macOS' permission or Windows' lock allows; True on other platforms."""
    if sys.platform == "darwin":
        return bool(import_module("Quartz").CGPreflightScreenCaptureAccess())
    if sys.platform == "win32":
        return _can_open_input_desktop()
    return True


def make_capture_error(platform: str, error: Exception) -> DesktopUnavailable:
    """Make the error for a failed capture; raise it from its cause."""
    detail = " ".join(str(error).split()) or type(error).__name__
    return DesktopUnavailable(f"{_FAILED.get(platform, _X11_FAILED)} ({detail})")


if sys.platform == "win32":
    import ctypes

    def _can_open_input_desktop() -> bool:
        """Return False while the lock screen or UAC is shown.

        They use a separate desktop, which other programs cannot open.
        https://learn.microsoft.com/en-us/windows/win32/api/winuser/nf-winuser-openinputdesktop
        """
        user32 = ctypes.WinDLL("user32")
        user32.OpenInputDesktop.restype = ctypes.c_void_p
        user32.CloseDesktop.argtypes = [ctypes.c_void_p]
        reading = 0x0001
        desktop = user32.OpenInputDesktop(0, False, reading)
        if desktop:
            user32.CloseDesktop(desktop)
        return bool(desktop)
