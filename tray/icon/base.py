"""The protocol of a tray icon, whatever the desktop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tray.commands import Command
from tray.menu import Entry
from tray.notifications import Notice
from tray.status import Look

OnCommand = Callable[[Command], None]
"""Called with the command of a click, on a separate thread, so it may block."""


@dataclass(frozen=True)
class View:
    """Everything that the icon shows at one moment."""

    look: Look
    tooltip: str
    entries: tuple[Entry, ...]


class TrayIcon(Protocol):
    """An icon; `run` blocks the main thread until `stop`, the others run on any thread."""

    def run(self, view: View, on_shown: Callable[[], None]) -> None:
        """Show the icon; `on_shown` is called once it is visible, on another thread."""

    def show(self, view: View) -> None:
        """Update the icon, its tooltip and its menu."""

    def notify(self, notice: Notice) -> None:
        """Show a notification, if the desktop has any."""

    def withdraw(self, topic: str) -> None:
        """Remove the notification on this topic."""

    @property
    def visible(self) -> bool:
        """Whether a panel shows the icon; True if the system does not report it."""

    def stop(self) -> None:
        """Make `run` return."""
