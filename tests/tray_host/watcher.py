"""org.kde.StatusNotifierWatcher, with which icons register."""

# Without `from __future__ import annotations`: dbus-fast would take the string "None" for a
# D-Bus signature.

from typing import Annotated

from dbus_fast import PropertyAccess
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

WATCHER = "org.kde.StatusNotifierWatcher"


class Watcher(ServiceInterface):
    """Adds the bus name of each icon to `items`."""

    def __init__(self, items: list[str]) -> None:
        super().__init__(WATCHER)
        self._items = items

    @dbus_method()
    def RegisterStatusNotifierItem(self, service: DBusStr) -> None:  # noqa: N802
        self._items.append(service)

    @dbus_method()
    def RegisterStatusNotifierHost(self, service: DBusStr) -> None:  # noqa: N802
        """Accept the panel's registration; there is nothing to do."""

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(  # noqa: N802
        self,
    ) -> Annotated[list[str], DBusSignature("as")]:
        return self._items

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> DBusBool:  # noqa: N802
        return True

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> DBusInt32:  # noqa: N802
        return 0
