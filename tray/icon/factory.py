"""Create the tray icon for this system."""

from __future__ import annotations

import sys

from tray.icon.base import OnCommand, TrayIcon


def create_icon(on_command: OnCommand) -> TrayIcon:
    """Return a StatusNotifierItem on Linux, and pystray's icon on Windows and macOS."""
    # Imported here: D-Bus is installed on Linux only, and pystray picks a backend on import.
    if sys.platform == "linux":
        from tray.icon.status_notifier import StatusNotifierIcon

        return StatusNotifierIcon(on_command)
    from tray.icon.pystray_icon import PystrayIcon

    return PystrayIcon(on_command)
