"""What the app asks of an icon, whatever the desktop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tray.commands import Command
from tray.menu import Entry
from tray.notifications import Notice
from tray.status import Look

OnCommand = Callable[[Command], None]
"""Called with what was clicked, never on the thread that draws the menu."""


@dataclass(frozen=True)
class View:
    """All that is to be seen at a moment."""

    look: Look
    tooltip: str
    entries: tuple[Entry, ...]


class TrayIcon(Protocol):
    """`run` holds the main thread until `stop`; the others may be called from any thread."""

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        """Shows the icon; `on_shown` is called, on another thread, once it is there."""

    def show(self, view: View) -> None: ...

    def notify(self, notice: Notice) -> None:
        """A notification of the desktop, where it has any."""

    def withdraw(self, topic: str) -> None:
        """Takes a notification away that is settled."""

    @property
    def seen(self) -> bool:
        """Whether anything shows the icon, as far as can be known."""

    def stop(self) -> None: ...


def make_icon(on_command: OnCommand) -> TrayIcon:
    """The icon for this system."""
    import sys

    if sys.platform == "linux":
        from tray.icon.status_notifier import StatusNotifierIcon

        return StatusNotifierIcon(on_command)
    from tray.icon.pystray_icon import PystrayIcon

    return PystrayIcon(on_command)
