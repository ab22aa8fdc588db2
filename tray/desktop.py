"""Check whether this session has a desktop that could show an icon."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def explain_missing_desktop(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return a sentence on what is missing for a tray icon; None if nothing is."""
    if sys.platform in ("win32", "darwin"):
        return None
    if not environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY"):
        return "No display found (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    if not _has_session_bus(environ):
        return "No session bus found (DBUS_SESSION_BUS_ADDRESS is not set)."
    return None


def _has_session_bus(environ: Mapping[str, str]) -> bool:
    if environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and Path(runtime or "", "bus").exists()
