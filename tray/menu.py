"""What the menu shows for a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tray.api_types import BackendSetting, Batch, Computer, ComputerMode, Model, Usage
from tray.commands import (
    CheckForUpdates,
    Command,
    Copy,
    Decide,
    InstallTalon,
    Open,
    Quit,
    Restart,
    Start,
    StartAtLogin,
    Stop,
    StopComputer,
    Switch,
    UseComputer,
)
from tray.status import BACKEND_NAMES, Status, answers, describe

Kind = Literal["action", "radio", "check", "submenu", "separator"]

LABEL_LENGTH = 72
"""Longer sentences make a menu wider than small screens; the tool tip has the whole one."""

_LINES = ("Opus", "Sonnet", "Haiku")
"""First in the menu; other lines follow by name."""

_SETTINGS: tuple[tuple[BackendSetting, str], ...] = (
    ("auto", "Automatic: subscription first, then key"),
    ("claude-code", "Claude Code (your subscription)"),
    ("anthropic", "API key"),
    ("offline", "Offline echo (not Claude)"),
)
_MODES: tuple[tuple[ComputerMode, str], ...] = (
    ("off", "Off"),
    ("ask", "Ask me before each step"),
    ("ask_risky", "Ask me before risky steps only"),
    ("allowed", "Allow for 15 minutes"),
)
_MODE_WORDS: dict[ComputerMode, str] = {
    "off": "off",
    "ask": "asks",
    "ask_risky": "asks when risky",
    "allowed": "allowed",
}
ALLOWED_MINUTES = 15


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
    visible: bool = True


def entries_of(status: Status, version: str = "") -> tuple[Entry, ...]:
    """The whole menu; same keys in the same order whatever the state. `version` is the tray's."""
    running = status.state == "running"
    return (
        Entry("state", _short(describe(status)), enabled=False),
        Entry("separator-1", kind="separator"),
        *_server_entries(status),
        Entry("separator-2", kind="separator"),
        _model_entry(status),
        _backend_entry(status),
        _computer_entry(status),
        _connect_entry(status),
        Entry("usage", _usage_label(status.usage), enabled=running, command=Open("dashboard")),
        Entry("separator-3", kind="separator"),
        Entry("dashboard", "Dashboard", enabled=running, command=Open("dashboard")),
        Entry(
            "setup",
            "Set up Claude…",
            enabled=running,
            command=Open("setup"),
            visible=running and not status.ready,
        ),
        Entry("logs", "Logs", command=Open("logs")),
        Entry("settings", "Settings file", command=Open("settings")),
        *_habits(status),
        _about_entry(status, version),
        Entry("separator-4", kind="separator"),
        Entry("quit", _quit_label(status), command=Quit()),
    )


def _server_entries(status: Status) -> tuple[Entry, ...]:
    stopped = status.state == "stopped"
    moving = stopped or status.state == "stopping"
    port = status.free_port
    return (
        Entry("start", "Start", enabled=stopped, command=Start()),
        Entry(
            "start-elsewhere",
            f"Start on port {port} instead",
            enabled=stopped,
            command=Start(port),
            visible=port is not None,
        ),
        Entry("stop", "Stop", enabled=not moving, command=Stop()),
        Entry("restart", "Restart", enabled=not moving, command=Restart()),
        Entry(
            "pause",
            "Pause everything",
            kind="check",
            enabled=status.state == "running",
            checked=status.paused,
            command=Switch(paused=not status.paused),
        ),
    )


def _model_entry(status: Status) -> Entry:
    running = status.state == "running" and bool(status.models)
    active = next((one.name for one in status.models if one.id == status.model), status.model)
    everything = Entry(
        "model-everything",
        "Use for everything",
        kind="check",
        enabled=running,
        checked=status.use_for_everything,
        command=Switch(use_for_everything=not status.use_for_everything),
    )
    children = (everything, *_by_line(status, running))
    label = f"Model: {active}" if active else "Model"
    return Entry("model", label, kind="submenu", enabled=running, children=children)


def _by_line(status: Status, enabled: bool) -> tuple[Entry, ...]:
    lines = sorted({model.line for model in status.models if model.line}, key=_line_order)
    entries: list[Entry] = []
    for line in lines:
        entries.append(Entry(f"line:{line}", kind="separator"))
        of_line = [model for model in status.models if model.line == line]
        newest_first = sorted(of_line, key=_version, reverse=True)
        entries += [_radio(model, status, enabled) for model in newest_first]
    others = [model for model in status.models if not model.line]
    if others:
        entries.append(Entry("line:", kind="separator"))
    return (*entries, *(_radio(model, status, enabled) for model in others))


def _radio(model: Model, status: Status, enabled: bool) -> Entry:
    return Entry(
        f"model:{model.id}",
        model.name,
        kind="radio",
        enabled=enabled,
        checked=model.id == status.model,
        command=Switch(model=model.id),
    )


def _line_order(line: str) -> tuple[int, str]:
    return (_LINES.index(line), "") if line in _LINES else (len(_LINES), line)


def _version(model: Model) -> tuple[int, ...]:
    """`claude-opus-5-5` after `claude-opus-5`; a date is no part of the version."""
    return tuple(int(word) for word in model.id.split("-") if word.isdecimal() and len(word) < 8)


def _backend_entry(status: Status) -> Entry:
    running = status.state == "running"
    name = BACKEND_NAMES[status.backend] if status.backend else "none"
    reason = f"Now: {name}, for {status.reason}" if status.backend else f"None: {status.reason}"
    radios = tuple(
        Entry(
            f"backend:{setting}",
            label,
            kind="radio",
            enabled=running,
            checked=setting == status.setting,
            command=Switch(backend=setting),
        )
        for setting, label in _SETTINGS
    )
    children = (
        Entry("backend-reason", _short(reason if running else "No server runs"), enabled=False),
        Entry("separator-backend", kind="separator"),
        *radios,
    )
    label = f"Backend: {name}" if running else "Backend"
    return Entry("backend", label, kind="submenu", enabled=running, children=children)


def _computer_entry(status: Status) -> Entry:
    computer = status.computer if status.state == "running" else None
    mode = computer.mode if computer is not None else None
    radios = tuple(
        Entry(
            f"computer:{one}",
            label,
            kind="radio",
            enabled=computer is not None,
            checked=one == mode,
            command=UseComputer(one, ALLOWED_MINUTES if one == "allowed" else None),
        )
        for one, label in _MODES
    )
    busy = computer is not None and (computer.active or computer.waiting > 0)
    children = (
        Entry("computer-stop", "Stop now", enabled=busy, command=StopComputer()),
        Entry("separator-computer", kind="separator"),
        *radios,
        *(entry for batch in status.batches for entry in _batch_entries(batch)),
    )
    return Entry(
        "computer",
        _computer_label(computer),
        kind="submenu",
        enabled=computer is not None,
        children=children,
    )


def _computer_label(computer: Computer | None) -> str:
    if computer is None:
        return "Computer use"
    now = "waits for you" if computer.waiting else _MODE_WORDS[computer.mode]
    return f"Computer use: {'active' if computer.active else now}"


def _batch_entries(batch: Batch) -> tuple[Entry, ...]:
    what = "; ".join(batch.what)
    return (
        Entry(f"separator-{batch.id}", kind="separator"),
        Entry(f"batch:{batch.id}", _short(f"{batch.asked_by}: {what}"), enabled=False),
        Entry(f"approve:{batch.id}", "Approve", command=Decide(batch.id, approved=True)),
        Entry(f"deny:{batch.id}", "Deny", command=Decide(batch.id, approved=False)),
    )


def _connect_entry(status: Status) -> Entry:
    running = status.url is not None and status.state == "running"
    snippets = tuple(
        Entry(
            f"snippet:{client.name}",
            f"Copy for {client.name}",
            enabled=running,
            command=Copy("snippet", client.name),
        )
        for client in status.clients
    )
    children = (
        Entry("copy-url", "Copy base URL", enabled=running, command=Copy("url")),
        Entry("copy-key", "Copy key", enabled=running, command=Copy("key")),
        Entry("separator-snippets", kind="separator"),
        *snippets,
        Entry("separator-talon", kind="separator"),
        Entry("talon", "Install Talon commands", command=InstallTalon()),
    )
    return Entry("connect", "Connect", kind="submenu", children=children)


def _usage_label(usage: Usage | None) -> str:
    if usage is None:
        return "Today: –"
    requests = f"{usage.requests} request{'' if usage.requests == 1 else 's'}"
    more = "+" if usage.unpriced else ""
    tokens = _compact(usage.read + usage.written)
    return f"Today: {requests} · {tokens} tokens · ${usage.cost:.2f}{more}"


def _compact(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


def _habits(status: Status) -> tuple[Entry, ...]:
    at_login = status.start_at_login
    return (
        Entry(
            "login",
            "Start at login",
            kind="check",
            enabled=at_login is not None,
            checked=bool(at_login),
            command=StartAtLogin(not at_login),
        ),
        Entry(
            "updates",
            "Check for updates",
            kind="check",
            checked=status.updates,
            command=CheckForUpdates(not status.updates),
        ),
    )


def _about_entry(status: Status, version: str) -> Entry:
    server = f"Server {status.server_version}, process {status.pid}" if status.pid else "No server"
    lines = (
        ("about-version", f"Claude OpenAI Bridge {version}"),
        ("about-newer", f"Newer: {status.newer}" if status.newer else "MIT licence"),
        ("about-server", server),
        ("about-backend", _short(status.reason) or "Not affiliated with Anthropic or OpenAI"),
    )
    children = tuple(Entry(key, label, enabled=False) for key, label in lines)
    return Entry("about", "About", kind="submenu", children=children)


def _quit_label(status: Status) -> str:
    if status.quitting and status.open_streams:
        return f"Quit now (cuts {answers(status.open_streams)})"
    return "Quit (the server keeps running)" if status.joined else "Quit"


def _short(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1].rstrip() + "…"
