"""What the tray shows at one moment, and the text for it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from bridge.wire.connect import Connection, Program
from bridge.wire.health import BackendName, BackendSetting
from bridge.wire.models import Model
from bridge.wire.usage import PlanReport, UsageTotals

State = Literal["stopped", "starting", "running", "failing", "stopping"]
Look = Literal[
    "stopped", "starting", "ready", "busy", "computer", "paused", "attention",
    "low", "low_busy", "very_low", "very_low_busy",
]  # fmt: skip
"""`low`, `very_low`: ready, with little of the plan left; `…_busy`: requests are active, too."""
LOOKS: tuple[Look, ...] = get_args(Look)

LOW, VERY_LOW = 0.8, 0.95
"""Used parts of a plan's window from which the icon shows it; the server's alerts begin there."""

BACKEND_NAMES: dict[BackendName, str] = {
    "claude-code": "Claude Code",
    "anthropic": "API key",
    "offline": "offline echo",
}


@dataclass(frozen=True)
class Status:
    """`message` is the problem and its fix; empty if there is none."""

    state: State
    message: str = ""
    url: str | None = None
    """Of the running server; None while none runs."""
    ready: bool = False
    """False for a running server that is not connected to Claude."""
    paused: bool = False
    attached: bool = False
    """The server ran before the tray, and keeps running after it."""
    open_streams: int = 0
    """Active requests; while stopping, those still to be finished."""
    model: str | None = None
    models: tuple[Model, ...] = ()
    sign_in: str = "default"
    sign_ins: tuple[str, ...] = ("default",)
    """The sign-ins of Claude Code."""
    use_for_everything: bool = False
    setting: BackendSetting | None = None
    backend: BackendName | None = None
    reason: str = ""
    """Why this backend is in use, or why none is."""
    recording: bool = False
    """Whether requests are recorded with their content."""
    computer: ComputerHealth | None = None
    batches: tuple[WaitingBatch, ...] = ()
    approval_seconds: int | None = None
    """Until the first of the batches is denied; None if none waits."""
    connections: tuple[Connection, ...] = ()
    programs: tuple[Program, ...] = ()
    """The programs that can be connected, and which are."""
    usage: UsageTotals | None = None
    plans: tuple[PlanReport, ...] = ()
    server_version: str = ""
    pid: int | None = None
    free_port: int | None = None
    """A free port to offer, because the server's own is taken."""
    quitting: bool = False
    start_at_login: bool | None = None
    """None if this system has no such feature."""

    @property
    def base_url(self) -> str | None:
        """The `base_url` for an OpenAI client."""
        return f"{self.url}/v1" if self.url else None


SHOWN_LENGTH = 72
"""Longest text of an approval that menus and notifications show whole."""


def summarize_batch(batch: WaitingBatch) -> str | None:
    """Return all that is approved in one short line, or None if it has to be cut.

    Whether a program may use the computer is never short: its path matters.
    """
    asker = f"{batch.program}: " if batch.program else ""
    text = asker + "; ".join(batch.what)
    is_short = len(text) <= SHOWN_LENGTH and "\n" not in text
    return text if is_short and batch.about == "actions" else None


def count_down(status: Status, now: float) -> Status:
    """Return the status with the seconds until an approval expires; `now` is in Unix seconds."""
    ends = [batch.expires_at for batch in status.batches]
    seconds = max(0, math.ceil(min(ends) - now)) if ends else None
    return replace(status, approval_seconds=seconds)


def choose_look(status: Status) -> Look:
    """Return which icon to show."""
    match status.state:
        case "running":
            return _choose_look_of_running(status)
        case "failing":
            return "attention"
        case "starting" | "stopping":
            return "starting"
        case "stopped":
            return "attention" if status.message else "stopped"


def describe_status(status: Status) -> str:
    """Return one line for the menu and the tooltip."""
    match status.state:
        case "stopped":
            return status.message or "Stopped"
        case "starting":
            return "Starting…"
        case "stopping":
            return _describe_stopping(status)
        case "failing":
            return status.message or "Not responding"
        case "running":
            return _describe_running(status)


def describe_second_start(status: Status) -> str:
    """Return what a second `claude-bridge` does, which leaves the server to the running tray."""
    match status.state:
        case "running":
            return f"Claude Bridge is already running at {status.base_url}."
        case "starting":
            return "Claude Bridge is already running; its server is starting."
        case "stopped" | "failing" | "stopping":
            return "Claude Bridge is already running; starting its server."


def describe_plans(plans: Sequence[PlanReport]) -> str:
    """Return one line on what is left of the plans; empty if there are none."""
    if len(plans) < 2:
        return "".join(f"Plan: {plan.words}" for plan in plans)
    return f"Plans: {'; '.join(f'{plan.account}: {plan.words}' for plan in plans)}"


def describe_tooltip(status: Status) -> str:
    """Return the text that the icon shows under the pointer."""
    return "\n".join(filter(None, (describe_status(status), describe_plans(status.plans))))


def count_requests(count: int) -> str:
    """Return `1 request`, `2 requests`."""
    return f"{count} request{'' if count == 1 else 's'}"


def _choose_look_of_running(status: Status) -> Look:
    # First of all: the user must not miss that Claude controls the computer or asks to.
    if status.computer is not None and status.computer.is_busy:
        return "computer"
    if status.paused:
        return "paused"
    if not status.ready or status.message:
        return "attention"
    busy = status.open_streams > 0
    used = _find_greatest_use(status)
    if used >= VERY_LOW:
        return "very_low_busy" if busy else "very_low"
    if used >= LOW:
        return "low_busy" if busy else "low"
    return "busy" if busy else "ready"


def _find_greatest_use(status: Status) -> float:
    """Return the used part of the fullest window of the plan that answers; 0 if unknown."""
    plans = [plan for plan in status.plans if plan.backend == status.backend]
    return max((window.used for plan in plans for window in plan.windows), default=0.0)


def _describe_running(status: Status) -> str:
    computer = status.computer
    # First, because nothing is done while it waits.
    if computer is not None and computer.waiting:
        return _describe_waiting(status, computer.waiting)
    if computer is not None and computer.paused:
        return "Claude is paused because the mouse was moved"
    if computer is not None and computer.active:
        return "Claude is controlling this computer"
    if status.paused:
        return f"Paused on {status.url}: requests are rejected until you resume"
    if status.message or not status.ready:
        return status.message or f"Running on {status.url}; not connected to Claude"
    backend = f" · {BACKEND_NAMES[status.backend]}" if status.backend else ""
    count = status.open_streams
    busy = f" · {count} active request{'' if count == 1 else 's'}" if count else ""
    recording = " · recording requests" if status.recording else ""
    return f"Ready on {status.url}{backend}{busy}{recording}"


def _describe_waiting(status: Status, waiting: int) -> str:
    """Return who needs the approval, and the seconds until the first is denied."""
    is_program = bool(status.batches) and all(b.about == "program" for b in status.batches)
    what = f"{waiting} approvals" if waiting > 1 else "your approval"
    left = "" if status.approval_seconds is None else f" ({status.approval_seconds} s)"
    return f"{'A program' if is_program else 'Claude'} needs {what}{left}"


def _describe_stopping(status: Status) -> str:
    if status.open_streams == 0:
        return "Stopping…"
    return f"Finishing {count_requests(status.open_streams)}…"


def describe_proof(program: Program) -> str:
    """Return when the program's last request came, and its version, in brackets."""
    proof = program.proof
    if proof is not None and not proof.failed:
        version = f"{proof.version}, " if proof.version else ""
        day = time.strftime("%d %b", time.localtime(proof.at)).removeprefix("0")
        return f" ({version}{day})"
    return " (no request yet)" if program.written else ""
