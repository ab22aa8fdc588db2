"""Build the command line that runs this program again, installed or packaged."""

from __future__ import annotations

import sys


def build_own_command(*words: str) -> list[str]:
    """Return the words of a command line that runs `claude-bridge WORDS`."""
    if getattr(sys, "frozen", False):  # by PyInstaller: the executable is the command
        return [sys.executable, *words]
    # Without -P, Python would import from the current folder first: a downloaded project with a
    # folder `bridge`, or a `queue.py` in the user's home, would run as part of this program.
    return [sys.executable, "-P", "-m", "bridge", *words]
