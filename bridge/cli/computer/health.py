"""The line about computer use, for `status` and `computer status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def format_computer_use(health: Mapping[str, Any]) -> str:
    """Format the computer's part of `/health` in a line."""
    waiting = health.get("waiting", 0)
    if waiting:
        activity = f", {waiting} waiting for your approval (tray or dashboard)"
    elif health.get("paused"):
        activity = ", paused because the mouse was moved (resume by voice, tray or dashboard)"
    else:
        activity = ", Claude is using this computer" if health.get("active") else ""
    return f"Computer use: {health['mode']}{activity}"
