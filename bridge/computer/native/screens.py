"""Capture the screens of this machine, through mss."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bridge.computer.desktop import Cursor
from bridge.computer.native.environment import (
    WAYLAND,
    can_see_screen,
    check_session,
    make_capture_error,
)
from bridge.computer.native.x11.screen import XScreen
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

_HAS_X11 = sys.platform not in ("win32", "darwin")
_BLOCKS = 1
"""Memory blocks of 16 MB that Pillow reuses; a picture of 1920x1080 needs half of one."""


class Screens:
    """The screens of this desktop; used in the thread that made it.

    Connections are opened when needed and dropped after a failure. So every method raises
    DesktopUnavailable, with a hint, while they cannot be captured, and works again once an X
    server has restarted or the screen is unlocked.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: has DISPLAY; default `os.environ`."""
        self._environment = os.environ if environment is None else environment
        self._mss: Any = None
        self._x11: XScreen | None = None
        self._last_screens: tuple[Rect, ...] = ()
        try:
            self.list_screens()
        except DesktopUnavailable:
            self.close()
            raise

    def list_screens(self) -> tuple[Rect, ...]:
        """Return every screen in points, the main one first; read again on each call."""
        self._check_session()
        try:
            screens = self._list_x11_screens() if _HAS_X11 else _list_mss_screens()
        except OSError as error:
            self.close()
            raise make_capture_error(sys.platform, error) from error
        if screens != self._last_screens:
            # mss allocates memory for the screens it was opened with.
            self._close_mss()
            self._last_screens = screens
        return screens

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        """Return an RGB image of an area, pixel for pixel (on macOS one pixel per point).

        The pointer is never in it: on X11 `read_cursor` has it, and on other systems mss lacks it.
        """
        self._check_session()
        if not self._is_on_screen(area):
            self._refresh_screens(area)
        try:
            return self._grab_once(area)
        except _mss_errors():
            # The screen has changed its size, or its server has restarted: try once more.
            self.close()
        self._refresh_screens(area)
        try:
            return self._grab_once(area)
        except _mss_errors() as error:
            self.close()
            raise make_capture_error(sys.platform, error) from error

    def read_cursor(self) -> Cursor | None:
        """Return the pointer's image; None on Windows and macOS, as mss lacks it."""
        if not _HAS_X11:
            return None
        self._check_session()
        try:
            return self._open_x11_screen().read_cursor()
        except OSError as error:
            self.close()
            raise make_capture_error(sys.platform, error) from error

    def close(self) -> None:
        """Close all connections; may be called again."""
        self._close_mss()
        if self._x11 is not None:
            self._x11.close()
            self._x11 = None

    def __enter__(self) -> Screens:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_session(self) -> None:
        check_session(self._environment, sys.platform, can_see_screen)

    def _is_on_screen(self, area: Rect) -> bool:
        # Windows returns black for an area outside, without an error.
        left, top = min(s.left for s in self._last_screens), min(s.top for s in self._last_screens)
        right, bottom = (
            max(s.right for s in self._last_screens),
            max(s.bottom for s in self._last_screens),
        )
        return area.intersect(Rect(left, top, right - left, bottom - top)) == area

    def _refresh_screens(self, area: Rect) -> None:
        self.list_screens()
        if not self._is_on_screen(area):
            raise DesktopUnavailable(
                f"{area.width}x{area.height} points at ({area.left}, {area.top}) are no longer on "
                "the screen. Take a new screenshot."
            )

    def _grab_once(self, area: Rect) -> Image:
        from PIL import Image

        if self._mss is None:
            self._mss = _open_mss(self._environment)
            _reuse_image_memory()
        shot = self._mss.grab(
            {"left": area.left, "top": area.top, "width": area.width, "height": area.height}
        )
        return Image.frombytes("RGB", shot.size, shot.raw, "raw", "BGRX")

    def _close_mss(self) -> None:
        if self._mss is None:
            return
        opened, self._mss = self._mss, None
        # mss frees everything before it raises because the server is gone.
        with suppress(*_mss_errors()):
            opened.close()

    def _list_x11_screens(self) -> tuple[Rect, ...]:
        screen = self._open_x11_screen()
        monitors = sorted(screen.list_monitors(), key=lambda monitor: not monitor.primary)
        # Mirrored monitors are one screen.
        areas = dict.fromkeys(monitor.area for monitor in monitors)
        return tuple(areas) or (screen.read_area(),)

    def _open_x11_screen(self) -> XScreen:
        if self._x11 is None:
            screen = XScreen(self._environment["DISPLAY"])
            if screen.is_xwayland():
                screen.close()
                raise DesktopUnavailable(WAYLAND)
            self._x11 = screen
        return self._x11


def _mss_errors() -> tuple[type[Exception], ...]:
    """Return what mss raises; the last two if the X server is gone."""
    from mss.exception import ScreenShotError

    # Without a server there is no reply, which mss asserts or fails to unpack.
    return ScreenShotError, OSError, AssertionError, ValueError


def _reuse_image_memory() -> None:
    """Make Pillow reuse the memory of one picture for the next.

    The system fills new memory with zeros page by page: a grab of 1920x1080 took 11 ms, now 2.
    https://pillow.readthedocs.io/en/stable/reference/block_allocator.html
    """
    from PIL import Image

    pillow = Image.core  # type: ignore[attr-defined]  # documented, but not in its types
    if pillow.get_blocks_max() < _BLOCKS:
        pillow.set_blocks_max(_BLOCKS)


def _open_mss(environment: Mapping[str, str]) -> Any:
    from mss import MSS

    return MSS(display=environment["DISPLAY"]) if sys.platform == "linux" else MSS()


def _list_mss_screens() -> tuple[Rect, ...]:
    # mss reads the monitors only once, so each call needs a new one; without X that is quick.
    from mss import MSS
    from mss.exception import ScreenShotError

    try:
        with MSS() as opened:
            monitors = sorted(opened.monitors[1:], key=lambda m: not m.get("is_primary", False))
    except ScreenShotError as error:
        raise OSError(str(error)) from error
    areas = [Rect(m["left"], m["top"], m["width"], m["height"]) for m in monitors]
    if not areas:
        raise OSError("no monitor is on")
    return tuple(dict.fromkeys(areas))
