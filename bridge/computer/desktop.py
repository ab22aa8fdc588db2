"""What a desktop can do: the few things that differ from platform to platform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from bridge.computer.screen.geometry import Point, Rect

if TYPE_CHECKING:
    from PIL.Image import Image

Button = Literal["left", "middle", "right"]
Direction = Literal["up", "down", "left", "right"]
Check = Callable[[], None]
"""Called between small steps; it raises when the person has said stop."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a person sees of a program."""

    title: str
    program: str
    """The program's own name for its kind of window (WM_CLASS, the executable, the bundle)."""
    area: Rect
    active: bool
    """It has the keyboard."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The picture of the pointer; `hot` is where in it the pointer points, in its pixels."""

    picture: Image
    hot: tuple[int, int]


class Desktop(Protocol):
    """All of it blocks, and all of it is called from one thread, which also made it."""

    def screens(self) -> Sequence[Rect]:
        """Every screen in points; the main one first."""
        ...

    def grab(self, area: Rect) -> Image:
        """What is seen there, RGB; more pixels than points where the screen is that fine."""
        ...

    def cursor(self) -> Cursor | None:
        """None where it cannot be known."""
        ...

    def pointer(self) -> Point: ...

    def move(self, to: Point) -> None: ...

    def press(self, button: Button) -> None: ...

    def release(self, button: Button) -> None: ...

    def scroll(self, direction: Direction, clicks: int) -> None:
        """Turns the wheel by as many notches."""
        ...

    def key_down(self, keysym: str) -> None:
        """`keysym`: X's name of a key (`Return`, `Shift_L`, `a`), or a single character."""
        ...

    def key_up(self, keysym: str) -> None: ...

    def type(self, text: str, check: Check) -> None:
        """Types it exactly, whatever the layout; `check` is called every few characters."""
        ...

    def windows(self) -> Sequence[Window]:
        """Those that can be seen, the topmost first; empty where it cannot be known."""
        ...

    def close(self) -> None:
        """Gives back what was borrowed (keys of the layout, connections)."""
        ...
