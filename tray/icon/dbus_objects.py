"""The two D-Bus objects of a tray icon: the item and its menu."""

# mypy: disable-error-code="untyped-decorator"
# ruff: noqa: N802
# dbus-fast names a member by its method, and D-Bus members begin with a capital.

from collections.abc import Callable
from typing import Annotated, Any

from dbus_fast import PropertyAccess, Variant
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from tray.icon.base import View
from tray.icon.menu_tree import ROOT, Layout, MenuTree, Properties
from tray.status import Look

ITEM_PATH = "/StatusNotifierItem"
MENU_PATH = "/MenuBar"

Pixmap = list[Any]
"""[width, height, ARGB bytes]."""

_Path = Annotated[str, DBusSignature("o")]
_Pixmaps = Annotated[list[Pixmap], DBusSignature("a(iiay)")]
_ToolTip = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]
_Ids = Annotated[list[int], DBusSignature("ai")]
_Names = Annotated[list[str], DBusSignature("as")]
_Any = Annotated[Variant, DBusSignature("v")]
_Group = Annotated[list[Any], DBusSignature("a(ia{sv})")]

_READ = PropertyAccess.READ


class StatusNotifierItem(ServiceInterface):
    """org.kde.StatusNotifierItem; each property is read from the view of that moment."""

    def __init__(self, view: Callable[[], View], pixmaps: Callable[[Look], list[Pixmap]]) -> None:
        super().__init__("org.kde.StatusNotifierItem")
        self._view = view
        self._pixmaps = pixmaps

    @dbus_property(access=_READ)
    def Category(self) -> DBusStr:
        return "ApplicationStatus"

    @dbus_property(access=_READ)
    def Id(self) -> DBusStr:
        return "claude-bridge"

    @dbus_property(access=_READ)
    def Title(self) -> DBusStr:
        return "Claude OpenAI Bridge"

    @dbus_property(access=_READ)
    def Status(self) -> DBusStr:
        return "Active"

    @dbus_property(access=_READ)
    def IconName(self) -> DBusStr:
        return ""

    @dbus_property(access=_READ)
    def IconPixmap(self) -> _Pixmaps:
        return self._pixmaps(self._view().look)

    @dbus_property(access=_READ)
    def ToolTip(self) -> _ToolTip:
        return ["", [], "Claude OpenAI Bridge", self._view().tooltip]

    @dbus_property(access=_READ)
    def Menu(self) -> _Path:
        return MENU_PATH

    @dbus_property(access=_READ)
    def ItemIsMenu(self) -> DBusBool:
        return True

    @dbus_signal()
    def NewIcon(self) -> None:
        """Signal that the look changed."""

    @dbus_signal()
    def NewToolTip(self) -> None:
        """Signal that the tooltip changed."""


class DbusMenu(ServiceInterface):
    """com.canonical.dbusmenu, as a view of a MenuTree."""

    def __init__(self, tree: MenuTree, on_event: Callable[[int, str], None]) -> None:
        """`on_event` gets a node's id and `clicked`, `opened`, `closed` or `about-to-show`."""
        super().__init__("com.canonical.dbusmenu")
        self._tree = tree
        self._on_event = on_event

    @dbus_property(access=_READ)
    def Version(self) -> DBusUInt32:
        return 3

    @dbus_property(access=_READ)
    def Status(self) -> DBusStr:
        return "normal"

    @dbus_property(access=_READ)
    def TextDirection(self) -> DBusStr:
        return "ltr"

    @dbus_property(access=_READ)
    def IconThemePath(self) -> _Names:
        return []

    @dbus_method()
    def GetLayout(
        self, parent: DBusInt32, depth: DBusInt32, names: _Names
    ) -> Annotated[list[Any], DBusSignature("u(ia{sv}av)")]:
        # `names` is a filter, which panels pass empty; extra properties do no harm.
        layout: Layout = self._tree.build_layout(parent, depth)
        return [self._tree.revision, layout]

    @dbus_method()
    def GetGroupProperties(self, ids: _Ids, names: _Names) -> _Group:
        # No ids means all nodes. A panel may request nodes of an earlier layout.
        return self._build_group(
            [id for id in ids or self._tree.list_ids() if id in self._tree.list_ids()]
        )

    @dbus_method()
    def GetProperty(self, id: DBusInt32, name: DBusStr) -> _Any:
        properties: Properties = self._tree.build_properties(id)
        return properties.get(name, Variant("s", ""))

    @dbus_method()
    def Event(self, id: DBusInt32, event: DBusStr, data: _Any, timestamp: DBusUInt32) -> None:
        self._on_event(id, event)

    @dbus_method()
    def EventGroup(self, events: Annotated[list[Any], DBusSignature("a(isvu)")]) -> _Ids:
        for id, event, _, _ in events:
            self._on_event(id, event)
        return []

    @dbus_method()
    def AboutToShow(self, id: DBusInt32) -> DBusBool:
        if id == ROOT:
            self._on_event(id, "about-to-show")
        return False

    @dbus_method()
    def AboutToShowGroup(self, ids: _Ids) -> Annotated[list[Any], DBusSignature("aiai")]:
        if ROOT in ids:
            self._on_event(ROOT, "about-to-show")
        return [[], []]

    @dbus_signal()
    def LayoutUpdated(
        self, revision: int, parent: int
    ) -> Annotated[list[Any], DBusSignature("ui")]:
        return [revision, parent]

    @dbus_signal()
    def ItemsPropertiesUpdated(
        self, ids: list[int]
    ) -> Annotated[list[Any], DBusSignature("a(ia{sv})a(ias)")]:
        return [self._build_group(ids), []]

    def _build_group(self, ids: list[int]) -> list[Any]:
        return [[id, self._tree.build_properties(id)] for id in ids]
