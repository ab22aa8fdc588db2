"""The icon on Linux: a StatusNotifierItem with its menu, in pure Python on D-Bus.

It works on X11 and Wayland with KDE, Xfce, GNOME's AppIndicator extension, waybar and others, from
any virtual environment, without GTK. https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from functools import cache

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tray.icon.base import OnCommand, View
from tray.icon.dbus_objects import (
    ITEM_PATH,
    MENU_PATH,
    DbusMenu,
    Pixmap,
    StatusNotifierItem,
)
from tray.icon.menu_tree import ROOT, MenuTree
from tray.icons import SIZES, draw_icon
from tray.menu import Look

WATCHER = "org.kde.StatusNotifierWatcher"
NO_HOST = (
    "This desktop shows no tray icons (no StatusNotifier host on the session bus; on GNOME install "
    "the AppIndicator extension). The server runs all the same: use the claude-bridge command, or "
    "open its page in a browser."
)

_TITLE = "Claude OpenAI Bridge"
_log = logging.getLogger(__name__)


class StatusNotifierIcon:
    """See `TrayIcon`. Runs an event loop of its own on the thread that calls `run`."""

    def __init__(self, on_command: OnCommand) -> None:
        self._on_command = on_command
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._tree = MenuTree()

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        asyncio.run(self._main(view, on_shown))

    def show(self, view: View) -> None:
        self._soon(self._show, view)

    def notify(self, text: str) -> None:
        self._soon(lambda: asyncio.ensure_future(self._notify(text)))

    def stop(self) -> None:
        self._soon(self._ended.set)

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    async def _main(self, view: View, on_shown: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._view = view
        self._bus = await MessageBus(bus_type=BusType.SESSION).connect()
        try:
            self._tree.update(view.entries)
            self._item = StatusNotifierItem(lambda: self._view, pixmaps)
            self._menu = DbusMenu(self._tree, self._clicked)
            self._bus.export(ITEM_PATH, self._item)
            self._bus.export(MENU_PATH, self._menu)
            await self._follow_watcher()
            await self._register()
            threading.Thread(target=on_shown, name="tray-shown", daemon=True).start()
            await self._ended.wait()
        finally:
            self._bus.disconnect()

    def _show(self, view: View) -> None:
        before, self._view = self._view, view
        if view.look != before.look:
            self._item.NewIcon()
        if view.tooltip != before.tooltip:
            self._item.NewToolTip()
        rebuilt, changed = self._tree.update(view.entries)
        if rebuilt:
            self._menu.LayoutUpdated(self._tree.revision, ROOT)
        elif changed:
            self._menu.ItemsPropertiesUpdated(changed)

    def _clicked(self, id: int) -> None:
        entry = self._tree.entry(id)
        if entry is None or not entry.enabled or entry.command is None:
            return
        # On a thread of its own: a slow command must not freeze the menu.
        threading.Thread(
            target=self._on_command, args=(entry.command,), name="tray-click", daemon=True
        ).start()

    async def _follow_watcher(self) -> None:
        """A panel that starts again, or starts late, has to be told anew."""
        rule = f"type='signal',member='NameOwnerChanged',arg0='{WATCHER}'"
        await self._call("org.freedesktop.DBus", "/org/freedesktop/DBus", "AddMatch", "s", [rule])
        self._bus.add_message_handler(self._on_message)

    def _on_message(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[0] == WATCHER and message.body[2]:
            self._registering = asyncio.ensure_future(self._register())

    async def _register(self) -> None:
        reply = await self._call(
            WATCHER,
            "/StatusNotifierWatcher",
            "RegisterStatusNotifierItem",
            "s",
            [self._bus.unique_name],
        )
        if reply.message_type is not MessageType.METHOD_RETURN:
            print(NO_HOST, file=sys.stderr, flush=True)  # noqa: T201 - there is no other place

    async def _notify(self, text: str) -> None:
        name = "org.freedesktop.Notifications"
        nothing: dict[str, Variant] = {}
        body = [_TITLE, 0, "", _TITLE, text, [], nothing, -1]
        reply = await self._call(
            name, "/org/freedesktop/Notifications", "Notify", "susssasa{sv}i", body
        )
        if reply.message_type is not MessageType.METHOD_RETURN:
            _log.info("No notification could be shown (%s): %s", reply.error_name, text)

    async def _call(
        self, name: str, path: str, member: str, signature: str, body: list[object]
    ) -> Message:
        reply = await self._bus.call(
            Message(
                destination=name,
                path=path,
                interface=name,
                member=member,
                signature=signature,
                body=body,
            )
        )
        assert reply is not None  # noqa: S101 - only a message that wants no reply has none
        return reply


@cache
def pixmaps(look: Look) -> list[Pixmap]:
    """The icon in every size, as ARGB in network byte order."""
    return [_pixmap(look, size) for size in SIZES]


def _pixmap(look: Look, size: int) -> Pixmap:
    from PIL import Image

    red, green, blue, alpha = draw_icon(look, size).split()
    return [size, size, Image.merge("RGBA", (alpha, red, green, blue)).tobytes()]
