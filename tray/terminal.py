"""What the terminal shows that the tray app was started in."""

from __future__ import annotations

import sys

from bridge.banner import describe_connection, format_banner
from bridge.logs import escape
from tray.status import Status


def show_start(before: Status, status: Status, version: str) -> None:
    """Print the banner when the server has come up, if there is a terminal."""
    # Without a console, as on Windows at login, there is no stdout.
    if sys.stdout is None or not sys.stdout.isatty():
        return
    if status.state == "running" and before.state != "running" and status.url is not None:
        print(format_start(status, version), flush=True)  # noqa: T201 - for the terminal


def format_start(status: Status, version: str) -> str:
    """Return the banner of a running server."""
    on = "it starts at each login (switch it off in the tray menu)"
    return format_banner(
        version,
        status.url or "",
        # It may quote what upstream has answered.
        escape(describe_connection(status.backend, status.reason, status.message)),
        how_to_quit="Ctrl+C, or Quit in the tray menu",
        how_to_stay=on if status.start_at_login else "Start at login, in the tray menu",
    )
