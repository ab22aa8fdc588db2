"""The options that the command line gives to the tray's process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class LaunchOptions:
    """All that the tray needs of the settings; it does not load them itself."""

    # The settings and pydantic would stay in the memory of a program that runs all day.

    url: str
    """The address of a server that may run already."""
    host: str
    port: int
    grace: float
    """Seconds that the server may take to stop."""
    flags: tuple[str, ...]
    """Flags for the server."""
    user_flags: tuple[str, ...]
    """The flags that the user set; the start at login repeats them."""
    version: str
    data: str
    log_file: str
    control_token: str
    log_level: str = "INFO"

    @property
    def data_folder(self) -> Path:
        """The folder for `tray.json` and the lock."""
        return Path(self.data)

    def to_json(self) -> str:
        """Return the options as one word of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LaunchOptions:
        """Return the options that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, **{name: tuple(values[name]) for name in ("flags", "user_flags")}})
