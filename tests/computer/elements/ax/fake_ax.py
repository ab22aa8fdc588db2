"""macOS' accessibility functions over objects that a test makes, as pyobjc returns them.

Each function gives an error number and what the C function writes to its last argument; see
HIServices' metadata in pyobjc-framework-ApplicationServices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bridge.computer.elements.ax.roles import ATTRIBUTES
from bridge.computer.elements.ax.source import Api

SUCCESS, CANNOT_COMPLETE, UNSUPPORTED, NO_ACTION, NO_VALUE = 0, -25204, -25205, -25206, -25212
PROCESS = 41


class Pair(NamedTuple):
    """A CGPoint or a CGSize, inside of an AXValue."""

    kind: int
    first: float
    second: float

    @property
    def x(self) -> float:
        return self.first

    @property
    def y(self) -> float:
        return self.second

    @property
    def width(self) -> float:
        return self.first

    @property
    def height(self) -> float:
        return self.second


class Missing:
    """What stands for an attribute that an object lacks: an AXValue with an error."""


class Object:
    """An accessibility object; `done` has what was done with it."""

    def __init__(
        self,
        role: str,
        title: Any = None,
        sides: Sequence[float] | None = (0, 0, 800, 600),
        *children: Object,
        actions: Sequence[str] = (),
        writable: Sequence[str] = (),
        **attributes: Any,
    ) -> None:
        self.attributes: dict[str, Any] = {"AXRole": role, **attributes}
        if title is not None:
            self.attributes["AXTitle"] = title
        if sides is not None:
            self.attributes["AXPosition"] = Pair(1, *sides[:2])
            self.attributes["AXSize"] = Pair(2, *sides[2:])
        self.attributes["AXChildren"] = list(children)
        for child in children:
            child.attributes["AXParent"] = self
        self.actions, self.writable = actions, writable
        self.done: list[tuple[Any, ...]] = []
        self.error = SUCCESS

    def contains(self, x: float, y: float) -> bool:
        place, size = self.attributes.get("AXPosition"), self.attributes.get("AXSize")
        if place is None or size is None:
            return False
        return bool(place.x <= x < place.x + size.width and place.y <= y < place.y + size.height)


class Functions:
    """The functions of ApplicationServices that are used."""

    def __init__(self, *windows: Object, focus: Object | None = None, trusted: bool = True) -> None:
        self.program = Object("AXApplication", "Program", None, *windows)
        self.program.attributes |= {"AXWindows": list(windows)}
        if focus is not None:
            self.program.attributes["AXFocusedUIElement"] = focus
        self.trusted = trusted
        self.calls = 0
        self.timeouts: list[float] = []

    def as_api(self) -> Api:
        return Api(self)

    def AXIsProcessTrusted(self) -> bool:  # noqa: N802
        return self.trusted

    def AXUIElementCreateSystemWide(self) -> Object:  # noqa: N802
        return Object("AXSystemWide")

    def AXUIElementCreateApplication(self, process: int) -> Object:  # noqa: N802
        return self.program

    def AXUIElementSetMessagingTimeout(self, element: Object, seconds: float) -> int:  # noqa: N802
        self.timeouts.append(seconds)
        return SUCCESS

    def AXUIElementCopyAttributeValue(  # noqa: N802
        self, element: Object, name: str, out: None
    ) -> tuple[int, Any]:
        self.calls += 1
        if element.error:
            return element.error, None
        value = element.attributes.get(name, Missing)
        if value is Missing:
            return UNSUPPORTED, None
        return (NO_VALUE, None) if value is None else (SUCCESS, value)

    def AXUIElementCopyAttributeValues(  # noqa: N802
        self, element: Object, name: str, start: int, most: int, out: None
    ) -> tuple[int, Any]:
        self.calls += 1
        if element.error:
            return element.error, None
        values = element.attributes.get(name)
        return (UNSUPPORTED, None) if values is None else (SUCCESS, values[start : start + most])

    def AXUIElementCopyMultipleAttributeValues(  # noqa: N802
        self, element: Object, names: Sequence[str], options: int, out: None
    ) -> tuple[int, Any]:
        self.calls += 1
        assert (tuple(names), options) == (ATTRIBUTES, 0)
        if element.error:
            return element.error, None
        values = (element.attributes.get(name) for name in names)
        return SUCCESS, [Missing() if value is None else value for value in values]

    def AXUIElementIsAttributeSettable(  # noqa: N802
        self, element: Object, name: str, out: None
    ) -> tuple[int, bool]:
        return (element.error, name in element.writable)

    def AXUIElementSetAttributeValue(self, element: Object, name: str, value: Any) -> int:  # noqa: N802
        if element.error or name not in element.writable:
            return element.error or UNSUPPORTED
        element.attributes[name] = value
        element.done.append((name, value))
        return SUCCESS

    def AXUIElementPerformAction(self, element: Object, name: str) -> int:  # noqa: N802
        if element.error or name not in element.actions:
            return element.error or NO_ACTION
        element.done.append((name,))
        return SUCCESS

    def AXUIElementCopyActionNames(  # noqa: N802
        self, element: Object, out: None
    ) -> tuple[int, Sequence[str]]:
        return element.error, element.actions

    def AXUIElementGetPid(self, element: Object, out: None) -> tuple[int, int]:  # noqa: N802
        return SUCCESS, PROCESS

    def AXUIElementCopyElementAtPosition(  # noqa: N802
        self, program: Object, x: float, y: float, out: None
    ) -> tuple[int, Object | None]:
        found: Object | None = None
        level: Sequence[Object] = program.attributes["AXWindows"]
        while level:
            here = [each for each in level if each.contains(x, y)]
            found = here[-1] if here else found
            level = here[-1].attributes["AXChildren"] if here else ()
        return (SUCCESS, found) if found is not None else (NO_VALUE, None)

    def AXValueGetValue(self, value: Any, kind: int, out: None) -> tuple[bool, Any]:  # noqa: N802
        if not isinstance(value, Pair):
            raise TypeError("not an AXValue")
        return value.kind == kind, value
