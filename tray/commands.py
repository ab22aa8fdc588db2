"""What a person can ask of the tray."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Start:
    """Start the server, or join the one that runs."""


@dataclass(frozen=True)
class Stop:
    """Let the server finish its answers and end."""


@dataclass(frozen=True)
class Restart:
    """Stop, then start."""


@dataclass(frozen=True)
class ChooseModel:
    """Answer `default` with this model from now on."""

    model: str


@dataclass(frozen=True)
class CopyUrl:
    """Put the base URL for OpenAI clients on the clipboard."""


@dataclass(frozen=True)
class OpenBrowser:
    """Show the server's own page."""


@dataclass(frozen=True)
class Quit:
    """End the tray, and the server if the tray started it."""


Command = Start | Stop | Restart | ChooseModel | CopyUrl | OpenBrowser | Quit
