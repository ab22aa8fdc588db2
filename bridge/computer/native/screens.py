"""What is on the screens of this machine, through mss."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bridge.computer.desktop import Cursor
from bridge.computer.native.environment import WAYLAND, check_session, may_see_screen, unseen
from bridge.computer.native.x11.screen import XScreen
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

_HAS_X11 = sys.platform not in ("win32", "darwin")
_BLOCKS = 1
"""Of Pillow's 16 MB; a picture of 1920x1080 takes half of one, and only that is ever touched."""


class Eyes:
    """Sees this desktop; to be used in the thread that made it. `close` gives everything back.

    Every method raises DesktopUnavailable, with the cure, while there is nothing to see, and
    begins anew when it is called again: a server that restarts or a screen that is unlocked is
    seen again.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: where the X server is named, `os.environ` unless given."""
        self._environment = os.environ if environment is None else environment
        self._camera: Any = None
        self._x11: XScreen | None = None
        self._known: tuple[Rect, ...] = ()
        try:
            self.screens()
        except DesktopUnavailable:
            self.close()
            raise

    def screens(self) -> tuple[Rect, ...]:
        """Every screen in points, the main one first; asked anew each time."""
        self._check()
        try:
            found = self._x11_screens() if _HAS_X11 else _screens_of_mss()
        except OSError as error:
            self.close()
            raise unseen(sys.platform, error) from error
        if found != self._known:
            # mss has memory for the screens it began with.
            self._drop_camera()
            self._known = found
        return found

    def grab(self, area: Rect) -> Image:
        """What is seen there, RGB, pixel for pixel (on macOS a pixel for each point)."""
        self._check()
        if not self._shows(area):
            self._look_again(area)
        try:
            return self._shoot(area)
        except _failures():
            # The screen has another size, or its server began anew.
            self.close()
        self._look_again(area)
        try:
            return self._shoot(area)
        except _failures() as error:
            self.close()
            raise unseen(sys.platform, error) from error

    def cursor(self) -> Cursor | None:
        """The pointer's picture; None on Windows and macOS, where mss does not have it."""
        if not _HAS_X11:
            return None
        self._check()
        try:
            return self._x11_screen().cursor()
        except OSError as error:
            self.close()
            raise unseen(sys.platform, error) from error

    def close(self) -> None:
        """Hangs up; may be called again."""
        self._drop_camera()
        if self._x11 is not None:
            self._x11.close()
            self._x11 = None

    def __enter__(self) -> Eyes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self) -> None:
        check_session(self._environment, sys.platform, may_see_screen)

    def _shows(self, area: Rect) -> bool:
        """Windows gives black for what is outside, and says nothing."""
        left, top = min(s.left for s in self._known), min(s.top for s in self._known)
        right, bottom = max(s.right for s in self._known), max(s.bottom for s in self._known)
        return area.overlap(Rect(left, top, right - left, bottom - top)) == area

    def _look_again(self, area: Rect) -> None:
        self.screens()
        if not self._shows(area):
            raise DesktopUnavailable(
                f"{area.width}x{area.height} points at ({area.left}, {area.top}) are not on the "
                "screen: it has changed. Take a new screenshot."
            )

    def _shoot(self, area: Rect) -> Image:
        from PIL import Image

        if self._camera is None:
            self._camera = _camera(self._environment)
            _keep_memory()
        shot = self._camera.grab(
            {"left": area.left, "top": area.top, "width": area.width, "height": area.height}
        )
        return Image.frombytes("RGB", shot.size, shot.raw, "raw", "BGRX")

    def _drop_camera(self) -> None:
        if self._camera is None:
            return
        camera, self._camera = self._camera, None
        # It has given everything back before it complains that the server is gone.
        with suppress(*_failures()):
            camera.close()

    def _x11_screens(self) -> tuple[Rect, ...]:
        screen = self._x11_screen()
        monitors = sorted(screen.monitors(), key=lambda monitor: not monitor.primary)
        # Two monitors that show the same are one screen.
        areas = dict.fromkeys(monitor.area for monitor in monitors)
        return tuple(areas) or (screen.area(),)

    def _x11_screen(self) -> XScreen:
        if self._x11 is None:
            screen = XScreen(self._environment["DISPLAY"])
            if screen.is_xwayland():
                screen.close()
                raise DesktopUnavailable(WAYLAND)
            self._x11 = screen
        return self._x11


def _failures() -> tuple[type[Exception], ...]:
    """What mss raises; the last two when an X server is gone (it asserts that there is a reply)."""
    from mss.exception import ScreenShotError

    return ScreenShotError, OSError, AssertionError, ValueError


def _keep_memory() -> None:
    """Pillow keeps the memory of one picture for the next, instead of giving it to the system.

    New memory is filled with zeros page by page: a grab of 1920x1080 took 11 ms, and takes 2.
    https://pillow.readthedocs.io/en/stable/reference/block_allocator.html
    """
    from PIL import Image

    pillow = Image.core  # type: ignore[attr-defined]  # documented, but not in its types
    if pillow.get_blocks_max() < _BLOCKS:
        pillow.set_blocks_max(_BLOCKS)


def _camera(environment: Mapping[str, str]) -> Any:
    from mss import MSS

    return MSS(display=environment["DISPLAY"]) if sys.platform == "linux" else MSS()


def _screens_of_mss() -> tuple[Rect, ...]:
    """A new mss each time: it asks only once. Without an X server it is quickly made."""
    from mss import MSS
    from mss.exception import ScreenShotError

    try:
        with MSS() as asked:
            monitors = sorted(asked.monitors[1:], key=lambda m: not m.get("is_primary", False))
    except ScreenShotError as error:
        raise OSError(str(error)) from error
    areas = [Rect(m["left"], m["top"], m["width"], m["height"]) for m in monitors]
    if not areas:
        raise OSError("no monitor is on")
    return tuple(dict.fromkeys(areas))
