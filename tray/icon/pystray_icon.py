"""The icon on Windows and macOS, through pystray.

Written from pystray's source and documentation: it has not been run on either system here.
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
_LONGEST = 250
"""Windows cuts a notification off at 255 characters."""
_TITLE = "Claude OpenAI Bridge"


class PystrayIcon:
    """See `TrayIcon`. `run` is called on the main thread, as macOS demands."""

    def __init__(self, on_command: OnCommand) -> None:
        self._on_command = on_command
        self._icon: Any = None
        self.seen = True
        self._view: View | None = None

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        self._view = view
        self._icon = pystray.Icon(
            "claude-bridge", draw_icon(view.look, _SIZE), _title(view), self._menu(view)
        )
        self._icon.run(setup=lambda icon: self._shown(icon, on_shown))

    def show(self, view: View) -> None:
        if self._icon is not None:
            _on_main_thread(lambda: self._show(view))

    def notify(self, notice: Notice) -> None:
        """pystray has no buttons: where there are choices, what shows them is opened besides."""
        if self._icon is not None:
            _on_main_thread(lambda: self._icon.notify(notice.text[:_LONGEST], _TITLE))
        if notice.otherwise is not None:
            self._command(notice.otherwise)

    def withdraw(self, topic: str) -> None:
        """Only the last one can be taken away, whichever it is: it is left to the desktop."""

    def stop(self) -> None:
        if self._icon is not None:
            _on_main_thread(self._icon.stop)

    def _shown(self, icon: Any, on_shown: Callable[[], None]) -> None:
        _on_main_thread(lambda: setattr(icon, "visible", True))
        on_shown()

    def _show(self, view: View) -> None:
        before, self._view = self._view, view
        if before is None or view.look != before.look:
            self._icon.icon = draw_icon(view.look, _SIZE)
        if before is None or view.tooltip != before.tooltip:
            self._icon.title = _title(view)
        if before is None or view.entries != before.entries:
            self._icon.menu = self._menu(view)

    def _menu(self, view: View) -> Any:
        return pystray.Menu(*(self._item(entry) for entry in view.entries))

    def _item(self, entry: Entry) -> Any:
        if entry.kind == "separator":
            return pystray.Menu.SEPARATOR
        if entry.kind == "submenu":
            children = pystray.Menu(*(self._item(child) for child in entry.children))
            return pystray.MenuItem(entry.label, children, enabled=entry.enabled)
        return pystray.MenuItem(
            entry.label,
            lambda: self._clicked(entry),
            checked=(lambda _: bool(entry.checked)) if entry.kind in ("radio", "check") else None,
            radio=entry.kind == "radio",
            enabled=entry.enabled,
            visible=entry.visible,
        )

    def _clicked(self, entry: Entry) -> None:
        if entry.command is not None:
            self._command(entry.command)

    def _command(self, command: Command) -> None:
        threading.Thread(
            target=self._on_command, args=(command,), name="tray-click", daemon=True
        ).start()


def _title(view: View) -> str:
    """Windows refuses tooltips of more than 127 characters."""
    return view.tooltip[:127]


def _on_main_thread(call: Callable[[], object]) -> None:
    """On macOS AppKit kills a process that touches it from another thread."""
    if sys.platform != "darwin":
        call()
        return
    from PyObjCTools import AppHelper

    AppHelper.callAfter(call)
