"""What the menu shows for a status."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tray.statuses import ECHO, OPUS, RUNNING, SONNET
from tray.api_types import Batch, Computer, Model
from tray.commands import Decide, StopComputer, Switch, UseComputer
from tray.menu import LABEL_LENGTH, Entry, entries_of
from tray.status import Status, describe, look_of

ALWAYS = {"logs", "settings", "updates", "quit"}
WHILE_IT_RUNS = {"stop", "restart", "pause", "usage", "dashboard", "login"}


def entry(status: Status, *keys: str) -> Entry:
    found: Entry | None = None
    entries = entries_of(status)
    for key in keys:
        found = next(one for one in entries if one.key == key)
        entries = found.children
    assert found is not None
    return found


def enabled(status: Status) -> set[str]:
    return {e.key for e in entries_of(status) if e.enabled and e.visible and e.command}


@pytest.mark.parametrize(
    ("status", "words", "look", "can"),
    [
        (Status("stopped"), "Stopped", "stopped", {"start"}),
        (Status("starting"), "Starting…", "starting", {"stop", "restart"}),
        (
            RUNNING,
            "Ready on http://127.0.0.1:8000 · API key",
            "ready",
            WHILE_IT_RUNS,
        ),
        (
            replace(RUNNING, open_streams=2),
            "Ready on http://127.0.0.1:8000 · API key · writing 2 answers",
            "busy",
            WHILE_IT_RUNS,
        ),
        (
            replace(RUNNING, paused=True, open_streams=1),
            "Paused on http://127.0.0.1:8000: clients are refused until you resume",
            "paused",
            WHILE_IT_RUNS,
        ),
        (
            replace(RUNNING, paused=True, computer=Computer("allowed", active=True)),
            "Claude is using this computer · Stop now is in the menu",
            "computer",
            WHILE_IT_RUNS,
        ),
        (
            replace(RUNNING, computer=Computer("ask", waiting=1)),
            "Claude waits for your leave to use this computer",
            "computer",
            WHILE_IT_RUNS,
        ),
        (
            replace(RUNNING, ready=False, sentence="Set a key."),
            "Set a key.",
            "attention",
            {*WHILE_IT_RUNS, "setup"},
        ),
        (
            replace(RUNNING, sentence="The key is refused."),
            "The key is refused.",
            "attention",
            WHILE_IT_RUNS,
        ),
        (
            Status("failing", sentence="It died."),
            "It died.",
            "attention",
            {"stop", "restart"},
        ),
        (Status("stopping"), "Stopping…", "starting", set()),
        (Status("stopping", open_streams=2), "Finishing 2 answers…", "starting", set()),
        (Status("stopping", open_streams=1), "Finishing 1 answer…", "starting", set()),
        (
            Status("stopped", sentence="Port 8000 is taken.", free_port=8001),
            "Port 8000 is taken.",
            "attention",
            {"start", "start-elsewhere"},
        ),
    ],
)
def test_each_state_has_its_words_look_and_entries(
    status: Status, words: str, look: str, can: set[str]
) -> None:
    assert describe(status) == words
    assert look_of(status) == look
    assert enabled(status) == can | ALWAYS


def test_models_are_grouped_by_line_newest_first_and_others_last() -> None:
    models = tuple(
        Model(f"claude-{line}-{version}", f"{line.title()} {version}", line.title())
        for line, version in (
            ("fable", "5"), ("haiku", "4-5-20251001"), ("opus", "4-8"), ("opus", "5"),
            ("opus", "5-5"), ("sonnet", "5"),
        )
    )  # fmt: skip
    status = replace(RUNNING, models=(ECHO, *models), use_for_everything=True)
    shown = [(one.key, one.kind, one.checked) for one in entry(status, "model").children]
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


def test_the_backend_says_who_answers_and_why() -> None:
    assert entry(RUNNING, "backend").label == "Backend: API key"
    reason = entry(RUNNING, "backend", "backend-reason")
    assert (reason.label, reason.enabled) == ("Now: API key, for ANTHROPIC_API_KEY is set", False)
    checked = [one.key for one in entry(RUNNING, "backend").children if one.checked]
    assert checked == ["backend:auto"]
    nobody = replace(RUNNING, backend=None, ready=False, reason="nobody is signed in")
    assert entry(nobody, "backend", "backend-reason").label == "None: nobody is signed in"


def test_claudes_hands_are_switched_and_stopped_there() -> None:
    computer = entry(RUNNING, "computer")
    assert computer.label == "Computer use: off"
    assert not entry(RUNNING, "computer", "computer-stop").enabled
    assert [one.command for one in computer.children if one.kind == "radio"] == [
        UseComputer("off"),
        UseComputer("ask"),
        UseComputer("ask_risky"),
        UseComputer("allowed", 15),
    ]
    batch = Batch("b1", ("Click at 10, 20.", "Type “hello”."), ("typing",), "Cline", 1.0)
    busy = replace(RUNNING, computer=Computer("ask", active=True, waiting=1), batches=(batch,))
    assert entry(busy, "computer").label == "Computer use: active"
    assert entry(busy, "computer", "computer-stop").command == StopComputer()
    assert entry(busy, "computer", "computer-stop").enabled
    assert entry(busy, "computer", "batch:b1").label == "Cline: Click at 10, 20.; Type “hello”."
    assert entry(busy, "computer", "approve:b1").command == Decide("b1", approved=True)
    assert entry(busy, "computer", "deny:b1").command == Decide("b1", approved=False)
    assert not entry(replace(RUNNING, computer=None), "computer").enabled


def test_clients_usage_and_the_rest_are_in_words() -> None:
    labels = [one.label for one in entry(RUNNING, "connect").children if one.label]
    assert labels == ["Copy base URL", "Copy key", "Copy for Zed", "Install Talon commands"]
    assert entry(RUNNING, "usage").label == "Today: 3 requests · 12.4k tokens · $0.07"
    assert entry(RUNNING, "about", "about-server").label == "Server 0.1.0, process 4711"
    taken = Status("stopped", sentence="Taken.", free_port=8003)
    assert entry(taken, "start-elsewhere").label == "Start on port 8003 instead"


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (RUNNING, "Quit"),
        (replace(RUNNING, joined=True), "Quit (the server keeps running)"),
        (Status("stopping", quitting=True, open_streams=2), "Quit now (cuts 2 answers)"),
        (Status("stopping", quitting=True), "Quit"),
    ],
)
def test_quit_says_what_it_does(status: Status, label: str) -> None:
    assert entry(status, "quit").label == label


@given(
    st.builds(
        Status,
        st.sampled_from(["stopped", "starting", "running", "failing", "stopping"]),
        url=st.sampled_from([None, "http://127.0.0.1:8000"]),
        ready=st.booleans(),
        model=st.sampled_from([None, "m", OPUS.id]),
        models=st.lists(st.sampled_from([OPUS, SONNET, ECHO]), unique=True).map(tuple),
        sentence=st.text(),
        joined=st.booleans(),
        paused=st.booleans(),
        free_port=st.sampled_from([None, 8001]),
        open_streams=st.integers(0, 99),
        computer=st.sampled_from([None, Computer("ask", waiting=2)]),
        reason=st.text(),
    )
)
def test_the_menu_keeps_its_shape_whatever_happens(status: Status) -> None:
    entries = entries_of(status)
    assert [one.key for one in entries] == [one.key for one in entries_of(Status("stopped"))]
    assert all(len(one.label) <= LABEL_LENGTH for one in _flat(entries))
    keys = [one.key for one in _flat(entries)]
    assert len(keys) == len(set(keys))


def _flat(entries: tuple[Entry, ...]) -> list[Entry]:
    return [each for one in entries for each in (one, *_flat(one.children))]
