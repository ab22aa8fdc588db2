"""The menu for each status."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from bridge.wire.connect import Program
from tests.tray.statuses import (
    ASKED,
    BATCH,
    CODEX,
    ECHO,
    ON_PLAN,
    OPUS,
    PLAN,
    REFUSED,
    RUNNING,
    SONNET,
    ZED,
    make_model,
    use_plan,
)
from tray.commands import (
    AllowExtraUsage,
    ConnectProgram,
    Decide,
    Open,
    RecordRequests,
    ResumeComputer,
    StopComputer,
    Switch,
    UseComputer,
)
from tray.menu import LABEL_LENGTH, Entry, build_menu, hold_back_decisions, list_decisions
from tray.notifications import find_notices
from tray.status import (
    Look,
    Status,
    choose_look,
    count_down,
    describe_second_start,
    describe_status,
    describe_tooltip,
)

WAITING = replace(RUNNING, computer=ComputerHealth(mode="ask", waiting=1), batches=(BATCH,))
LONG = replace(BATCH, id="b2", digest="d2", what=["Press Enter."] * 9)
PROGRAM = replace(BATCH, id="b3", digest="d3", what=["Let curl use it."], about="program")

ALWAYS = {"logs", "settings", "quit"}
WHILE_RUNNING = {
    "stop",
    "restart",
    "pause",
    "usage",
    "dashboard",
    "accounts",
    "code",
    "record",
    "login",
}


def entry(status: Status, *keys: str) -> Entry:
    entries = build_menu(status)
    for key in keys[:-1]:
        entries = _find(entries, key).children
    return _find(entries, keys[-1])


def _find(entries: tuple[Entry, ...], key: str) -> Entry:
    return next(entry for entry in entries if entry.key == key)


def enabled(status: Status) -> set[str]:
    return {e.key for e in build_menu(status) if e.enabled and e.visible and e.command}


@pytest.mark.parametrize(
    ("status", "line", "look", "commands"),
    [
        (Status("stopped"), "Stopped", "stopped", {"start"}),
        (Status("starting"), "Starting…", "starting", {"stop", "restart"}),
        (
            RUNNING,
            "Ready on http://127.0.0.1:8000 · API key",
            "ready",
            WHILE_RUNNING,
        ),
        (
            replace(RUNNING, open_streams=2),
            "Ready on http://127.0.0.1:8000 · API key · 2 active requests",
            "busy",
            WHILE_RUNNING,
        ),
        (
            replace(RUNNING, paused=True, open_streams=1),
            "Paused on http://127.0.0.1:8000: requests are rejected until you resume",
            "paused",
            WHILE_RUNNING,
        ),
        (
            replace(RUNNING, paused=True, computer=ComputerHealth(mode="allowed", active=True)),
            "Claude is controlling this computer",
            "computer",
            {*WHILE_RUNNING, "computer-stop"},
        ),
        (
            replace(RUNNING, computer=ComputerHealth(mode="allowed", paused=True)),
            "Claude is paused because the mouse was moved",
            "computer",
            {*WHILE_RUNNING, "computer-resume", "computer-stop"},
        ),
        (
            replace(RUNNING, computer=ComputerHealth(mode="ask", waiting=1)),
            "Claude needs your approval",
            "computer",
            {*WHILE_RUNNING, "computer-stop"},
        ),
        (
            count_down(WAITING, BATCH.expires_at - 53.2),
            "Claude needs your approval (54 s)",
            "computer",
            {*WHILE_RUNNING, "computer-stop", "approve:b1:d1", "deny:b1:d1"},
        ),
        (
            replace(
                WAITING,
                approval_seconds=9,
                computer=ComputerHealth(mode="ask", active=True, waiting=1),
            ),
            "Claude needs your approval (9 s)",
            "computer",
            {*WHILE_RUNNING, "computer-stop", "approve:b1:d1", "deny:b1:d1"},
        ),
        (
            replace(
                WAITING,
                computer=ComputerHealth(mode="ask", waiting=2),
                batches=(BATCH, LONG),
                approval_seconds=0,
            ),
            "Claude needs 2 approvals (0 s)",
            "computer",
            {
                *WHILE_RUNNING,
                "computer-stop",
                *("approve:b1:d1", "deny:b1:d1", "review:b2:d2", "deny:b2:d2"),
            },
        ),
        (
            replace(WAITING, batches=(PROGRAM,), approval_seconds=60),
            "A program needs your approval (60 s)",
            "computer",
            {*WHILE_RUNNING, "computer-stop", "review:b3:d3", "deny:b3:d3"},
        ),
        (
            replace(RUNNING, ready=False, message="Set a key."),
            "Set a key.",
            "attention",
            {*WHILE_RUNNING, "setup"},
        ),
        (
            replace(RUNNING, message="The key is refused."),
            "The key is refused.",
            "attention",
            WHILE_RUNNING,
        ),
        (
            Status("failing", message="It died."),
            "It died.",
            "attention",
            {"stop", "restart"},
        ),
        (Status("stopping"), "Stopping…", "starting", set()),
        (Status("stopping", open_streams=2), "Finishing 2 requests…", "starting", set()),
        (Status("stopping", open_streams=1), "Finishing 1 request…", "starting", set()),
        (
            Status("stopped", message="Port 8000 is taken.", free_port=8001),
            "Port 8000 is taken.",
            "attention",
            {"start", "start-on-free-port"},
        ),
    ],
)
def test_each_state_has_its_line_look_and_enabled_entries(
    status: Status, line: str, look: str, commands: set[str]
) -> None:
    assert describe_status(status) == line
    assert choose_look(status) == look
    assert enabled(status) == commands | ALWAYS


def test_models_are_grouped_by_family_newest_first_and_others_last() -> None:
    models = tuple(
        make_model(f"claude-{family}-{version}", f"Claude {family.title()} {version}")
        for family, version in (
            ("fable", "5"), ("haiku", "4-5-20251001"), ("opus", "4-8"), ("opus", "5"),
            ("opus", "5-5"), ("sonnet", "5"),
        )
    )  # fmt: skip
    status = replace(RUNNING, models=(ECHO, *models), use_for_everything=True)
    shown = [(e.key, e.kind, e.checked) for e in entry(status, "model").children]
    assert shown == [
        ("model-everything", "check", True),
        ("line:Opus", "separator", None),
        ("model:claude-opus-5-5", "radio", True),
        ("model:claude-opus-5", "radio", False),
        ("model:claude-opus-4-8", "radio", False),
        ("line:Sonnet", "separator", None),
        ("model:claude-sonnet-5", "radio", False),
        ("line:Haiku", "separator", None),
        ("model:claude-haiku-4-5-20251001", "radio", False),
        ("line:Fable", "separator", None),
        ("model:claude-fable-5", "radio", False),
        ("line:", "separator", None),
        ("model:bridge-echo", "radio", False),
    ]
    assert entry(status, "model").label == "Model: Opus 5-5"
    assert entry(status, "model", "model-everything").command == Switch(use_for_everything=False)


def test_the_sign_in_is_chosen_beside_the_backend_if_there_are_several() -> None:
    assert not [e for e in entry(RUNNING, "backend").children if e.key.startswith("sign-in:")]
    status = replace(RUNNING, sign_ins=("default", "work"), sign_in="work")
    radios = [e for e in entry(status, "backend").children if e.key.startswith("sign-in:")]
    assert [(e.label, e.checked, e.command) for e in radios] == [
        ("Claude Code's own sign-in", False, Switch(sign_in="default")),
        ("Sign-in: work", True, Switch(sign_in="work")),
    ]


def test_the_backend_entry_shows_which_is_used_and_why() -> None:
    assert entry(RUNNING, "backend").label == "Backend: API key"
    reason = entry(RUNNING, "backend", "backend-reason")
    assert (reason.label, reason.enabled) == ("Using API key: ANTHROPIC_API_KEY is set", False)
    checked = [e.key for e in entry(RUNNING, "backend").children if e.checked]
    assert checked == ["backend:auto"]
    lost = replace(RUNNING, backend=None, ready=False, reason="not signed in to Claude Code")
    label = entry(lost, "backend", "backend-reason").label
    assert label == "Not connected: not signed in to Claude Code"


def test_computer_use_is_switched() -> None:
    computer = entry(RUNNING, "computer")
    assert computer.label == "Computer use: off"
    assert [e.command for e in computer.children] == [
        UseComputer("off"),
        UseComputer("ask"),
        UseComputer("ask_risky"),
        UseComputer("allowed", 15),
    ]
    assert entry(WAITING, "computer").label == "Computer use: waiting for your approval"
    assert not entry(replace(RUNNING, computer=None), "computer").enabled
    active = replace(RUNNING, computer=ComputerHealth(mode="ask", active=True))
    assert entry(active, "computer").label == "Computer use: active"
    paused = replace(RUNNING, computer=ComputerHealth(mode="ask", paused=True))
    assert entry(paused, "computer").label == "Computer use: paused"
    assert entry(paused, "computer-resume").command == ResumeComputer()


def test_an_approval_is_answered_at_the_top_of_the_menu() -> None:
    shown = [(e.label, e.enabled, e.command) for e in build_menu(WAITING) if e.visible][:7]
    assert shown == [
        ("Claude needs your approval", False, None),
        ("", True, None),
        ("Cline: Click at 10, 20.; Press Enter.", False, None),
        ("Risky: sends a form", False, None),
        ("Approve", True, Decide("b1", approved=True, digest="d1")),
        ("Deny", True, Decide("b1", approved=False, digest="d1")),
        ("Stop Claude", True, StopComputer()),
    ]
    assert not entry(RUNNING, "computer-stop").visible
    harmless = replace(WAITING, batches=(replace(BATCH, risks=[]),))
    assert not entry(harmless, "risks:b1:d1").visible


def test_an_entry_never_becomes_that_of_another_approval() -> None:
    """Else an open menu would show one approval, and a click would give another."""
    changed = replace(BATCH, what=["Press Delete."], digest="d9")
    keys = [{e.key for e in build_menu(replace(WAITING, batches=(b,)))} for b in (BATCH, changed)]
    decisions = [{key for key in of if key.startswith(("approve", "deny"))} for of in keys]
    assert all(len(of) == 2 for of in decisions)
    assert decisions[0].isdisjoint(decisions[1])


def test_only_decisions_that_were_there_at_the_opening_can_be_made() -> None:
    refused = replace(ON_PLAN, plans=(REFUSED,))
    offered = list_decisions(build_menu(WAITING))
    assert offered == {"approve:b1:d1", "deny:b1:d1"}
    assert hold_back_decisions(build_menu(WAITING), offered) == build_menu(WAITING)
    for status in (WAITING, refused, replace(WAITING, batches=(BATCH, LONG))):
        entries = build_menu(status)
        shown = hold_back_decisions(entries, frozenset())
        changed = {new.key for old, new in zip(entries, shown, strict=True) if new != old}
        assert changed == list_decisions(entries) != set()
        assert not any(e.enabled for e in shown if e.key in changed)


def test_the_seconds_are_those_of_the_first_approval_that_ends() -> None:
    late = replace(BATCH, id="b2", expires_at=BATCH.expires_at + 30)
    status = replace(WAITING, batches=(late, BATCH))
    assert count_down(status, BATCH.expires_at - 10).approval_seconds == 10
    assert count_down(status, BATCH.expires_at + 1).approval_seconds == 0
    assert count_down(RUNNING, 0).approval_seconds is None


def test_accounts_and_keys_are_always_in_the_menu() -> None:
    for status in (RUNNING, replace(RUNNING, ready=False), Status("stopped"), WAITING):
        accounts = entry(status, "accounts")
        assert (accounts.label, accounts.visible) == ("Accounts & keys…", True)
        assert accounts.command == Open("accounts")


@pytest.mark.parametrize(
    "batch",
    [
        replace(BATCH, what=["Type “ls⏎\nreboot⏎\n” in “Notes”: 10 characters, 2 lines"]),
        replace(BATCH, what=[f"Type “{'a' * 60}” in “Notes”: 60 characters, 1 line"]),
        replace(BATCH, what=["Press Enter."] * 9),
        replace(BATCH, what=["Let curl use this computer."], about="program"),
    ],
)
def test_what_is_not_shown_whole_cannot_be_approved_in_the_menu(batch: WaitingBatch) -> None:
    waiting = ComputerHealth(mode="ask", waiting=1)
    shown = replace(RUNNING, computer=waiting, batches=(batch,))
    labels = [e.label for e in build_menu(shown) if e.key.endswith("b1:d1")]
    assert labels[3:] == ["Review…", "Deny"]
    assert entry(shown, "review:b1:d1").command == Open("dashboard")
    (notice,) = find_notices(RUNNING, shown)
    assert [label for label, _ in notice.choices] == ["Review…", "Deny"]
    assert notice.choices[0][1] == Open("dashboard")
    assert batch.what[0] not in notice.text


@pytest.mark.parametrize(
    ("program", "label", "checked", "undo"),
    [
        (CODEX, "Connect Codex CLI", False, False),
        (replace(CODEX, written=True), "Disconnect Codex CLI (no request yet)", False, True),
        (
            replace(CODEX, written=True, proof=ASKED),
            "Disconnect Codex CLI (0.171.0, 5 Nov)",
            True,
            True,
        ),
        (
            replace(CODEX, proof=replace(ASKED, version="")),
            "Connect Codex CLI (5 Nov)",
            True,
            False,
        ),
    ],
)
def test_a_program_is_ticked_when_its_request_has_come(
    program: Program, label: str, checked: bool, undo: bool
) -> None:
    item = entry(replace(RUNNING, programs=(program,)), "connect", "program:codex")
    assert (item.label, item.checked) == (label, checked)
    assert item.command == ConnectProgram("codex", undo=undo)


def test_only_examples_for_programs_that_are_here_are_listed() -> None:
    zed = replace(CODEX, name="zed", installed=None)
    connections = (
        replace(ZED, name="zed"),
        replace(ZED, client="Codex CLI", name="codex"),
        replace(ZED, client="curl", name="curl"),
    )
    status = replace(RUNNING, connections=connections, programs=(CODEX, zed))
    labels = [e.label for e in entry(status, "connect").children]
    assert [label for label in labels if label.startswith("Copy for")] == [
        "Copy for Codex CLI",
        "Copy for curl",
    ]


def test_programs_that_are_not_here_or_cannot_be_written_are_left_out() -> None:
    programs = (replace(CODEX, installed=None), replace(CODEX, name="cursor", files=[]))
    keys = [e.key for e in entry(replace(RUNNING, programs=programs), "connect").children]
    assert [key for key in keys if key.startswith("program:")] == []


def test_clients_usage_and_about_have_labels() -> None:
    labels = [e.label for e in entry(RUNNING, "connect").children if e.label]
    assert labels == ["Copy base URL", "Copy access key", "Copy for Zed", "Install Talon commands"]
    assert entry(RUNNING, "usage").label == "Today: 3 requests · 12.4k tokens · $0.07"
    assert entry(RUNNING, "about", "about-server").label == "Server 0.1.0, process 4711"
    taken = Status("stopped", message="Taken.", free_port=8003)
    assert entry(taken, "start-on-free-port").label == "Start on port 8003 instead"


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (RUNNING, "Quit"),
        (replace(RUNNING, attached=True), "Quit (the server keeps running)"),
        (Status("stopping", quitting=True, open_streams=2), "Quit now (interrupts 2 requests)"),
        (Status("stopping", quitting=True), "Quit"),
    ],
)
def test_the_quit_entry_shows_what_it_does(status: Status, label: str) -> None:
    assert entry(status, "quit").label == label


@given(
    st.builds(
        Status,
        st.sampled_from(["stopped", "starting", "running", "failing", "stopping"]),
        url=st.sampled_from([None, "http://127.0.0.1:8000"]),
        ready=st.booleans(),
        model=st.sampled_from([None, "m", OPUS["id"]]),
        models=st.sampled_from([(), (OPUS,), (OPUS, SONNET), (ECHO, SONNET, OPUS)]),
        message=st.text(),
        attached=st.booleans(),
        paused=st.booleans(),
        free_port=st.sampled_from([None, 8001]),
        open_streams=st.integers(0, 99),
        computer=st.sampled_from([None, ComputerHealth(mode="ask", waiting=2)]),
        batches=st.sampled_from([(), (BATCH,), (BATCH, LONG, PROGRAM)]),
        plans=st.sampled_from([(), (PLAN,), (REFUSED, replace(PLAN, account="second"))]),
        reason=st.text(),
    )
)
def test_every_status_has_the_same_top_level_entries(status: Status) -> None:
    entries = build_menu(status)
    fixed = [e.key for e in entries if not e.key.endswith((":d1", ":d2", ":d3"))]
    assert fixed == [e.key for e in build_menu(Status("stopped"))]
    assert all(len(e.label) <= LABEL_LENGTH for e in _flatten(entries))
    keys = [e.key for e in _flatten(entries)]
    assert len(keys) == len(set(keys))


def _flatten(entries: tuple[Entry, ...]) -> list[Entry]:
    return [e for entry in entries for e in (entry, *_flatten(entry.children))]


def test_the_pause_entry_becomes_resume() -> None:
    pause = entry(RUNNING, "pause")
    assert (pause.label, pause.command) == ("Pause requests", Switch(paused=True))
    resume = entry(replace(RUNNING, paused=True), "pause")
    assert (resume.label, resume.command) == ("Resume requests", Switch(paused=False))


def list_plan_lines(status: Status) -> list[str]:
    entries = build_menu(status)
    keys = [e.key for e in entries]
    return [e.label for e in entries[keys.index("plan") : keys.index("separator-1")] if e.visible]


def test_what_is_left_of_the_plan_is_below_the_status_and_in_the_tooltip() -> None:
    assert list_plan_lines(ON_PLAN) == ["Plan: Session 62 %, resets 16:40 · Week 31 %"]
    assert describe_tooltip(ON_PLAN) == (
        "Ready on http://127.0.0.1:8000 · Claude Code\nPlan: Session 62 %, resets 16:40 · Week 31 %"
    )
    unknown = replace(PLAN, as_of=None, windows=[], words="unknown until the first answer")
    assert list_plan_lines(replace(ON_PLAN, plans=(unknown,))) == [
        "Plan: unknown until the first answer"
    ]
    two = (PLAN, replace(PLAN, account="work", words="Week 9 %"))
    assert list_plan_lines(replace(ON_PLAN, plans=two)) == [
        "Plans: default: Session 62 %, resets 16:40 · Week 31 %; work: Week 9 %"
    ]
    assert list_plan_lines(RUNNING) == []
    assert describe_tooltip(RUNNING) == "Ready on http://127.0.0.1:8000 · API key"


@pytest.mark.parametrize(
    ("used", "streams", "look"),
    [
        (0.79, 0, "ready"),
        (0.8, 0, "low"),
        (0.8, 2, "low_busy"),
        (0.95, 0, "very_low"),
        (1.02, 1, "very_low_busy"),
    ],
)
def test_the_icon_shows_that_little_of_the_plan_is_left(
    used: float, streams: int, look: Look
) -> None:
    status = replace(ON_PLAN, plans=(use_plan(used),), open_streams=streams)
    assert choose_look(status) == look
    by_key = replace(status, backend="anthropic")
    assert choose_look(by_key) == ("busy" if streams else "ready"), "the plan is not in use"


def test_approvals_and_problems_matter_more_than_the_plan() -> None:
    full = replace(ON_PLAN, plans=(use_plan(1.0),))
    waiting = replace(full, computer=ComputerHealth(mode="ask", waiting=1))
    assert choose_look(waiting) == "computer"
    assert choose_look(replace(full, paused=True)) == "paused"
    assert choose_look(replace(full, message="The key is refused.")) == "attention"


def test_extra_usage_is_allowed_and_stopped_in_the_menu() -> None:
    refused = replace(ON_PLAN, plans=(REFUSED,))
    assert list_plan_lines(refused)[1:] == [
        "Refused until you agree: extra usage, which costs money",
        "Allow extra usage until it resets",
        "Always allow extra usage",
    ]
    assert entry(refused, "allow-window").command == AllowExtraUsage("window", "default")
    assert entry(refused, "allow-always").command == AllowExtraUsage("always", "default")
    agreed = replace(PLAN, agreement="window", extra_usage="in_use")
    in_use = replace(ON_PLAN, plans=(agreed,))
    assert list_plan_lines(in_use)[1:] == [
        "Extra usage is in use: requests cost money",
        "Stop allowing extra usage",
    ]
    assert entry(in_use, "allow-no").command == AllowExtraUsage("no", "default")


def test_the_menu_names_the_sign_in_whose_extra_usage_it_allows() -> None:
    refused = replace(REFUSED, account="home")
    agreed = replace(PLAN, agreement="always", account="work")
    two = replace(ON_PLAN, plans=(refused, agreed), sign_ins=("default", "home", "work"))
    assert list_plan_lines(two)[1:] == [
        "Refused until you agree: extra usage, which costs money",
        "Allow extra usage until it resets (home)",
        "Always allow extra usage (home)",
        "Stop allowing extra usage (work)",
    ]
    assert entry(two, "allow-window").command == AllowExtraUsage("window", "home")
    assert entry(two, "allow-no").command == AllowExtraUsage("no", "work")
    # The one in use first.
    both = replace(two, plans=(refused, replace(REFUSED, account="work")), sign_in="work")
    assert entry(both, "allow-always").command == AllowExtraUsage("always", "work")


def test_what_the_settings_refuse_cannot_be_allowed_in_the_menu() -> None:
    refused = replace(ON_PLAN, plans=(replace(REFUSED, setting="refuse"),))
    assert list_plan_lines(refused)[1:] == [
        "The setting extra_usage refuses extra usage, which costs money"
    ]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (RUNNING, "Claude Bridge is already running at http://127.0.0.1:8000/v1."),
        (Status("starting"), "Claude Bridge is already running; its server is starting."),
        (Status("stopped"), "Claude Bridge is already running; starting its server."),
        (Status("stopping"), "Claude Bridge is already running; starting its server."),
        (Status("failing"), "Claude Bridge is already running; starting its server."),
    ],
)
def test_a_second_start_names_what_it_does(status: Status, sentence: str) -> None:
    assert describe_second_start(status) == sentence


@pytest.mark.parametrize(
    ("on", "label"),
    [
        (False, "Record requests for 30 minutes"),
        (True, "Recording requests with their content: stop"),
    ],
)
def test_the_recorder_is_turned_on_and_off_here(on: bool, label: str) -> None:
    status = replace(RUNNING, recording=on)
    (entry,) = [entry for entry in build_menu(status) if entry.key == "record"]
    assert (entry.label, entry.checked, entry.command) == (label, on, RecordRequests(not on))
    assert ("recording requests" in describe_status(status)) is on
