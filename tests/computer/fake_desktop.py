"""A desktop that records all calls, and which keys and buttons are down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.computer.apps.app import App
from bridge.computer.desktop import UNKNOWN, Button, Check, Cursor, Direction, Window, WindowId
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.fake_elements import FakeElements

if TYPE_CHECKING:
    from PIL.Image import Image

_BLUES = (128, 200, 60)


def make_app(name: str) -> App:
    """The program of a name that a distribution has installed."""
    return App(f"/usr/bin/{name}")


class FakeDesktop:
    """Records what is done in `done`; pressing what is already down is an error."""

    def __init__(self, *screens: Rect) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.grabbed: list[Rect] = []
        self.down: set[str] = set()
        self.at = Point(0, 0)
        self.before: Callable[[tuple[Any, ...]], None] = lambda call: None
        """Called with each line before it counts; it may raise."""
        self.shown: list[Window] = []
        """Its windows, the topmost first."""
        self.elements = FakeElements()
        self._numbers: dict[tuple[str, str], int] = {}
        self._screens = screens or (Rect(0, 0, 1920, 1080),)

    def _do(self, *call: Any) -> None:
        self.before(call)
        self.done.append(call)

    def list_screens(self) -> Sequence[Rect]:
        return self._screens

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        from PIL import Image

        self.before(("grab", area))
        self.grabbed.append(area)
        # What is done can be seen.
        return Image.new("RGB", area.size, (0, 0, _BLUES[len(self.done) % len(_BLUES)]))

    def read_cursor(self) -> Cursor | None:
        return None

    def read_pointer(self) -> Point:
        return self.at

    def move(self, to: Point) -> None:
        self._do("move", *to)
        self.at = to

    def press(self, button: Button) -> None:
        self._do("press", button)
        assert button not in self.down, f"{button} is down already"
        self.down.add(button)

    def release(self, button: Button) -> None:
        """Release a button; as on a real desktop, one that is up may be released."""
        self._do("release", button)
        self.down.discard(button)

    def scroll(self, direction: Direction, clicks: int) -> None:
        self._do("scroll", direction, clicks)

    def press_key(self, keysym: str) -> None:
        self._do("key_down", keysym)
        self.down.add(keysym)

    def release_key(self, keysym: str) -> None:
        self._do("key_up", keysym)
        self.down.discard(keysym)

    def type(self, text: str, check: Check) -> None:
        for character in text:
            check()
            self._do("type", character)

    def list_windows(self) -> Sequence[Window]:
        """List `shown`; a window without an id gets one for its title and program.

        Each window belongs to the program of its class, in `/usr/bin`, unless it has another.
        """
        return [
            replace(
                window,
                id=window.id if window.id != UNKNOWN else self._make_id(window),
                app=window.app if window.app or not window.program else make_app(window.program),
            )
            for window in self.shown
        ]

    def activate_window(self, window: Window) -> None:
        """Bring a window to the front, unless it was closed."""
        self._do("activate", window.title)
        if any(window.is_same(shown) for shown in self.shown):
            others = [replace(w, active=False) for w in self.shown if not window.is_same(w)]
            self.shown[:] = [replace(window, active=True), *others]

    def find_focused(self) -> WindowId | None:
        return next((window.id for window in self.list_windows() if window.active), None)

    def find_pointed(self) -> WindowId | None:
        here = (window.id for window in self.list_windows() if self.at in window.whole)
        return next(here, None)

    def _make_id(self, window: Window) -> WindowId:
        name = (window.title, window.program)
        return WindowId(self._numbers.setdefault(name, len(self._numbers) + 1), 0)

    def close(self) -> None:
        self._do("close")
