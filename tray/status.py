"""All the tray shows at a moment, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tray.api_types import (
    BackendName,
    BackendSetting,
    Batch,
    Client,
    Computer,
    Model,
    Usage,
)

State = Literal["stopped", "starting", "running", "failing", "stopping"]
Look = Literal["stopped", "starting", "ready", "busy", "computer", "paused", "attention"]
LOOKS: tuple[Look, ...] = (
    "stopped", "starting", "ready", "busy", "computer", "paused", "attention",
)  # fmt: skip

BACKEND_NAMES: dict[BackendName, str] = {
    "claude-code": "Claude Code",
    "anthropic": "API key",
    "offline": "offline echo",
}


@dataclass(frozen=True)
class Status:
    """`sentence` says what is wrong, and what to do; empty when all is well."""

    state: State
    sentence: str = ""
    url: str | None = None
    """Of the running server, as it says itself; None when none runs."""
    ready: bool = False
    """Whether Claude can be asked; a running server may still need to be set up."""
    paused: bool = False
    joined: bool = False
    """The server was there before the tray, and stays when the tray goes."""
    open_streams: int = 0
    """Answers being written; while it stops, those that are being finished."""
    model: str | None = None
    models: tuple[Model, ...] = ()
    use_for_everything: bool = False
    setting: BackendSetting | None = None
    backend: BackendName | None = None
    reason: str = ""
    computer: Computer | None = None
    batches: tuple[Batch, ...] = ()
    clients: tuple[Client, ...] = ()
    usage: Usage | None = None
    server_version: str = ""
    pid: int | None = None
    free_port: int | None = None
    """Offered when the server's own is taken."""
    quitting: bool = False
    start_at_login: bool | None = None
    """None where this system has no such thing."""
    updates: bool = False
    newer: str | None = None
    """A version that could be installed."""

    @property
    def base_url(self) -> str | None:
        """What an OpenAI client takes as `base_url`."""
        return f"{self.url}/v1" if self.url else None


def look_of(status: Status) -> Look:
    """Which of the icons to show."""
    match status.state:
        case "running":
            return _look_of_running(status)
        case "failing":
            return "attention"
        case "starting" | "stopping":
            return "starting"
        case "stopped":
            return "attention" if status.sentence else "stopped"


def describe(status: Status) -> str:
    """The state in one line."""
    match status.state:
        case "stopped":
            return status.sentence or "Stopped"
        case "starting":
            return "Starting…"
        case "stopping":
            return _finishing(status)
        case "failing":
            return status.sentence or "Not answering"
        case "running":
            return _describe_running(status)


def answers(count: int) -> str:
    """`1 answer`, `2 answers`."""
    return f"{count} answer{'' if count == 1 else 's'}"


def _look_of_running(status: Status) -> Look:
    # Claude's hands come first: whatever else is, this must not be missed.
    if status.computer is not None and (status.computer.active or status.computer.waiting):
        return "computer"
    if status.paused:
        return "paused"
    if not status.ready or status.sentence:
        return "attention"
    return "busy" if status.open_streams else "ready"


def _describe_running(status: Status) -> str:
    computer = status.computer
    if computer is not None and computer.active:
        return "Claude is using this computer · Stop now is in the menu"
    if computer is not None and computer.waiting:
        return "Claude waits for your leave to use this computer"
    if status.paused:
        return f"Paused on {status.url}: clients are refused until you resume"
    if status.sentence or not status.ready:
        return status.sentence or f"Running on {status.url}, but Claude cannot be asked"
    backend = f" · {BACKEND_NAMES[status.backend]}" if status.backend else ""
    busy = f" · writing {answers(status.open_streams)}" if status.open_streams else ""
    return f"Ready on {status.url}{backend}{busy}"


def _finishing(status: Status) -> str:
    if status.open_streams == 0:
        return "Stopping…"
    return f"Finishing {answers(status.open_streams)}…"
