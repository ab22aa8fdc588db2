"""How this installation starts its own command again, installed or packaged."""

from __future__ import annotations

import sys


def own_command(*words: str) -> list[str]:
    """The words of a command line that runs `claude-bridge WORDS`."""
    if getattr(sys, "frozen", False):  # PyInstaller's: the program is the command
        return [sys.executable, *words]
    return [sys.executable, "-m", "bridge", *words]
