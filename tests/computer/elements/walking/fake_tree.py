"""Trees of programs as a test makes them, behind the interface of a platform."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, cast

from bridge.computer.desktop import Window, WindowId
from bridge.computer.elements.base import Role, State
from bridge.computer.elements.walking.elements import WalkingElements
from bridge.computer.elements.walking.node import Node, Raw, Unanswered
from bridge.computer.screen.geometry import Point, Rect

AREA = Rect(0, 0, 800, 600)
PROCESS = 41
WINDOW = Window("Window", "program", AREA, True, WindowId(7, PROCESS))


class Thing:
    """An object of a program; `done` has what was done with it."""

    def __init__(
        self,
        role: Role,
        name: Any = "",
        sides: Any = (0, 0, 800, 600),
        *children: Thing,
        states: Collection[str] = (),
        offers: Collection[str] = ("press", "select", "focus", "set_text", "set_number"),
        default: Thing | None = None,
        tells_default: bool = True,
        native: bool = False,
        **more: Any,
    ) -> None:
        self.raw = Raw(
            role, frozenset(cast(Collection[State], states)), name, sides=sides, process=PROCESS
        )
        self.raw = replace(self.raw, **more)
        self.children: Sequence[Thing] = list(children)
        self.parent: Thing | None = None
        for child in children:
            child.parent = self
        self.offers, self.default = offers, default
        self.tells_default, self.native = tells_default, native
        self.done: list[tuple[Any, ...]] = []
        self.reads = 0
        self.before: Callable[[], object] = lambda: None
        """Called before an object is read or used; it may raise."""

    def read(self) -> Raw:
        self.reads += 1
        self.before()
        return self.raw

    def list_children(self, most: int) -> Sequence[Node]:
        self.before()
        return list(itertools.islice(self.children, most))

    def find_parent(self) -> Node | None:
        self.before()
        return self.parent

    def find_below(
        self, roles: Collection[Role], *, shown: bool, most: int
    ) -> Sequence[Node] | None:
        self.before()
        if not self.native:
            return None
        # As Windows does it: the condition is a little wider than the roles.
        fitting = (each for each in self.walk() if not (shown and "off screen" in each.raw.states))
        return list(itertools.islice(fitting, most))

    def find_default_button(self) -> Node | None:
        if not self.tells_default:
            raise Unanswered("not told")
        return self.default

    def is_clickable(self) -> bool:
        return "click" in self.offers

    def press(self) -> bool:
        return self._do("press")

    def select(self) -> bool:
        return self._do("select")

    def expand(self, *, expanded: bool) -> bool:
        return self._do("expand", expanded)

    def focus(self) -> bool:
        return self._do("focus")

    def scroll_into_view(self) -> bool:
        return self._do("scroll")

    def set_text(self, text: str) -> bool:
        return self._do("set_text", text)

    def set_number(self, number: float) -> bool:
        return self._do("set_number", number)

    def read_text(self, length: int) -> Any:
        return self.raw.value

    def walk(self) -> Iterator[Thing]:
        for child in self.children:
            yield child
            yield from child.walk()

    def find(self, name: str) -> Thing:
        return next(each for each in self.walk() if each.raw.name == name)

    def change(self, **facts: Any) -> None:
        self.raw = replace(self.raw, **facts)

    def _do(self, act: str, *values: Any) -> bool:
        self.before()
        if act not in self.offers:
            return False
        self.done.append((act, *values))
        if act in ("set_text", "set_number"):
            self.change(value=values[0])
        if act == "press" and self.raw.role in ("check box", "switch"):
            self.change(states=self.raw.states ^ {"checked"})
        if act == "scroll":
            self.change(states=self.raw.states - {"off screen"})
        return True


class FakeSource:
    """A desktop with one window; a platform finds what is innermost at a point."""

    def __init__(self, top: Thing, *, native: bool = False, tells_forms: bool = True) -> None:
        self.top, self.tells_forms = top, tells_forms
        for each in (top, *top.walk()):
            each.native = native
        self.focus: Thing | None = None
        self.opening: Callable[[], object] = lambda: None

    def open(self) -> None:
        self.opening()

    def enclose_call(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def list_windows(self, window: Window) -> Sequence[Node]:
        return [self.top]

    def find_at(self, point: Point, window: Window) -> Node | None:
        at = self.top
        while (
            inner := next((c for c in reversed(at.children) if is_at(c, point)), None)
        ) is not None:
            at = inner
        return at

    def find_focused(self, window: Window) -> Node | None:
        return self.focus


def is_at(thing: Thing, point: Point) -> bool:
    return thing.raw.sides is not None and point in Rect(*thing.raw.sides)


@contextmanager
def open_elements(source: FakeSource) -> Iterator[WalkingElements]:
    elements = WalkingElements(source)
    try:
        yield elements
    finally:
        elements.close()
