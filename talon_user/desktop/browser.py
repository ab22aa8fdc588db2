"""Open a file in the system's browser."""

import os
import subprocess
from pathlib import Path
from typing import Optional

from talon import app, cron

PROGRAMS = {"mac": "open", "linux": "xdg-open"}
EXIT_CHECKS = 10


class BrowserFailed(Exception):
    """No browser can be opened; the message is a sentence for the user."""


class Browser:
    """The program that opens files; it exits by itself."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._running: Optional[subprocess.Popen[bytes]] = None

    def open(self, path: Path) -> None:
        """Open a file, without waiting; raise BrowserFailed."""
        try:
            if app.platform == "windows":
                # A function of Python on Windows only.
                getattr(os, "startfile")(path)  # noqa: B009
            else:
                self._start(PROGRAMS[app.platform], path)
        except OSError as failure:
            raise BrowserFailed(
                f"No browser could be opened: {failure.strerror}. The answer is in {path}."
            ) from failure

    def _start(self, program: str, path: Path) -> None:
        self._running = subprocess.Popen(  # noqa: S603 - no shell, and the path is ours
            (program, str(path)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._collect_exit(EXIT_CHECKS)

    def _collect_exit(self, checks: int) -> None:
        """Let the system forget the program once it has exited; some run as long as the browser."""
        if checks and self._running is not None and self._running.poll() is None:
            cron.after("1s", lambda: self._collect_exit(checks - 1))
