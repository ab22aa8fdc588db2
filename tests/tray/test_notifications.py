"""Which notifications are shown, and when."""

from __future__ import annotations

from dataclasses import replace

from bridge.wire.computer_status import ComputerHealth
from tests.tray.statuses import BATCH, RUNNING
from tray.commands import Decide, Open, Start, StopComputer
from tray.notifications import (
    Notice,
    RepeatFilter,
    build_greeting,
    find_notices,
    find_withdrawn_topics,
)
from tray.status import Status


def test_one_notification_per_topic_and_minute_is_allowed() -> None:
    now = 0.0
    repeats = RepeatFilter(lambda: now)
    assert repeats.allow(Notice("restarting in 1 s", "server failed"))
    now = 59.9
    assert not repeats.allow(Notice("restarting in 2 s", "server failed"))
    assert repeats.allow(Notice("Something else.", "other"))
    now = 60.0
    assert repeats.allow(Notice("restarting in 4 s", "server failed"))


def test_normal_changes_cause_no_notification() -> None:
    for before, after in (
        (Status("starting"), RUNNING),
        (RUNNING, replace(RUNNING, open_streams=3)),
        (RUNNING, replace(RUNNING, paused=True)),
        (RUNNING, Status("stopping", open_streams=1)),
        (Status("stopping"), Status("stopped")),
    ):
        assert find_notices(before, after) == ()


def test_successive_restarts_are_one_topic() -> None:
    first = Status("failing", message="It failed; restarting in 1 s")
    second = Status("failing", message="It failed; restarting in 2 s")
    (notice,) = find_notices(RUNNING, first)
    (repeated,) = find_notices(first, second)
    assert (notice.text, notice.topic) == (first.message, "server failed")
    assert repeated.topic == "server failed"
    assert find_notices(first, first) == ()


def test_for_a_taken_port_a_free_one_is_offered() -> None:
    taken = Status("stopped", message="Port 8000 is taken by nginx.", free_port=8001)
    (notice,) = find_notices(Status("starting"), taken)
    assert notice.text == (
        "Port 8000 is taken by nginx. Or choose Start on port 8001 in the tray menu."
    )
    assert notice.choices == (("Use port 8001", Start(8001)),)


def test_a_lost_connection_to_claude_offers_the_setup_page() -> None:
    lost = replace(RUNNING, ready=False, message="Sign in with: claude-bridge login.")
    (notice,) = find_notices(RUNNING, lost)
    assert notice.choices == (("Set up…", Open("setup")),)


def test_an_approval_is_requested_once_and_withdrawn_when_decided() -> None:
    waiting = replace(RUNNING, computer=ComputerHealth(mode="ask", waiting=1), batches=(BATCH,))
    (notice,) = find_notices(RUNNING, waiting)
    assert notice.text == (
        "Waiting for your approval: Cline: Click at 10, 20.; Press Enter. Risky: sends a form."
    )
    assert [command for _, command in notice.choices] == [
        Decide("b1", approved=True, digest="d1"),
        Decide("b1", approved=False, digest="d1"),
    ]
    assert notice.fallback == Open("dashboard")
    assert find_notices(waiting, waiting) == ()
    assert find_withdrawn_topics(waiting, RUNNING) == (notice.topic,)


def test_start_and_end_of_computer_use_are_shown() -> None:
    active = replace(RUNNING, computer=ComputerHealth(mode="allowed", active=True))
    (started,) = find_notices(RUNNING, active)
    assert started.choices == (("Stop now", StopComputer()),)
    assert started.urgent
    (ended,) = find_notices(active, RUNNING)
    assert ended.text == "Claude no longer controls this computer."
    (also,) = find_notices(active, Status("stopped"))
    assert also.topic == ended.topic


def test_a_pause_for_an_approval_is_no_end_of_computer_use() -> None:
    active = replace(RUNNING, computer=ComputerHealth(mode="ask_risky", active=True))
    waiting = replace(
        RUNNING, computer=ComputerHealth(mode="ask_risky", waiting=1), batches=(BATCH,)
    )
    assert [notice.topic for notice in find_notices(active, waiting)] == ["batch b1"]
    assert find_notices(waiting, active) == ()
    assert find_notices(waiting, RUNNING) == (), "denied at once: it never controlled anything"


def test_the_greeting_names_the_next_step() -> None:
    assert build_greeting(RUNNING).text == (
        "Ready at http://127.0.0.1:8000/v1. Choose Connect in the tray menu to set up an editor."
    )
    assert build_greeting(replace(RUNNING, ready=False)).text.startswith(
        "Claude isn't connected yet. Sign in or add an API key"
    )
