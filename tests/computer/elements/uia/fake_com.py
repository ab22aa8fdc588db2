"""UI Automation's objects as comtypes shows them, made after its type library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.computer.elements.uia import roles
from bridge.computer.elements.uia.client import Client

DEFAULTS: Mapping[int, Any] = {
    roles.NAME: "",
    roles.CONTROL_TYPE: roles.PANE,
    roles.FRAMEWORK: "Win32",
    roles.IS_ENABLED: True,
    roles.BOX: (0.0, 0.0, 800.0, 600.0),
    roles.PROCESS: 41,
}


class ComError(Exception):
    """What `COMError` is in comtypes."""

    def __init__(self, hresult: int) -> None:
        super().__init__(hresult, "text", ())
        # As comtypes gives it: a signed number.
        self.hresult = hresult - (1 << 32) if hresult >> 31 else hresult


class FakePattern:
    """A control pattern; it notes what is done."""

    def __init__(self, element: FakeElement, name: str) -> None:
        self._element, self._name = element, name
        self.CurrentExpandCollapseState = element.properties.get(roles.EXPANSION, 0)
        self.CurrentValue = element.properties.get(roles.VALUE)
        self.DocumentRange = self

    def QueryInterface(self, interface: str) -> FakePattern:  # noqa: N802
        assert interface == f"IUIAutomation{self._name}Pattern"
        return self

    def GetText(self, length: int) -> str:  # noqa: N802
        return "The text of a document."[:length]

    def __getattr__(self, act: str) -> Callable[..., int]:
        def do(*values: Any) -> int:
            self._element.done.append((self._name, act, *values))
            return 0

        return do


class FakeElement:
    """An element; `patterns`: the names of its patterns."""

    count = 0

    def __init__(
        self,
        kind: int,
        name: Any = "",
        *children: FakeElement,
        patterns: Sequence[str] = (),
        properties: Mapping[int, Any] | None = None,
    ) -> None:
        FakeElement.count += 1
        self.properties = {
            **DEFAULTS,
            roles.CONTROL_TYPE: kind,
            roles.NAME: name,
            roles.RUNTIME_ID: (42, FakeElement.count),
            **(properties or {}),
        }
        self.patterns, self.children = patterns, children
        self.parent: FakeElement | None = None
        for child in children:
            child.parent = self
        self.done: list[tuple[Any, ...]] = []
        self.error: int | None = None
        self.updates = 0

    def GetCachedPropertyValue(self, number: int) -> Any:  # noqa: N802
        return self.properties.get(number)

    def BuildUpdatedCache(self, request: FakeRequest) -> FakeElement:  # noqa: N802
        self._fail()
        self.updates += 1
        return self

    def FindAllBuildCache(  # noqa: N802
        self, scope: int, condition: Callable[[FakeElement], bool], request: FakeRequest
    ) -> FakeArray:
        self._fail()
        found = self.children if scope == 2 else tuple(self.walk())
        return FakeArray([each for each in found if condition(each)])

    def GetCurrentPattern(self, number: int) -> FakePattern | None:  # noqa: N802
        self._fail()
        name = PATTERNS[number]
        return FakePattern(self, name) if name in self.patterns else None

    def SetFocus(self) -> int:  # noqa: N802
        self.done.append(("SetFocus",))
        return 0

    def walk(self) -> Sequence[FakeElement]:
        return [each for child in self.children for each in (child, *child.walk())]

    def _fail(self) -> None:
        if self.error is not None:
            raise ComError(self.error)


PATTERNS = {
    10000: "Invoke",
    10002: "Value",
    10003: "RangeValue",
    10005: "ExpandCollapse",
    10010: "SelectionItem",
    10014: "Text",
    10015: "Toggle",
    10017: "ScrollItem",
    10018: "LegacyIAccessible",
}


class FakeArray:
    def __init__(self, elements: Sequence[FakeElement]) -> None:
        self._elements = elements
        self.Length = len(elements)

    def GetElement(self, index: int) -> FakeElement:  # noqa: N802
        return self._elements[index]


class FakeRequest:
    """A cache request; an older Windows does not know all properties."""

    def __init__(self, unknown: Sequence[int]) -> None:
        self._unknown = unknown
        self.numbers: list[int] = []

    def AddProperty(self, number: int) -> None:  # noqa: N802
        if number in self._unknown:
            raise ComError(0x80070057)
        self.numbers.append(number)


Condition = Callable[[FakeElement], bool]


class FakeAutomation:
    """The object to begin with; conditions are functions."""

    def __init__(self, top: FakeElement, unknown: Sequence[int] = ()) -> None:
        self.top, self._unknown = top, unknown
        self.at: FakeElement | None = None
        self.focused: FakeElement | None = None
        self.handles: list[int] = []
        self.ControlViewWalker = self

    def CreateCacheRequest(self) -> FakeRequest:  # noqa: N802
        return FakeRequest(self._unknown)

    def CreateTrueCondition(self) -> Condition:  # noqa: N802
        return lambda element: True

    def CreatePropertyCondition(self, number: int, value: Any) -> Condition:  # noqa: N802
        return lambda element: (element.properties.get(number) or False) == value

    def CreateOrCondition(self, one: Condition, other: Condition) -> Condition:  # noqa: N802
        return lambda element: one(element) or other(element)

    def CreateAndCondition(self, one: Condition, other: Condition) -> Condition:  # noqa: N802
        return lambda element: one(element) and other(element)

    def ElementFromHandleBuildCache(self, handle: int, request: FakeRequest) -> FakeElement:  # noqa: N802
        self.handles.append(handle)
        return self.top

    def ElementFromPointBuildCache(self, point: Any, request: FakeRequest) -> FakeElement | None:  # noqa: N802
        assert (point.x, point.y) == (30, 40)
        return self.at

    def GetFocusedElementBuildCache(self, request: FakeRequest) -> FakeElement | None:  # noqa: N802
        return self.focused

    def GetParentElementBuildCache(  # noqa: N802
        self, element: FakeElement, request: FakeRequest
    ) -> FakeElement | None:
        return element.parent


class FakeModule:
    """The module that comtypes makes: here, an interface is its name."""

    def __getattr__(self, name: str) -> str:
        return name


def make_client(automation: FakeAutomation) -> Client:
    return Client(FakeModule(), automation, ComError)
