"""The interface to a desktop: screens, pointer, keyboard, windows and their elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from bridge.computer.apps.app import App
from bridge.computer.elements.base import Element, ElementList, NamedElement, Press, Role
from bridge.computer.screen.geometry import Point, Rect

if TYPE_CHECKING:
    from PIL.Image import Image

Button = Literal["left", "middle", "right"]
Direction = Literal["up", "down", "left", "right"]
Check = Callable[[], None]
"""Called between small steps; raises Stopped after a stop."""


class DesktopEnded(OSError):
    """The desktop has ended what was opened, as the message says; it has to be opened again."""


class WindowId(NamedTuple):
    """Which window it is: a title may change, and two windows may have the same."""

    number: int
    """X's id, the HWND, or macOS' window number."""
    process: int
    """The process that owns it; 0 if the platform does not tell."""


UNKNOWN = WindowId(0, 0)


@dataclass(frozen=True, slots=True)
class Window:
    """A visible window."""

    title: str
    program: str
    """The program's own name for its kind of window (WM_CLASS, the executable, the bundle)."""
    area: Rect
    active: bool
    """Whether it has the keyboard focus."""
    # Windows are compared with `is_same`; `==` compares what the user sees of them.
    id: WindowId = field(default=UNKNOWN, compare=False)
    names: tuple[str, ...] = field(default=(), compare=False)
    """More names of the program: WM_CLASS' instance, the process, the executable, the bundle."""
    titles: tuple[str, ...] = field(default=(), compare=False)
    """More titles: those for other window managers, and those of the windows that it belongs to."""
    frame: Rect | None = field(default=None, compare=False)
    """The area with title bar and borders, where these are not in `area`."""
    app: App | None = field(default=None, compare=False)
    """The program that it belongs to; None if the system does not name it."""
    surface: Point | None = field(default=None, compare=False)
    """Where what its program draws begins, if that is all it knows places by (Wayland)."""
    is_placed: bool = field(default=True, compare=False)
    """Whether `area` is where it is. If not, it may be anywhere in it, also below others."""

    is_secondary: bool = field(default=False, compare=False)
    """Whether it is a menu or a dialog of another window, as far as the system tells."""

    @property
    def whole(self) -> Rect:
        """Return the area with title bar and borders."""
        return self.frame or self.area

    def is_same(self, other: Window | None) -> bool:
        """Return whether it is the same window, whatever its title is now."""
        if other is None:
            return False
        if self.id == UNKNOWN or other.id == UNKNOWN:
            return (self.title, self.program) == (other.title, other.program)
        return self.id == other.id


@dataclass(frozen=True, slots=True)
class Cursor:
    """The pointer's image; `hot` is the pixel in it that points."""

    picture: Image
    hot: tuple[int, int]


class Elements(Protocol):
    """The elements of windows; each method blocks for at most 200 ms, in the desktop's thread.

    None means unknown: the program has no tree, or did not answer in time. A place without a
    control is not unknown: it has the element that contains it.
    """

    def element_at(self, point: Point, window: Window) -> Element | None:
        """Return the control at a point of a window, or what contains the point."""
        ...

    def find_focused(self, window: Window) -> Element | None:
        """Return the element of a window that gets keys."""
        ...

    def is_mute(self, window: Window) -> bool:
        """Return whether its program tells no elements at all, or does not answer, unlike others.

        False where no program could tell any.
        """
        ...

    def default_button(self, window: Window) -> Element | None:
        """Return the button that Return presses; NOTHING if there is none.

        In a page, that of the form with the focus; else that of the dialog.
        """
        ...

    def password_areas(self, windows: Sequence[Window]) -> list[Rect]:
        """Return the areas of visible password fields, or those last known."""
        ...

    # The methods below use elements by name, and block for at most 400 ms. Each raises
    # InvalidRequest, which says why it cannot: no tree, an element that is gone, no answer.

    def window_tree(self, window: Window, most: int) -> ElementList:
        """List what is on the screen: controls, and other elements that have a name."""
        ...

    def find(self, window: Window, role: Role | None, name: str | None) -> ElementList:
        """Find the elements with a role and a name, which are also those scrolled away.

        Without any that have the whole name, those that have it as a part.
        """
        ...

    def look_up(self, id: str, windows: Sequence[Window]) -> tuple[NamedElement, Window]:
        """Return an element as it is now, with its dialog, page and form; and its window."""
        ...

    def press(self, id: str) -> Press:
        """Do what a click on it does; what is scrolled away is scrolled there first."""
        ...

    def focus_element(self, id: str) -> bool:
        """Move the keyboard of its window to an element; return False if that is not offered."""
        ...

    def set_value(self, id: str, value: str) -> str | None:
        """Set the text of a field, the number of a slider, the choice of a list, or `on`, `off`.

        Return the value that it has then, which is empty for a password field; None for a field
        whose program does not let its text be set, so that it has to be typed.
        """
        ...

    def read_text(self, id: str) -> str:
        """Return its text, at most READ_LENGTH characters; of a password field never."""
        ...

    def close(self) -> None: ...


class Desktop(Protocol):
    """Every method blocks, and is called in the one thread that made the desktop."""

    @property
    def elements(self) -> Elements: ...

    def list_screens(self) -> Sequence[Rect]:
        """Return every screen in points, the main one first."""
        ...

    def grab(self, area: Rect, *, with_pointer: bool = False) -> Image:
        """Return an RGB image of an area, which may have more pixels than points.

        `with_pointer`: let the system draw the pointer, where `read_cursor` does not provide it.
        """
        ...

    def read_cursor(self) -> Cursor | None:
        """Return the pointer's image; None if the platform does not provide it."""
        ...

    def read_pointer(self) -> Point: ...

    def move(self, to: Point) -> None: ...

    def press(self, button: Button) -> None: ...

    def release(self, button: Button) -> None: ...

    def scroll(self, direction: Direction, clicks: int) -> None:
        """Turn the wheel by a number of notches."""
        ...

    def press_key(self, keysym: str) -> None:
        """Press a key and leave it down.

        `keysym`: X's name of a key (`Return`, `Shift_L`, `a`), or a single character.
        """
        ...

    def release_key(self, keysym: str) -> None: ...

    def type(self, text: str, check: Check) -> None:
        """Type text exactly, whatever the layout; calls `check` every few characters."""
        ...

    def list_windows(self) -> Sequence[Window]:
        """Return visible windows, the topmost first; empty if the platform does not list them.

        Menus and other windows without a title are listed, too: they get clicks.
        """
        ...

    def activate_window(self, window: Window) -> None:
        """Ask the system to bring a window to the front with the focus; it may take a moment."""
        ...

    def find_focused(self) -> WindowId | None:
        """Return the window that gets keys now; fast enough to call every few characters."""
        ...

    def find_pointed(self) -> WindowId | None:
        """Return the window under the pointer; fast enough to call at each step of a drag."""
        ...

    def close(self) -> None:
        """Restore the keyboard layout and close connections."""
        ...
