"""What the menu shows for a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bridge.wire.control import BackendName
from tray.commands import (
    ChooseModel,
    Command,
    CopyUrl,
    OpenBrowser,
    Quit,
    Restart,
    Start,
    Stop,
)

State = Literal["stopped", "starting", "running", "failing", "stopping"]
Look = Literal["stopped", "starting", "running", "attention"]
Kind = Literal["action", "radio", "submenu", "separator"]

LABEL_LENGTH = 72
"""Longer sentences make a menu wider than small screens; the tool tip has the whole one."""

_BACKEND_NAMES: dict[BackendName, str] = {
    "anthropic": "Anthropic API",
    "claude-code": "Claude Code",
    "offline": "offline echo",
}


@dataclass(frozen=True)
class Status:
    """All the tray shows. `sentence` says what is wrong, or what to do; empty when all is well."""

    state: State
    url: str | None = None
    """Of the running server, as it says itself; None when none runs."""
    ready: bool = False
    """Whether Claude can be asked; a running server may still need to be set up."""
    model: str | None = None
    models: tuple[str, ...] = ()
    backend: BackendName | None = None
    sentence: str = ""
    joined: bool = False
    """The server was there before the tray, and stays when the tray goes."""

    @property
    def base_url(self) -> str | None:
        """What an OpenAI client takes as `base_url`."""
        return f"{self.url}/v1" if self.url else None


@dataclass(frozen=True)
class Entry:
    """A line of the menu. `key` names the entry while its label and state change."""

    key: str
    label: str = ""
    kind: Kind = "action"
    enabled: bool = True
    checked: bool | None = None
    command: Command | None = None
    children: tuple[Entry, ...] = ()


def look_of(status: Status) -> Look:
    """Which of the icons to show."""
    match status.state:
        case "running":
            return "running" if status.ready else "attention"
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
            return "Stopping: running answers may finish…"
        case "failing":
            return status.sentence or "Not answering"
        case "running":
            return _describe_running(status)


def entries_of(status: Status) -> tuple[Entry, ...]:
    """The whole menu; same keys in the same order whatever the state."""
    return (
        Entry("state", _short(describe(status)), enabled=False),
        Entry("separator-1", kind="separator"),
        *_server_entries(status),
        Entry("separator-2", kind="separator"),
        _model_entry(status),
        _link("copy", "Copy base URL", CopyUrl(), status),
        _link("open", "Open in browser", OpenBrowser(), status),
        Entry("separator-3", kind="separator"),
        Entry("quit", _quit_label(status), command=Quit()),
    )


def _describe_running(status: Status) -> str:
    if not status.ready:
        return status.sentence or f"Running on {status.url}, but Claude cannot be asked"
    backend = f" · {_BACKEND_NAMES[status.backend]}" if status.backend else ""
    return f"Ready on {status.url}{backend}"


def _server_entries(status: Status) -> tuple[Entry, ...]:
    stopped = status.state == "stopped"
    stopping = status.state == "stopping"
    return (
        Entry("start", "Start", enabled=stopped, command=Start()),
        Entry("stop", "Stop", enabled=not stopped and not stopping, command=Stop()),
        Entry("restart", "Restart", enabled=not stopped and not stopping, command=Restart()),
    )


def _model_entry(status: Status) -> Entry:
    running = status.state == "running" and bool(status.models)
    children = tuple(
        Entry(
            f"model:{model}",
            model,
            kind="radio",
            enabled=running,
            checked=model == status.model,
            command=ChooseModel(model),
        )
        for model in status.models
    )
    label = f"Model: {status.model}" if status.model else "Model"
    return Entry("model", label, kind="submenu", enabled=running, children=children)


def _link(key: str, label: str, command: Command, status: Status) -> Entry:
    return Entry(key, label, enabled=status.url is not None, command=command)


def _quit_label(status: Status) -> str:
    return "Quit (the server keeps running)" if status.joined else "Quit"


def _short(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1].rstrip() + "…"
