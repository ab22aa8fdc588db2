"""The icon on Windows and macOS, through pystray.

Written from pystray's source and documentation; we have not run it on these systems.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pystray

from tray.commands import Command
from tray.icon.base import OnCommand, View
from tray.icons import draw_icon
from tray.menu import Entry
from tray.notifications import Notice

_SIZE = 64
_NOTIFICATION_LENGTH = 250
"""Windows truncates a notification after 255 characters."""
_TITLE = "Claude OpenAI Bridge"


class PystrayIcon:
    """A `TrayIcon` through pystray. Call `run` on the main thread, as macOS requires."""

    def __init__(self, on_command: OnCommand) -> None:
        self._on_command = on_command
        self._icon: Any = None
        self.visible = True  # neither system lets us know
        self._view: View | None = None
        self._last_topic = ""

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        self._view = view
        self._icon = pystray.Icon(
            "claude-bridge", draw_icon(view.look, _SIZE), _cut_title(view), self._build_menu(view)
        )
        self._icon.run(setup=lambda icon: self._finish_setup(icon, on_shown))

    def show(self, view: View) -> None:
        if self._icon is not None:
            _call_with_closed_menu(lambda: self._update(view))

    def notify(self, notice: Notice) -> None:
        """Show the text; pystray has no buttons, so the fallback is run, too."""
        if self._icon is not None:
            self._last_topic = notice.topic
            _call_on_main_thread(
                lambda: self._icon.notify(notice.text[:_NOTIFICATION_LENGTH], _TITLE)
            )
        if notice.fallback is not None:
            self._run_command(notice.fallback)

    def withdraw(self, topic: str) -> None:
        """Remove the notification if it is the last one; pystray cannot remove others."""
        if self._icon is not None and topic == self._last_topic:
            _call_on_main_thread(self._icon.remove_notification)

    def stop(self) -> None:
        if self._icon is not None:
            _call_on_main_thread(self._icon.stop)

    def _finish_setup(self, icon: Any, on_shown: Callable[[], None]) -> None:
        _call_on_main_thread(lambda: setattr(icon, "visible", True))
        on_shown()

    def _update(self, view: View) -> None:
        before, self._view = self._view, view
        if before is None or view.look != before.look:
            self._icon.icon = draw_icon(view.look, _SIZE)
        if before is None or view.tooltip != before.tooltip:
            self._icon.title = _cut_title(view)
        if before is None or view.entries != before.entries:
            self._icon.menu = self._build_menu(view)

    def _build_menu(self, view: View) -> Any:
        return pystray.Menu(*(self._build_item(entry) for entry in view.entries))

    def _build_item(self, entry: Entry) -> Any:
        if entry.kind == "separator":
            return pystray.Menu.SEPARATOR
        if entry.kind == "submenu":
            children = pystray.Menu(*(self._build_item(child) for child in entry.children))
            return pystray.MenuItem(entry.label, children, enabled=entry.enabled)
        return pystray.MenuItem(
            entry.label,
            lambda: self._handle_click(entry),
            checked=(lambda _: bool(entry.checked)) if entry.kind in ("radio", "check") else None,
            radio=entry.kind == "radio",
            enabled=entry.enabled,
            visible=entry.visible,
        )

    def _handle_click(self, entry: Entry) -> None:
        if entry.command is not None:
            self._run_command(entry.command)

    def _run_command(self, command: Command) -> None:
        threading.Thread(
            target=self._on_command, args=(command,), name="tray-click", daemon=True
        ).start()


def _cut_title(view: View) -> str:
    # Windows refuses longer tooltips.
    return view.tooltip[:127]


def _call_on_main_thread(call: Callable[[], object]) -> None:
    # On macOS, AppKit kills a process that uses it from another thread.
    if sys.platform != "darwin":
        call()
        return
    from PyObjCTools import AppHelper

    AppHelper.callAfter(call)


def _call_with_closed_menu(call: Callable[[], object]) -> None:
    """On macOS, call once no menu is open; on other systems at once.

    pystray finds the command of a click by the entry's number in the newest menu. In a menu that
    was opened before an update, that number may belong to another entry, such as the approval of
    something else. On Windows, pystray uses the commands of the menu that was opened.
    """
    if sys.platform != "darwin":
        call()
        return
    from PyObjCTools import AppHelper

    # AppKit makes delayed calls in the default mode only, in which no menu is open.
    AppHelper.callAfter(lambda: AppHelper.callLater(0, call))
