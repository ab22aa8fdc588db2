"""The panel's side of a tray icon, as KDE, Xfce and GNOME's extension play it."""

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
    """An entry of the menu as the panel draws it."""

    id: int
    label: str
    enabled: bool
    visible: bool
    kind: str
    state: int | None
    children: tuple[Node, ...]

    def find(self, label: str) -> Node:
        """The child of this label; a prefix will do."""
        for child in self.children:
            if child.label.startswith(label):
                return child
        raise LookupError(f"{label!r} is not among {[child.label for child in self.children]}")


@dataclass
class TrayHost:
    """Use it as an async context manager on the bus at `address`."""

    address: str
    items: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)

    async def __aenter__(self) -> TrayHost:
        self._bus = await MessageBus(bus_address=self.address).connect()
        self._bus.add_message_handler(self._on_message)
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
        """The panel is there: icons may register."""
        self._bus.export("/StatusNotifierWatcher", Watcher(self.items))
        await self._bus.request_name(WATCHER)

    async def vanish(self) -> None:
        """The panel is gone, with all it knew."""
        await self._bus.release_name(WATCHER)
        self._bus.unexport("/StatusNotifierWatcher")
        self.items.clear()

    async def item(self) -> str:
        """The bus name of the icon, once there is one."""
        await until(lambda: bool(self.items))
        return self.items[-1]

    async def icon(self, name: str) -> Any:
        """A property of the item, such as `IconPixmap` or `ToolTip`."""
        reply = await self._call(
            "/StatusNotifierItem",
            "org.freedesktop.DBus.Properties",
            "Get",
            "ss",
            ["org.kde.StatusNotifierItem", name],
        )
        return reply[0].value

    async def menu(self) -> Node:
        """The whole menu, asked for anew."""
        _, layout = await self._menu_call("GetLayout", "iias", [0, -1, []])
        return _node(layout)

    async def click(self, *labels: str) -> None:
        """Opens the menu and clicks the entry at the end of the labels."""
        node = await self.menu()
        for label in labels:
            node = node.find(label)
        await self.click_id(node.id)

    async def click_id(self, id: int) -> None:
        """A click on a menu that was opened before."""
        await self.about_to_show()
        await self.event(id, "clicked")

    async def about_to_show(self) -> None:
        """The person opens the menu."""
        await self._menu_call("AboutToShow", "i", [0])

    async def event(self, id: int, kind: str) -> None:
        """`clicked`, or `opened` and `closed` of the whole menu (0)."""
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

    def _on_message(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            self.signals.append(message.member or "")


async def until(fact: Callable[[], bool], seconds: float = 15) -> None:
    """Waits for a fact; fails when it does not come true."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def _node(layout: list[Any]) -> Node:
    id, properties, children = layout
    given = {name: variant.value for name, variant in properties.items()}
    return Node(
        id=id,
        label=given.get("label", "").replace("__", "_"),
        enabled=given.get("enabled", True),
        visible=given.get("visible", True),
        kind=given.get("toggle-type") or given.get("type", "standard"),
        state=given.get("toggle-state"),
        children=tuple(_node(child.value) for child in children),
    )
