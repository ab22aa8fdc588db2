"""The panel's side of a tray icon, as in KDE, Xfce and GNOME's extension."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.tray_host.watcher import WATCHER, Watcher


@dataclass(frozen=True)
class Node:
    """A menu entry as the panel draws it."""

    id: int
    label: str
    enabled: bool
    visible: bool
    kind: str
    state: int | None
    children: tuple[Node, ...]

    def find(self, label: str) -> Node:
        """Return the first child whose label starts so; a hidden one only if no other does."""
        matches = [child for child in self.children if child.label.startswith(label)]
        if not matches:
            raise LookupError(f"{label!r} is not among {[child.label for child in self.children]}")
        return next((child for child in matches if child.visible), matches[0])


@dataclass
class TrayHost:
    """An async context manager; connects to the bus at `address`."""

    address: str
    items: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)

    async def __aenter__(self) -> TrayHost:
        self._bus = await MessageBus(bus_address=self.address).connect()
        self._bus.add_message_handler(self._record_signal)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal'"],
            )
        )
        await self.appear()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()

    async def appear(self) -> None:
        """Start the panel: icons can register."""
        self._bus.export("/StatusNotifierWatcher", Watcher(self.items))
        await self._bus.request_name(WATCHER)

    async def vanish(self) -> None:
        """End the panel, which forgets its icons."""
        await self._bus.release_name(WATCHER)
        self._bus.unexport("/StatusNotifierWatcher")
        self.items.clear()

    async def item(self) -> str:
        """Wait for an icon, and return its bus name."""
        await until(lambda: bool(self.items))
        return self.items[-1]

    async def icon(self, name: str) -> Any:
        """Return a property of the item, such as `IconPixmap` or `ToolTip`."""
        reply = await self._call(
            "/StatusNotifierItem",
            "org.freedesktop.DBus.Properties",
            "Get",
            "ss",
            ["org.kde.StatusNotifierItem", name],
        )
        return reply[0].value

    async def menu(self) -> Node:
        """Fetch the whole menu."""
        _, layout = await self._menu_call("GetLayout", "iias", [0, -1, []])
        return _as_node(layout)

    async def click(self, *labels: str) -> None:
        """Open the menu and click the entry at the end of the labels."""
        node = await self.menu()
        for label in labels:
            node = node.find(label)
        await self.click_id(node.id)

    async def click_id(self, id: int) -> None:
        """Click an entry of a menu that was fetched before."""
        await self.about_to_show()
        await self.event(id, "clicked")

    async def about_to_show(self) -> None:
        """Announce that the menu will be opened."""
        await self._menu_call("AboutToShow", "i", [0])

    async def event(self, id: int, kind: str) -> None:
        """Send `clicked`, or `opened` and `closed` for the whole menu (id 0)."""
        await self._menu_call("Event", "isvu", [id, kind, Variant("i", 0), 0])

    async def _menu_call(self, member: str, signature: str, body: list[Any]) -> list[Any]:
        return await self._call("/MenuBar", "com.canonical.dbusmenu", member, signature, body)

    async def _call(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        reply = await self._bus.call(
            Message(
                destination=await self.item(),
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
        assert reply is not None
        assert reply.message_type is MessageType.METHOD_RETURN, reply.body
        return list(reply.body)

    def _record_signal(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            self.signals.append(message.member or "")


async def until(is_true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until the condition is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def _as_node(layout: list[Any]) -> Node:
    id, properties, children = layout
    values = {name: variant.value for name, variant in properties.items()}
    return Node(
        id=id,
        label=values.get("label", "").replace("__", "_"),
        enabled=values.get("enabled", True),
        visible=values.get("visible", True),
        kind=values.get("toggle-type") or values.get("type", "standard"),
        state=values.get("toggle-state"),
        children=tuple(_as_node(child.value) for child in children),
    )
