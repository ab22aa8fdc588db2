"""Build the command line that runs this program again, installed or packaged."""

from __future__ import annotations

import sys


def build_own_command(*words: str) -> list[str]:
    """Return the words of a command line that runs `claude-bridge WORDS`."""
    if getattr(sys, "frozen", False):  # by PyInstaller: the executable is the command
        return [sys.executable, *words]
    return [sys.executable, "-m", "bridge", *words]
