"""Build the menu for a status; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bridge.wire.computer_status import ComputerHealth, Mode, WaitingBatch
from bridge.wire.connect import Program
from bridge.wire.health import BackendSetting
from bridge.wire.models import Model
from bridge.wire.usage import UsageTotals
from tray.commands import (
    AllowExtraUsage,
    Command,
    ConnectProgram,
    Copy,
    Decide,
    InstallTalon,
    Open,
    Quit,
    RecordRequests,
    Restart,
    ResumeComputer,
    ShowCode,
    Start,
    StartAtLogin,
    Stop,
    StopComputer,
    Switch,
    UseComputer,
)
from tray.models import parse_family, parse_version, shorten_name
from tray.status import (
    BACKEND_NAMES,
    Status,
    count_requests,
    describe_plans,
    describe_proof,
    describe_status,
    summarize_batch,
)

_CODE = ("openai-python", "curl")
"""Examples that need no program."""

Kind = Literal["action", "radio", "check", "submenu", "separator"]

LABEL_LENGTH = 72
"""Longer labels would make the menu wider than a small screen; the tooltip is not cut."""

_FIRST_FAMILIES = ("Opus", "Sonnet", "Haiku")
"""Other families follow by name."""

_SETTINGS: tuple[tuple[BackendSetting, str], ...] = (
    ("auto", "Automatic: subscription first, then key"),
    ("claude-code", "Claude Code (your subscription)"),
    ("anthropic", "API key"),
    ("offline", "Offline echo (not Claude)"),
)
_MODES: tuple[tuple[Mode, str], ...] = (
    ("off", "Off"),
    ("ask", "Ask me before each step"),
    ("ask_risky", "Ask me before risky steps only"),
    ("allowed", "Allow for 15 minutes"),
)
_MODE_LABELS: dict[Mode, str] = {
    "off": "off",
    "ask": "asks first",
    "ask_risky": "asks before risky steps",
    "allowed": "allowed",
}
ALLOWED_MINUTES = 15

_DECISIONS = (Decide, AllowExtraUsage)


@dataclass(frozen=True)
class Entry:
    """A line of the menu; `key` stays the same while label and state change."""

    key: str
    label: str = ""
    kind: Kind = "action"
    enabled: bool = True
    checked: bool | None = None
    command: Command | None = None
    children: tuple[Entry, ...] = ()
    visible: bool = True


def build_menu(status: Status, version: str = "") -> tuple[Entry, ...]:
    """Return the whole menu; `version` is the tray's.

    The top-level entries have the same keys in the same order for every status: a panel then only
    updates their properties, and an open menu stays open. Only those of approvals come and go.
    """
    running = status.state == "running"
    return (
        Entry("state", _shorten(describe_status(status)), enabled=False),
        *(entry for batch in status.batches for entry in _build_approval_entries(batch)),
        *_build_computer_entries(status),
        *_build_plan_entries(status),
        Entry("separator-1", kind="separator"),
        *_build_server_entries(status),
        Entry("separator-2", kind="separator"),
        _build_model_entry(status),
        _build_backend_entry(status),
        _build_computer_entry(status),
        _build_connect_entry(status),
        Entry("usage", _describe_usage(status.usage), enabled=running, command=Open("dashboard")),
        Entry("separator-3", kind="separator"),
        Entry("dashboard", "Open dashboard", enabled=running, command=Open("dashboard")),
        Entry(
            "setup",
            "Set up Claude…",
            enabled=running,
            command=Open("setup"),
            visible=running and not status.ready,
        ),
        Entry("accounts", "Accounts & keys…", enabled=running, command=Open("accounts")),
        Entry("code", "Show unlock code", enabled=running, command=ShowCode()),
        _build_recorder_entry(status),
        Entry("logs", "Open log", command=Open("logs")),
        Entry("settings", "Open settings file", command=Open("settings")),
        *_build_preference_entries(status),
        _build_about_entry(status, version),
        Entry("separator-4", kind="separator"),
        Entry("quit", _label_quit(status), command=Quit()),
    )


def list_decisions(entries: tuple[Entry, ...]) -> frozenset[str]:
    """Return the keys of the entries that approve, deny or allow something."""
    return frozenset(e.key for e in entries if e.visible and isinstance(e.command, _DECISIONS))


def hold_back_decisions(entries: tuple[Entry, ...], offered: frozenset[str]) -> tuple[Entry, ...]:
    """Disable the decisions that are not among those offered when the user opened the menu.

    They have appeared in a menu that may be open, perhaps where the user is about to click.
    """
    new = list_decisions(entries) - offered
    return tuple(
        replace(entry, label=f"{entry.label}: open the menu again", enabled=False)
        if entry.key in new
        else entry
        for entry in entries
    )


def _build_approval_entries(batch: WaitingBatch) -> tuple[Entry, ...]:
    """Return the entries of a pending approval; only what is shown whole can be approved here."""
    # The keys contain the digest of what is shown. So an entry of an open menu never becomes that
    # of another approval, whose actions the user has not read.
    key = f"{batch.id}:{batch.digest}"
    actions = summarize_batch(batch)
    deny = Decide(batch.id, approved=False, digest=batch.digest)
    if actions is None:
        decision = Entry(f"review:{key}", "Review…", command=Open("dashboard"))
        label = "A program asks to use this computer"
        if batch.about == "actions":
            label = "The actions are too long to show here"
    else:
        approve = Decide(batch.id, approved=True, digest=batch.digest)
        decision, label = Entry(f"approve:{key}", "Approve", command=approve), actions
    risks = f"Risky: {', '.join(batch.risks)}"
    return (
        Entry(f"separator-{key}", kind="separator"),
        Entry(f"batch:{key}", label, enabled=False),
        Entry(f"risks:{key}", _shorten(risks), enabled=False, visible=bool(batch.risks)),
        decision,
        Entry(f"deny:{key}", "Deny", command=deny),
    )


def _build_computer_entries(status: Status) -> tuple[Entry, ...]:
    computer = status.computer if status.state == "running" else None
    busy = computer is not None and computer.is_busy
    paused = computer is not None and computer.paused
    return (
        Entry("computer-resume", "Resume Claude", command=ResumeComputer(), visible=paused),
        Entry("computer-stop", "Stop Claude", enabled=busy, command=StopComputer(), visible=busy),
    )


def _build_plan_entries(status: Status) -> tuple[Entry, ...]:
    words, extra = describe_plans(status.plans), _describe_extra_usage(status)
    # The plan of the sign-in in use first; the menu is about one at a time.
    plans = sorted(status.plans, key=lambda plan: plan.account != status.sign_in)
    refused = next((p.account for p in plans if p.refusal and p.setting == "ask"), None)
    allowed = next((p.account for p in plans if p.agreement != "no"), None)
    return (
        Entry("plan", _shorten(words), enabled=False, visible=bool(words)),
        Entry("extra-usage", extra, enabled=False, visible=bool(extra)),
        Entry(
            "allow-window",
            _name_account("Allow extra usage until it resets", refused, status),
            command=AllowExtraUsage("window", refused or ""),
            visible=refused is not None,
        ),
        Entry(
            "allow-always",
            _name_account("Always allow extra usage", refused, status),
            command=AllowExtraUsage("always", refused or ""),
            visible=refused is not None,
        ),
        Entry(
            "allow-no",
            _name_account("Stop allowing extra usage", allowed, status),
            command=AllowExtraUsage("no", allowed or ""),
            visible=allowed is not None,
        ),
    )


def _name_account(label: str, account: str | None, status: Status) -> str:
    """Return a label with the sign-in that it is about, if there are several."""
    return label if account is None or len(status.sign_ins) == 1 else f"{label} ({account})"


def _describe_extra_usage(status: Status) -> str:
    """Return what is to be known before the user decides; empty if there is nothing to decide."""
    settings = {plan.setting for plan in status.plans if plan.refusal}
    if "ask" in settings:
        return "Refused until you agree: extra usage, which costs money"
    if settings:
        return "The setting extra_usage refuses extra usage, which costs money"
    if any(plan.extra_usage == "in_use" for plan in status.plans):
        return "Extra usage is in use: requests cost money"
    return ""


def _build_server_entries(status: Status) -> tuple[Entry, ...]:
    stopped = status.state == "stopped"
    ending = stopped or status.state == "stopping"
    port = status.free_port
    return (
        Entry("start", "Start server", enabled=stopped, command=Start()),
        Entry(
            "start-on-free-port",
            f"Start on port {port} instead",
            enabled=stopped,
            command=Start(port),
            visible=port is not None,
        ),
        Entry("stop", "Stop server", enabled=not ending, command=Stop()),
        Entry("restart", "Restart server", enabled=not ending, command=Restart()),
        Entry(
            "pause",
            "Resume requests" if status.paused else "Pause requests",
            enabled=status.state == "running",
            command=Switch(paused=not status.paused),
        ),
    )


def _build_model_entry(status: Status) -> Entry:
    enabled = status.state == "running" and bool(status.models)
    names = {model["id"]: shorten_name(model) for model in status.models}
    active = names.get(status.model or "", status.model)
    everything = Entry(
        "model-everything",
        "Use for all requests",
        kind="check",
        enabled=enabled,
        checked=status.use_for_everything,
        command=Switch(use_for_everything=not status.use_for_everything),
    )
    children = (everything, *_group_models_by_family(status, enabled))
    label = f"Model: {active}" if active else "Model"
    return Entry("model", label, kind="submenu", enabled=enabled, children=children)


def _group_models_by_family(status: Status, enabled: bool) -> tuple[Entry, ...]:
    families = {parse_family(model) for model in status.models}
    entries: list[Entry] = []
    for family in sorted(families, key=_rank_family):
        entries.append(Entry(f"line:{family}", kind="separator"))
        members = [model for model in status.models if parse_family(model) == family]
        if family:
            members.sort(key=parse_version, reverse=True)
        entries += [_build_model_radio(model, status, enabled) for model in members]
    return tuple(entries)


def _build_model_radio(model: Model, status: Status, enabled: bool) -> Entry:
    return Entry(
        f"model:{model['id']}",
        shorten_name(model),
        kind="radio",
        enabled=enabled,
        checked=model["id"] == status.model,
        command=Switch(model=model["id"]),
    )


def _rank_family(family: str) -> tuple[int, str]:
    """Sort known families first; models that are not Claude have no family and come last."""
    if family in _FIRST_FAMILIES:
        return _FIRST_FAMILIES.index(family), ""
    return len(_FIRST_FAMILIES) + (not family), family


def _build_backend_entry(status: Status) -> Entry:
    running = status.state == "running"
    name = BACKEND_NAMES[status.backend] if status.backend else "none"
    connection = f"Using {name}" if status.backend else "Not connected"
    reason = f"{connection}: {status.reason}" if running else "The server isn't running"
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
        Entry("backend-reason", _shorten(reason), enabled=False),
        Entry("separator-backend", kind="separator"),
        *radios,
        *_build_sign_in_radios(status, running),
    )
    label = f"Backend: {name}" if running else "Backend"
    return Entry("backend", label, kind="submenu", enabled=running, children=children)


def _build_sign_in_radios(status: Status, running: bool) -> tuple[Entry, ...]:
    if len(status.sign_ins) == 1:
        return ()
    radios = tuple(
        Entry(
            f"sign-in:{name}",
            "Claude Code's own sign-in" if name == "default" else f"Sign-in: {name}",
            kind="radio",
            enabled=running,
            checked=name == status.sign_in,
            command=Switch(sign_in=name),
        )
        for name in status.sign_ins
    )
    return (Entry("separator-sign-in", kind="separator"), *radios)


def _build_computer_entry(status: Status) -> Entry:
    computer = status.computer if status.state == "running" else None
    radios = tuple(
        Entry(
            f"computer:{mode}",
            label,
            kind="radio",
            enabled=computer is not None,
            checked=computer is not None and computer.mode == mode,
            command=UseComputer(mode, ALLOWED_MINUTES if mode == "allowed" else None),
        )
        for mode, label in _MODES
    )
    return Entry(
        "computer",
        _label_computer(computer),
        kind="submenu",
        enabled=computer is not None,
        children=radios,
    )


def _label_computer(computer: ComputerHealth | None) -> str:
    if computer is None:
        return "Computer use"
    if computer.waiting:
        return "Computer use: waiting for your approval"
    if computer.paused:
        return "Computer use: paused"
    return f"Computer use: {'active' if computer.active else _MODE_LABELS[computer.mode]}"


def _build_connect_entry(status: Status) -> Entry:
    running = status.url is not None and status.state == "running"
    programs = tuple(
        _build_program_entry(program, running)
        for program in status.programs
        if program.files and (program.installed or program.written)
    )
    # Those that are here, and code; the dashboard has all of them.
    absent = {program.name for program in status.programs if not program.installed}
    snippets = tuple(
        Entry(
            f"snippet:{connection.client}",
            f"Copy for {connection.client}",
            enabled=running,
            command=Copy("snippet", connection.client),
        )
        for connection in status.connections
        if connection.name not in absent or connection.client in _CODE
    )
    children = (
        Entry("copy-url", "Copy base URL", enabled=running, command=Copy("url")),
        Entry("copy-key", "Copy access key", enabled=running, command=Copy("key")),
        Entry("separator-programs", kind="separator"),
        *programs,
        Entry("separator-snippets", kind="separator"),
        *snippets,
        Entry("separator-talon", kind="separator"),
        Entry("talon", "Install Talon commands", command=InstallTalon()),
    )
    return Entry("connect", "Connect", kind="submenu", children=children)


def _build_program_entry(program: Program, running: bool) -> Entry:
    """Build the entry of a program that can be written; ticked once a request of it has come."""
    verb = "Disconnect" if program.written else "Connect"
    return Entry(
        f"program:{program.name}",
        f"{verb} {program.title}{describe_proof(program)}",
        kind="check",
        enabled=running,
        checked=program.proof is not None and not program.proof.failed,
        command=ConnectProgram(program.name, undo=program.written),
    )


def _describe_usage(usage: UsageTotals | None) -> str:
    if usage is None:
        return "Today: –"
    # "+": the price of some requests is not known.
    cost = f"${usage.cost:.2f}{'+' if usage.unpriced else ''}"
    read = usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens
    tokens = _abbreviate(read + usage.output_tokens)
    return f"Today: {count_requests(usage.requests)} · {tokens} tokens · {cost}"


def _abbreviate(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


def _build_preference_entries(status: Status) -> tuple[Entry, ...]:
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
    )


def _build_about_entry(status: Status, version: str) -> Entry:
    server = (
        f"Server {status.server_version}, process {status.pid}"
        if status.pid
        else "Server not running"
    )
    lines = (
        ("about-version", f"Claude OpenAI Bridge {version}"),
        ("about-licence", "MIT licence"),
        ("about-server", server),
        ("about-backend", _shorten(status.reason) or "Not affiliated with Anthropic or OpenAI"),
    )
    children = tuple(Entry(key, label, enabled=False) for key, label in lines)
    return Entry("about", "About", kind="submenu", children=children)


def _build_recorder_entry(status: Status) -> Entry:
    on = status.recording
    return Entry(
        "record",
        "Recording requests with their content: stop" if on else "Record requests for 30 minutes",
        kind="check",
        enabled=status.state == "running",
        checked=on,
        command=RecordRequests(not on),
    )


def _label_quit(status: Status) -> str:
    if status.quitting and status.open_streams:
        return f"Quit now (interrupts {count_requests(status.open_streams)})"
    return "Quit (the server keeps running)" if status.attached else "Quit"


def _shorten(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1].rstrip() + "…"
