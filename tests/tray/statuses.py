"""Statuses, models and other values that many tests use."""

from __future__ import annotations

from dataclasses import replace

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from bridge.wire.connect import Connection, Program, Sighting
from bridge.wire.health import BackendStatus, Health
from bridge.wire.models import Model
from bridge.wire.usage import PlanReport, UsageTotals, WindowReport
from tray.icon.base import View
from tray.menu import build_menu
from tray.status import Status, choose_look, describe_tooltip

URL = "http://127.0.0.1:8000"


def make_model(id: str, name: str, owner: str = "anthropic") -> Model:
    return {
        "id": id,
        "object": "model",
        "type": "chat",
        "created": 0,
        "owned_by": owner,
        "display_name": name,
        "lifecycle": "active",
    }


OPUS = make_model("claude-opus-5-5", "Claude Opus 5.5")
SONNET = make_model("claude-sonnet-5-5", "Claude Sonnet 5.5")
FABLE = make_model("claude-fable-5-2", "Claude Fable 5.2")
ECHO = make_model("bridge-echo", "Bridge Echo (not Claude)", "claude-openai-bridge")

BATCH = WaitingBatch(
    id="b1",
    what=["Click at 10, 20.", "Press Enter."],
    risks=["sends a form"],
    asked_by="cline (/usr/bin/cline, process 7)",
    program="Cline",
    digest="d1",
    expires_at=99.0,
    picture=None,
)
ZED = Connection(client="Zed", steps="In settings.json.", snippet="{}")
CODEX = Program(
    name="codex",
    title="Codex CLI",
    installed="/usr/bin/codex",
    files=["/home/me/.codex/config.toml"],
    written=False,
    proof=None,
    start="Start: codex",
    results=[],
    problem=None,
)
ASKED = Sighting(
    at=1793880000.0,
    version="0.171.0",
    asked="default",
    answered="claude-sonnet-5-5",
    stream=True,
    tools=9,
    tool_calls=True,
    outcome="stop",
    failed=False,
)
USAGE = UsageTotals(
    requests=3,
    input_tokens=2_000,
    cache_write_tokens=1_000,
    cache_read_tokens=9_000,
    output_tokens=400,
    cost=0.0712,
    unpriced=0,
)
PLAN = PlanReport(
    backend="claude-code",
    account="default",
    as_of=1_795_411_201.5,
    windows=[
        WindowReport(name="five_hour", used=0.62, resets_at=1_795_425_600.0, label="Session"),
        WindowReport(name="seven_day", used=0.31, resets_at=1_795_824_000.0, label="Week"),
    ],
    extra_usage="available",
    setting="ask",
    agreement="no",
    words="Session 62 %, resets 16:40 · Week 31 %",
)
REFUSED = replace(PLAN, refusal="Your plan is used up. Going on would be extra usage.")
HEALTH = Health(
    status="ready",
    ready=True,
    version="0",
    pid=1,
    started_at=0,
    url=URL,
    model=OPUS["id"],
    backend=BackendStatus(setting="auto", active="anthropic", reason="a key"),
    open_streams=0,
    routes=[],
)
RUNNING = Status(
    "running",
    url=URL,
    ready=True,
    model=OPUS["id"],
    models=(OPUS, SONNET, ECHO),
    setting="auto",
    backend="anthropic",
    reason="ANTHROPIC_API_KEY is set",
    computer=ComputerHealth(mode="off"),
    connections=(ZED,),
    usage=USAGE,
    server_version="0.1.0",
    pid=4711,
    start_at_login=False,
)
ON_PLAN = replace(RUNNING, backend="claude-code", plans=(PLAN,))


def use_plan(part: float) -> PlanReport:
    """The plan after more use of its session."""
    session, week = PLAN.windows
    return replace(PLAN, windows=[replace(session, used=part), week])


def view(status: Status) -> View:
    return View(choose_look(status), describe_tooltip(status), build_menu(status, "0.1.0"))
