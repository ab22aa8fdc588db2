"""What is said in a notification, and when."""

from __future__ import annotations

from dataclasses import replace

from tests.tray.statuses import RUNNING
from tray.api_types import Batch, Computer
from tray.commands import Decide, Open, Start, StopComputer
from tray.notifications import Notice, Repeats, greeting, notices_between, withdrawn_between
from tray.status import Status

BATCH = Batch("b1", ("Click at 10, 20.", "Press Enter."), ("sends a form",), "Cline", 99.0)


def test_the_same_topic_is_told_once_a_minute() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    assert repeats.lets(Notice("starting again in 1 s", "server failed"))
    now = 59.9
    assert not repeats.lets(Notice("starting again in 2 s", "server failed"))
    assert repeats.lets(Notice("Something else.", "other"))
    now = 60.0
    assert repeats.lets(Notice("starting again in 4 s", "server failed"))


def test_when_all_is_well_nothing_is_said() -> None:
    for before, after in (
        (Status("starting"), RUNNING),
        (RUNNING, replace(RUNNING, open_streams=3)),
        (RUNNING, replace(RUNNING, paused=True)),
        (RUNNING, Status("stopping", open_streams=1)),
        (Status("stopping"), Status("stopped")),
    ):
        assert notices_between(before, after) == ()


def test_attempts_after_a_failure_are_one_topic() -> None:
    first = Status("failing", sentence="It failed; starting again in 1 s")
    second = Status("failing", sentence="It failed; starting again in 2 s")
    (one,) = notices_between(RUNNING, first)
    (two,) = notices_between(first, second)
    assert (one.text, one.topic, two.topic) == (first.sentence, "server failed", "server failed")
    assert notices_between(first, first) == ()


def test_a_taken_port_comes_with_its_cure() -> None:
    taken = Status("stopped", sentence="Port 8000 is taken by nginx.", free_port=8001)
    (notice,) = notices_between(Status("starting"), taken)
    assert notice.text == (
        "Port 8000 is taken by nginx. Or start on port 8001: it is in the tray's menu."
    )
    assert notice.choices == (("Use port 8001", Start(8001)),)


def test_who_is_not_signed_in_gets_the_page_for_it() -> None:
    lost = replace(RUNNING, ready=False, sentence="Sign in with: claude-bridge login.")
    (notice,) = notices_between(RUNNING, lost)
    assert notice.choices == (("Set up…", Open("setup")),)


def test_a_batch_is_asked_about_once_and_taken_back_when_it_is_settled() -> None:
    waiting = replace(RUNNING, computer=Computer("ask", waiting=1), batches=(BATCH,))
    (notice,) = notices_between(RUNNING, waiting)
    assert notice.text == (
        "Cline wants to use this computer (risks: sends a form): Click at 10, 20. Press Enter."
    )
    assert [command for _, command in notice.choices] == [
        Decide("b1", approved=True),
        Decide("b1", approved=False),
    ]
    assert notice.otherwise == Open("dashboard")
    assert notices_between(waiting, waiting) == ()
    assert withdrawn_between(waiting, RUNNING) == (notice.topic,)


def test_the_begin_and_the_end_of_claudes_hands_are_told() -> None:
    active = replace(RUNNING, computer=Computer("allowed", active=True))
    (begun,) = notices_between(RUNNING, active)
    assert begun.choices == (("Stop now", StopComputer()),)
    assert begun.urgent
    (ended,) = notices_between(active, RUNNING)
    assert ended.text == "Claude has stopped using this computer."
    (also,) = notices_between(active, Status("stopped"))
    assert also.topic == ended.topic


def test_the_greeting_says_what_was_found() -> None:
    assert "http://127.0.0.1:8000/v1: ANTHROPIC_API_KEY is set." in greeting(RUNNING).text
    lost = replace(RUNNING, ready=False, reason="nobody is signed in")
    assert greeting(lost).text.startswith("No way to Claude was found yet: nobody is signed in.")
