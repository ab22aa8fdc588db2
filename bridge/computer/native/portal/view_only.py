"""A desktop that programs can only look at: by the Screenshot portal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

from bridge.computer.desktop import Button, Check, Cursor, Direction, Window, WindowId
from bridge.computer.native.portal.bus import PortalBus, PortalError
from bridge.computer.native.portal.clients import DisplayClients
from bridge.computer.native.portal.session import ASK_SECONDS, SCREENSHOT, connect
from bridge.computer.native.portal.windows import TellsWindows, UnplacedWindows
from bridge.computer.native.wayland.pixels import compose
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import DesktopUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

VIEW_ONLY = (
    "This desktop lets programs take screenshots, and offers no portal for remote control "
    "(org.freedesktop.portal.RemoteDesktop). So Claude can see it, and cannot use it."
)
_DENIED = "The desktop gave no screenshot: you did not allow it in the desktop's own dialog."


class ScreenshotScreens:
    """One picture of all screens for each grab; the desktop may ask the user each time."""

    def __init__(self, bus: PortalBus) -> None:
        self._bus = bus
        self._size = self._take().size

    def list_screens(self) -> tuple[Rect, ...]:
        """Return the area of all screens, as it was in the last picture."""
        return (Rect(0, 0, *self._size),)

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        image = self._take()
        self._size = image.size
        return compose(area, [(Rect(0, 0, *image.size), image)])

    def read_cursor(self) -> Cursor | None:
        """Return None: the desktop draws the pointer or leaves it out."""
        return None

    def close(self) -> None:
        self._bus.close()

    def _take(self) -> Image:
        """Take a picture; its file is removed. Raises DesktopUnavailable."""
        from dbus_fast import Variant
        from PIL import Image

        options = {"interactive": Variant("b", False)}
        try:
            response = self._bus.request(
                SCREENSHOT, "Screenshot", "sa{sv}", "", options=options, seconds=ASK_SECONDS
            )
        except (PortalError, TimeoutError) as error:
            raise DesktopUnavailable(f"The desktop gave no screenshot: {error}") from error
        if response.code or "uri" not in response.results:
            raise DesktopUnavailable(_DENIED)
        path = Path(unquote(urlsplit(str(response.results["uri"].value)).path))
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except OSError as error:
            raise DesktopUnavailable(f"The desktop's screenshot cannot be read: {error}") from error
        finally:
            path.unlink(missing_ok=True)


class NoInput:
    """Input that is refused by name; which windows are open is known for the `never` list."""

    def __init__(self, windows: UnplacedWindows) -> None:
        self._windows = windows

    def read_pointer(self) -> Point:
        return Point(0, 0)

    def move(self, to: Point) -> None:
        _refuse()

    def press(self, button: Button) -> None:
        _refuse()

    def release(self, button: Button) -> None:
        """Do nothing: no button is down."""

    def scroll(self, direction: Direction, clicks: int) -> None:
        _refuse()

    def press_key(self, keysym: str) -> None:
        _refuse()

    def release_key(self, keysym: str) -> None:
        """Do nothing: no key is down."""

    def type(self, text: str, check: Check) -> None:
        _refuse()

    def list_windows(self) -> Sequence[Window]:
        return self._windows.list_windows()

    def activate_window(self, window: Window) -> None:
        _refuse()

    def find_focused(self) -> WindowId | None:
        return self._windows.find_focused()

    def find_pointed(self) -> WindowId | None:
        return None

    def close(self) -> None:
        """Do nothing: nothing is open."""


def open_view(elements: TellsWindows) -> tuple[ScreenshotScreens, NoInput]:
    """Open a desktop that has the Screenshot portal. Raises DesktopUnavailable."""
    bus = connect()
    try:
        screens = ScreenshotScreens(bus)
    except BaseException:
        bus.close()
        raise
    windows = UnplacedWindows(elements, DisplayClients(), lambda: screens.list_screens()[0])
    return screens, NoInput(windows)


def _refuse() -> NoReturn:
    raise DesktopUnavailable(VIEW_ONLY)
