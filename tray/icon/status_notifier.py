"""The icon on Linux: a StatusNotifierItem with its menu, in pure Python on D-Bus.

It works on X11 and Wayland with KDE, Xfce, GNOME's AppIndicator extension, waybar and others. It
needs no GTK, so it runs from any virtual environment.
https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem
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
from PIL import Image

from tray.commands import Command, Quit, Refresh
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
from tray.menu import Entry, hold_back_decisions, list_decisions
from tray.notifications import Notice
from tray.status import Look

PANEL_SECONDS = 1.0
"""Seconds between the start of a panel and our registration."""

NO_HOST_SECONDS = 6.0
"""Seconds to wait for a panel: at login it may start later than the tray."""

OPEN_SECONDS = 60.0
"""Longest time that a menu counts as open: not every panel reports that it was closed."""

WATCHER = "org.kde.StatusNotifierWatcher"
NO_HOST = (
    "Your desktop has no tray area (on GNOME install the AppIndicator extension). The server is "
    "running; use the claude-bridge command, or open its dashboard in a browser."
)

_log = logging.getLogger(__name__)


class StatusNotifierIcon:
    """A `TrayIcon` over D-Bus, with an event loop on the thread that calls `run`."""

    def __init__(self, on_command: OnCommand) -> None:
        self._on_command = on_command
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._tree = MenuTree()
        self._open_until = 0.0
        self._offered: frozenset[str] = frozenset()
        """Keys of the approvals that were in the menu when the user opened it."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.visible = False

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        asyncio.run(self._run_loop(view, on_shown))

    def show(self, view: View) -> None:
        self._call_soon(self._update, view)

    def notify(self, notice: Notice) -> None:
        self._call_soon(lambda: self._start_task(self._notifications.show(notice)))

    def withdraw(self, topic: str) -> None:
        self._call_soon(lambda: self._start_task(self._notifications.withdraw(topic)))

    def stop(self) -> None:
        self._call_soon(self._ended.set)

    def _call_soon(self, call: Callable[..., object], *arguments: object) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        # The loop has only a weak reference to a task.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_loop(self, view: View, on_shown: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._view = view
        self._bus = await MessageBus(bus_type=BusType.SESSION).connect()
        self._notifications = Notifications(self._call, self._run_command)
        try:
            self._tree.update(self._hold_back(view))
            self._item = StatusNotifierItem(lambda: self._view, draw_pixmaps)
            self._menu = DbusMenu(self._tree, self._handle_menu_event)
            self._bus.export(ITEM_PATH, self._item)
            self._bus.export(MENU_PATH, self._menu)
            await self._subscribe()
            await self._register()
            self._start_task(self._report_missing_panel())
            threading.Thread(target=on_shown, name="tray-shown", daemon=True).start()
            await self._wait_for_end()
        finally:
            self._bus.disconnect()

    async def _wait_for_end(self) -> None:
        """Wait for `stop`. The end of the session bus ends the session, and counts as Quit."""
        disconnected = asyncio.ensure_future(self._wait_for_disconnect())
        ended = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait({disconnected, ended}, return_when=asyncio.FIRST_COMPLETED)
        if disconnected.done():
            if disconnected.exception() is not None:
                _log.info("The session bus has ended: %s", disconnected.exception())
            self._run_command(Quit())
        await ended
        disconnected.cancel()

    async def _wait_for_disconnect(self) -> None:
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast's

    def _update(self, view: View) -> None:
        before, self._view = self._view, view
        if view.look != before.look:
            self._item.NewIcon()
        if view.tooltip != before.tooltip:
            self._item.NewToolTip()
        if time.monotonic() < self._open_until:
            # The entries of an open menu must not move; new ones are added when it closes.
            self._signal_changes(self._tree.update_in_place(self._hold_back(view)))
            return
        rebuilt, changed = self._tree.update(self._hold_back(view))
        if rebuilt:
            self._menu.LayoutUpdated(self._tree.revision, ROOT)
        else:
            self._signal_changes(changed)

    def _hold_back(self, view: View) -> tuple[Entry, ...]:
        return hold_back_decisions(view.entries, self._offered)

    def _signal_changes(self, changed: list[int]) -> None:
        if changed:
            self._menu.ItemsPropertiesUpdated(changed)

    def _handle_menu_event(self, id: int, event: str) -> None:
        match event:
            case "clicked":
                self._handle_click(id)
            case "about-to-show":
                self._prepare_to_open()
                self._run_command(Refresh())
            case "opened" if id == ROOT:
                # Once more, for panels that do not announce it.
                self._prepare_to_open()
                self._open_until = time.monotonic() + OPEN_SECONDS
            case "closed" if id == ROOT:
                self._open_until = 0.0
                self._update(self._view)

    def _prepare_to_open(self) -> None:
        """Offer the decisions of this moment. The panel draws the menu after our reply."""
        # Xfce's panel reports no more than this: neither that the menu is open nor that it closed.
        self._open_until = 0.0
        self._offered = list_decisions(self._view.entries)
        self._update(self._view)

    def _handle_click(self, id: int) -> None:
        entry = self._tree.find_entry(id)
        if entry is not None and entry.enabled and entry.command is not None:
            self._run_command(entry.command)

    def _run_command(self, command: Command) -> None:
        # A slow command must not freeze the menu.
        threading.Thread(
            target=self._on_command, args=(command,), name="tray-click", daemon=True
        ).start()

    async def _subscribe(self) -> None:
        """Receive signals: of panels that start late or again, and of notification buttons."""
        for rule in (
            f"type='signal',member='NameOwnerChanged',arg0='{WATCHER}'",
            f"type='signal',interface='{NOTIFICATIONS}'",
        ):
            await self._call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "AddMatch", "s", [rule]
            )
        self._bus.add_message_handler(self._handle_message)

    def _handle_message(self, message: Message) -> None:
        self._notifications.handle_message(message)
        if message.member != "NameOwnerChanged" or message.body[0] != WATCHER:
            return
        # The panel has ended, or another one has started: it does not know our icon.
        self._open_until = 0.0
        self.visible = False
        if message.body[2]:
            self._start_task(self._register_with_new_panel())

    async def _register_with_new_panel(self) -> None:
        # Xfce's panel accepts an item before it has started completely, but never redraws it.
        await asyncio.sleep(PANEL_SECONDS)
        await self._register()

    async def _report_missing_panel(self) -> None:
        await asyncio.sleep(NO_HOST_SECONDS)
        if not self.visible:
            print(NO_HOST, file=sys.stderr, flush=True)  # noqa: T201 - nothing else is visible
            await self._notifications.show(Notice(NO_HOST, "no host"))

    async def _register(self) -> None:
        reply = await self._call(
            WATCHER,
            "/StatusNotifierWatcher",
            "RegisterStatusNotifierItem",
            "s",
            [self._bus.unique_name],
        )
        self.visible = reply.message_type is MessageType.METHOD_RETURN

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
        if reply is None:
            # dbus-fast returns None only for messages with the flag NO_REPLY_EXPECTED.
            raise RuntimeError(f"No reply to {member}.")
        return reply


@cache
def draw_pixmaps(look: Look) -> list[Pixmap]:
    """Return the icon in every size, as ARGB in network byte order."""
    return [_draw_pixmap(look, size) for size in SIZES]


def _draw_pixmap(look: Look, size: int) -> Pixmap:
    red, green, blue, alpha = draw_icon(look, size).split()
    return [size, size, Image.merge("RGBA", (alpha, red, green, blue)).tobytes()]
