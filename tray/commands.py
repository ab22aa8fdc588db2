"""What a person can ask of the tray."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from tray.api_types import BackendSetting, ComputerMode


@dataclass(frozen=True)
class Start:
    """Start the server, or join the one that runs; on another port, if one is given."""

    port: int | None = None


@dataclass(frozen=True)
class Stop:
    """Let the server finish its answers and end."""


@dataclass(frozen=True)
class Restart:
    """Stop, then start."""


@dataclass(frozen=True)
class Quit:
    """End the tray, and the server if the tray started it; asked again, without waiting."""


@dataclass(frozen=True)
class Switch:
    """Change the running server from its next request on; None stays as it is."""

    model: str | None = None
    backend: BackendSetting | None = None
    use_for_everything: bool | None = None
    paused: bool | None = None

    def changes(self) -> dict[str, Any]:
        """Those that are to change, by the names of `POST /control/switches`."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class UseComputer:
    """Whether Claude may use this machine; `minutes` only with `allowed`."""

    mode: ComputerMode
    minutes: int | None = None


@dataclass(frozen=True)
class StopComputer:
    """Take Claude's hands off this machine, now."""


@dataclass(frozen=True)
class Decide:
    """Yes or no to a batch of actions that waits."""

    batch: str
    approved: bool


@dataclass(frozen=True)
class Copy:
    """Put onto the clipboard: the base URL, the key, or the snippet of a client by name."""

    what: Literal["url", "key", "snippet"]
    client: str = ""


@dataclass(frozen=True)
class InstallTalon:
    """Put the Talon commands into Talon's user folder."""


@dataclass(frozen=True)
class Open:
    """Show a page of the server, or a file."""

    what: Literal["dashboard", "setup", "logs", "settings"]


@dataclass(frozen=True)
class StartAtLogin:
    """Whether the tray starts with the session."""

    on: bool


@dataclass(frozen=True)
class CheckForUpdates:
    """Whether a newer version is looked for, once a day."""

    on: bool


@dataclass(frozen=True)
class ShowYourself:
    """Another tray was started: say where this one is."""


@dataclass(frozen=True)
class LookNow:
    """The menu is opened: what it shows must be true."""


Command = (
    Start | Stop | Restart | Quit | Switch | UseComputer | StopComputer | Decide | Copy
    | InstallTalon | Open | StartAtLogin | CheckForUpdates | ShowYourself | LookNow
)  # fmt: skip
