"""A fake notification server (org.freedesktop.Notifications), with or without buttons."""

# Without `from __future__ import annotations`: dbus-fast would take the string "None" for a
# D-Bus signature.

from dataclasses import dataclass
from typing import Annotated, Any

from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

_Names = Annotated[list[str], DBusSignature("as")]
_Hints = Annotated[dict[str, Any], DBusSignature("a{sv}")]


@dataclass
class Shown:
    """A notification on the screen."""

    text: str
    actions: list[str]


class NotificationServer(ServiceInterface):
    """An async context manager; connects to the bus at `address`."""

    def __init__(self, address: str, *, buttons: bool = True, markup: bool = False) -> None:
        super().__init__("org.freedesktop.Notifications")
        self._address = address
        self._buttons = buttons
        self._markup = markup
        self.shown: dict[int, Shown] = {}
        self.all: list[str] = []
        """The texts of all notifications, also of closed ones."""

    async def __aenter__(self) -> "NotificationServer":
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._bus.export("/org/freedesktop/Notifications", self)
        await self._bus.request_name("org.freedesktop.Notifications")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()

    async def press(self, label: str) -> None:
        """Press the button with this label on any notification."""
        for id, notification in self.shown.items():
            actions = notification.actions
            if label in actions:
                # D-Bus has a flat list of key and label.
                self.ActionInvoked(id, actions[actions.index(label) - 1])
                return
        raise LookupError(f"no button {label!r} among {self.shown}")

    @dbus_method()
    def GetCapabilities(self) -> _Names:  # noqa: N802
        markup = ["body-markup"] if self._markup else []
        return ["body", *markup, "actions"] if self._buttons else ["body", *markup]

    @dbus_method()
    def Notify(  # noqa: N802 - the specification's
        self,
        app: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        summary: DBusStr,
        body: DBusStr,
        actions: _Names,
        hints: _Hints,
        milliseconds: DBusInt32,
    ) -> DBusUInt32:
        id = replaces or len(self.all) + 1
        self.all.append(body)
        self.shown[id] = Shown(body, actions)
        return id

    @dbus_method()
    def CloseNotification(self, id: DBusUInt32) -> None:  # noqa: N802
        self.shown.pop(id, None)

    @dbus_signal()
    def ActionInvoked(  # noqa: N802
        self, id: int, action: str
    ) -> Annotated[list[Any], DBusSignature("us")]:
        return [id, action]
