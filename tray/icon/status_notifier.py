"""The icon on Linux: a StatusNotifierItem with its menu, in pure Python on D-Bus.

It works on X11 and Wayland with KDE, Xfce, GNOME's AppIndicator extension, waybar and others, from
any virtual environment, without GTK. https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from tray.commands import Command, LookNow, Quit
from tray.icon.base import OnCommand, View
from tray.icon.dbus_objects import (
    ITEM_PATH,
    MENU_PATH,
    DbusMenu,
    Pixmap,
    StatusNotifierItem,
)
from tray.icon.menu_tree import ROOT, MenuTree
from tray.icon.notifications import NAME as NOTIFICATIONS
from tray.icon.notifications import Notifications
from tray.icons import SIZES, draw_icon
from tray.notifications import Notice
from tray.status import Look

PANEL_SECONDS = 1.0
NO_HOST_SECONDS = 6.0

OPEN_SECONDS = 60.0
"""A menu counts as open for that long at most: not every panel says that it was closed."""

WATCHER = "org.kde.StatusNotifierWatcher"
NO_HOST = (
    "This desktop shows no tray icons (no StatusNotifier host on the session bus; on GNOME install "
    "the AppIndicator extension). The server runs all the same: use the claude-bridge command, or "
    "open its page in a browser."
)

_log = logging.getLogger(__name__)


class StatusNotifierIcon:
    """See `TrayIcon`. Runs an event loop of its own on the thread that calls `run`."""

    def __init__(self, on_command: OnCommand) -> None:
        self._on_command = on_command
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._tree = MenuTree()
        self._open_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen = False

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        asyncio.run(self._main(view, on_shown))

    def show(self, view: View) -> None:
        self._soon(self._show, view)

    def notify(self, notice: Notice) -> None:
        self._soon(lambda: self._start(self._notifications.show(notice)))

    def withdraw(self, topic: str) -> None:
        self._soon(lambda: self._start(self._notifications.withdraw(topic)))

    def stop(self) -> None:
        self._soon(self._ended.set)

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # the loop alone would forget it
        task.add_done_callback(self._tasks.discard)

    async def _main(self, view: View, on_shown: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._view = view
        self._bus = await MessageBus(bus_type=BusType.SESSION).connect()
        self._notifications = Notifications(self._call, self._command)
        try:
            self._tree.update(view.entries)
            self._item = StatusNotifierItem(lambda: self._view, pixmaps)
            self._menu = DbusMenu(self._tree, self._on_menu)
            self._bus.export(ITEM_PATH, self._item)
            self._bus.export(MENU_PATH, self._menu)
            await self._listen()
            await self._register()
            self._start(self._say_if_unseen())
            threading.Thread(target=on_shown, name="tray-shown", daemon=True).start()
            await self._until_ended()
        finally:
            self._bus.disconnect()

    async def _until_ended(self) -> None:
        """A session bus that ends is the end of the session: the server is stopped as by Quit."""
        gone = asyncio.ensure_future(self._disconnected())
        ended = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait({gone, ended}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            if gone.exception() is not None:
                _log.info("The session bus is gone: %s", gone.exception())
            self._command(Quit())
        await ended
        gone.cancel()

    async def _disconnected(self) -> None:
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast's

    def _show(self, view: View) -> None:
        before, self._view = self._view, view
        if view.look != before.look:
            self._item.NewIcon()
        if view.tooltip != before.tooltip:
            self._item.NewToolTip()
        if time.monotonic() < self._open_until:
            # Under an open menu nothing moves; new entries come when it is closed.
            self._repainted(self._tree.repaint(view.entries))
            return
        rebuilt, changed = self._tree.update(view.entries)
        if rebuilt:
            self._menu.LayoutUpdated(self._tree.revision, ROOT)
        else:
            self._repainted(changed)

    def _repainted(self, changed: list[int]) -> None:
        if changed:
            self._menu.ItemsPropertiesUpdated(changed)

    def _on_menu(self, id: int, event: str) -> None:
        match event:
            case "clicked":
                self._clicked(id)
            case "about-to-show":
                self._command(LookNow())
            case "opened" if id == ROOT:
                self._open_until = time.monotonic() + OPEN_SECONDS
            case "closed" if id == ROOT:
                self._open_until = 0.0
                self._show(self._view)

    def _clicked(self, id: int) -> None:
        entry = self._tree.entry(id)
        if entry is not None and entry.enabled and entry.command is not None:
            self._command(entry.command)

    def _command(self, command: Command) -> None:
        # On a thread of its own: a slow command must not freeze the menu.
        threading.Thread(
            target=self._on_command, args=(command,), name="tray-click", daemon=True
        ).start()

    async def _listen(self) -> None:
        """A panel that starts again, or starts late, has to be told anew; buttons are pressed."""
        for rule in (
            f"type='signal',member='NameOwnerChanged',arg0='{WATCHER}'",
            f"type='signal',interface='{NOTIFICATIONS}'",
        ):
            await self._call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "AddMatch", "s", [rule]
            )
        self._bus.add_message_handler(self._on_message)

    def _on_message(self, message: Message) -> None:
        self._notifications.on_message(message)
        if message.member != "NameOwnerChanged" or message.body[0] != WATCHER:
            return
        self._open_until = 0.0
        self.seen = False
        if message.body[2]:
            self._start(self._register_late())

    async def _register_late(self) -> None:
        """Xfce's panel takes an item that comes before it is up itself, but never redraws it."""
        await asyncio.sleep(PANEL_SECONDS)
        await self._register()

    async def _say_if_unseen(self) -> None:
        """At login the panel may be slower than we are."""
        await asyncio.sleep(NO_HOST_SECONDS)
        if not self.seen:
            print(NO_HOST, file=sys.stderr, flush=True)  # noqa: T201 - there is no other place
            await self._notifications.show(Notice(NO_HOST, "no host"))

    async def _register(self) -> None:
        reply = await self._call(
            WATCHER,
            "/StatusNotifierWatcher",
            "RegisterStatusNotifierItem",
            "s",
            [self._bus.unique_name],
        )
        self.seen = reply.message_type is MessageType.METHOD_RETURN

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
