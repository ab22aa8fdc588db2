"""The interface to a platform's tree: objects, what they tell, and what can be done with them."""

# A platform implements `Source` and `Node`, and translates its own roles, states and errors. All
# else is done here for all platforms: limits, the check of what programs tell, and the judgment.

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.computer.desktop import Window
from bridge.computer.elements.base import Role, State
from bridge.computer.screen.geometry import Point


class Unanswered(Exception):
    """A program gave an error, has ended, or does not tell."""


class TimedOut(Unanswered):
    """A program did not answer in time."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What a program tells of an object; values of the type Any are not checked yet."""

    role: Role
    states: frozenset[State] = frozenset()
    """Without `off screen` where the platform does not tell what is scrolled away."""
    name: Any = ""
    description: Any = ""
    value: Any = None
    """The text of a field, the number of a slider; of a password field never."""
    sides: Any = None
    """Left, top, width and height on the screen."""
    address: Any = ""
    """URL of a page."""
    process: int = 0
    handle: int = 0
    """The number of a window; 0 for other objects, and on macOS."""
    is_page: bool = False
    is_form: bool = False
    is_opaque: bool = False
    """Whether what is inside is not in the tree."""
    clips: bool = False
    """Whether what is inside is out of sight where it is outside."""


class Node(Hashable, Protocol):
    """An object of a program; the same object is equal. Each method may raise Unanswered.

    Methods that do something return False if the object does not offer it.
    """

    def read(self) -> Raw:
        """Read what the object is now, by one call if the platform has such a call."""
        ...

    def list_children(self, most: int) -> Sequence[Node]: ...

    def find_parent(self) -> Node | None: ...

    def find_below(
        self, roles: Collection[Role], *, shown: bool, most: int
    ) -> Sequence[Node] | None:
        """Find the objects that may have one of some roles, in reading order, by one call.

        None if the platform has no such call. `shown`: without those scrolled away.
        """
        ...

    def find_default_button(self) -> Node | None:
        """Return the button in a window or form that Return presses; None if there is none.

        Raises Unanswered also if the program does not tell such buttons.
        """
        ...

    def is_clickable(self) -> bool:
        """Return whether its program handles clicks on it."""
        ...

    def press(self) -> bool:
        """Do what a click on a button, link, check box or menu does."""
        ...

    def select(self) -> bool:
        """Select an item of a list, without opening it."""
        ...

    def expand(self, *, expanded: bool) -> bool:
        """Open or close a list of choices."""
        ...

    def focus(self) -> bool: ...

    def scroll_into_view(self) -> bool: ...

    def set_text(self, text: str) -> bool: ...

    def set_number(self, number: float) -> bool: ...

    def read_text(self, length: int) -> Any:
        """Return the beginning of its text, unchecked; None if it has none."""
        ...


class Source(Protocol):
    """The trees of a platform. Every method is called in one thread, and may raise Unanswered."""

    @property
    def tells_forms(self) -> bool:
        """Whether all forms of pages are objects."""
        ...

    def open(self) -> None:
        """Connect to the platform; may raise anything."""
        ...

    def enclose_call(self) -> AbstractContextManager[Any]:
        """Return what has to be around everything that is done at once."""
        ...

    def list_windows(self, window: Window) -> Sequence[Node]:
        """List the objects that may be a window's."""
        ...

    def find_at(self, point: Point, window: Window) -> Node | None:
        """Return the innermost object at a point, as far as the platform tells."""
        ...

    def find_focused(self, window: Window) -> Node | None:
        """Return the object with the keyboard, of a window's program."""
        ...
