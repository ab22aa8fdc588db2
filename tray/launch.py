"""What the command tells the tray's own process, which never loads the settings itself.

They, and pydantic behind them, would stay in the memory of a program that is there all day.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from bridge.launching import own_command

FLAG = "--tray-app"
"""The first word of the command line of that process; the second is the rest, as JSON."""


@dataclass(frozen=True)
class TrayStart:
    """`url`: where a server would already run; `grace`: seconds it may take to stop."""

    url: str
    host: str
    port: int
    grace: float
    flags: tuple[str, ...]
    """Of the server."""
    given: tuple[str, ...]
    """Those of them that the person gave."""
    version: str
    data: str
    log_file: str
    control_token: str
    log_level: str = "INFO"

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)


def hand_over(start: TrayStart) -> int:
    """Becomes the tray's process; returns only where a process cannot become another."""
    words = own_command(FLAG, json.dumps(asdict(start)))
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execv(words[0], words)  # noqa: S606 - our own command
    # On Windows it would be a new process, and a terminal would not wait for it.
    from tray.app import run

    return run(start)


def read_start(text: str) -> TrayStart:
    """What `hand_over` wrote."""
    said = json.loads(text)
    return TrayStart(**{**said, **{name: tuple(said[name]) for name in ("flags", "given")}})
