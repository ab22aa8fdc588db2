"""Which characters a program takes from keys, and which only from the clipboard."""

# Chromium and what is built on it (Electron) drop keys with code points beyond U+FFFF on Wayland.
# They are known by a file that lies beside each of their executables, whatever their windows are
# called.

from __future__ import annotations

import re
from pathlib import Path

_BEYOND = re.compile("([\U00010000-\U0010ffff][\U00010000-\U0010ffff\u200d\ufe0f]*)")
_BESIDE = "chrome_100_percent.pak"


def split_by_plane(text: str) -> list[tuple[str, bool]]:
    """Split a text into parts, and whether each has code points beyond U+FFFF."""
    parts = _BEYOND.split(text)
    return [(part, bool(at % 2)) for at, part in enumerate(parts) if part]


def is_chromium(process: int) -> bool | None:
    """Return whether a process is Chromium or built on it; None if that is not known."""
    if not process:
        return None
    import psutil

    try:
        folder = Path(psutil.Process(process).exe()).parent
        # Also in a container, whose files are elsewhere.
        return Path(f"/proc/{process}/root", folder.relative_to("/"), _BESIDE).exists()
    except (psutil.Error, OSError, ValueError):
        return None
