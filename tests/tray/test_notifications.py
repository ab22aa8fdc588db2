"""Which notifications are shown, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.wire.computer_status import ComputerHealth
from bridge.wire.usage import PlanAlert
from tests.tray.statuses import BATCH, ON_PLAN, PLAN, REFUSED, RUNNING
from tray.commands import AllowExtraUsage, Decide, Open, ResumeComputer, Start, StopComputer
from tray.notifications import (
    MOST_ALERTS,
    Notice,
    RepeatFilter,
    build_greeting,
    find_notices,
    find_plan_notices,
    find_withdrawn_topics,
    list_alert_keys,
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
    assert find_withdrawn_topics(waiting, waiting) == ()
    assert notice.topic in find_withdrawn_topics(waiting, RUNNING)


def test_start_and_end_of_computer_use_are_shown() -> None:
    active = replace(RUNNING, computer=ComputerHealth(mode="allowed", active=True))
    (started,) = find_notices(RUNNING, active)
    assert started.choices == (("Stop Claude", StopComputer()),)
    assert started.urgent
    (ended,) = find_notices(active, RUNNING)
    assert ended.text == "Claude no longer controls this computer."
    (also,) = find_notices(active, Status("stopped"))
    assert also.topic == ended.topic


COSTLY = PlanAlert(key="extra:9", words="Extra usage has begun.", urgent=True)


@pytest.mark.parametrize(
    ("urgent", "over"),
    [
        (replace(RUNNING, computer=ComputerHealth(mode="allowed", active=True)), RUNNING),
        (replace(RUNNING, computer=ComputerHealth(mode="allowed", paused=True)), RUNNING),
        (
            replace(RUNNING, computer=ComputerHealth(mode="ask", waiting=1), batches=(BATCH,)),
            RUNNING,
        ),
        (replace(ON_PLAN, plans=(REFUSED,)), ON_PLAN),
        (replace(ON_PLAN, plans=(replace(PLAN, alerts=[COSTLY]),)), ON_PLAN),
    ],
    ids=["computer use", "pause", "approval", "refusal", "extra usage"],
)
def test_each_urgent_notification_is_withdrawn_when_it_is_over(
    urgent: Status, over: Status
) -> None:
    shown = (*find_notices(over, urgent), *find_plan_notices(over, urgent, ()))
    topics = {notice.topic for notice in shown if notice.urgent}
    assert topics
    assert topics <= set(find_withdrawn_topics(urgent, over))
    assert topics <= set(find_withdrawn_topics(urgent, Status("stopped")))
    assert find_withdrawn_topics(urgent, urgent) == ()


def test_a_pause_offers_to_resume_and_is_no_end_of_computer_use() -> None:
    active = replace(RUNNING, computer=ComputerHealth(mode="allowed", active=True))
    paused = replace(RUNNING, computer=ComputerHealth(mode="allowed", paused=True))
    (notice,) = find_notices(active, paused)
    assert notice.choices == (("Resume Claude", ResumeComputer()),)
    assert notice.text.startswith("The mouse was moved, so Claude has paused.")
    assert find_notices(paused, active) == ()
    assert find_withdrawn_topics(paused, active) == (notice.topic,)
    (ended,) = find_notices(paused, RUNNING)
    assert ended.text == "Claude no longer controls this computer."


def test_a_pause_for_an_approval_is_no_end_of_computer_use() -> None:
    active = replace(RUNNING, computer=ComputerHealth(mode="ask_risky", active=True))
    waiting = replace(
        RUNNING, computer=ComputerHealth(mode="ask_risky", waiting=1), batches=(BATCH,)
    )
    assert [notice.topic for notice in find_notices(active, waiting)] == ["batch b1"]
    assert find_notices(waiting, active) == ()
    assert find_withdrawn_topics(active, waiting) == ()
    assert find_notices(waiting, RUNNING) == (), "denied at once: it never controlled anything"


def test_the_greeting_names_the_next_step() -> None:
    assert build_greeting(RUNNING).text == (
        "Ready at http://127.0.0.1:8000/v1. Choose Connect in the tray menu to set up an editor."
    )
    assert build_greeting(replace(RUNNING, ready=False)).text.startswith(
        "Claude isn't connected yet. Sign in or add an API key"
    )


LOW = PlanAlert(key="five_hour:0.8:9", words="Session: 82 % of your plan is used.")
EXTRA = PlanAlert(key="extra:9", words="Extra usage has begun.", urgent=True)


def test_each_alert_of_a_plan_is_shown_once() -> None:
    low = replace(ON_PLAN, plans=(replace(PLAN, alerts=[LOW]),))
    (notice,) = find_plan_notices(ON_PLAN, low, shown=())
    assert (notice.text, notice.urgent, notice.choices) == (LOW.words, False, ())
    shown = list_alert_keys(low.plans)
    assert find_plan_notices(ON_PLAN, low, shown) == ()
    costly = replace(ON_PLAN, plans=(replace(PLAN, alerts=[LOW, EXTRA]),))
    (notice,) = find_plan_notices(low, costly, shown)
    assert (notice.text, notice.urgent) == (EXTRA.words, True)
    other = replace(PLAN, account="work", alerts=[LOW])
    two = replace(ON_PLAN, plans=(*low.plans, other))
    assert len(find_plan_notices(low, two, shown)) == 1, "another plan"


def test_only_so_many_alerts_are_shown_and_remembered() -> None:
    many = [PlanAlert(key=str(number), words="Used.") for number in range(MOST_ALERTS + 5)]
    status = replace(ON_PLAN, plans=(replace(PLAN, alerts=many),))
    assert len(find_plan_notices(ON_PLAN, status, ())) == MOST_ALERTS
    assert len(list_alert_keys(status.plans)) == MOST_ALERTS


def test_extra_usage_that_was_agreed_to_can_be_stopped_when_it_begins() -> None:
    plan = replace(PLAN, alerts=[LOW, EXTRA], agreement="always")
    low, extra = find_plan_notices(ON_PLAN, replace(ON_PLAN, plans=(plan,)), ())
    assert low.choices == ()
    assert extra.choices == (("Stop allowing", AllowExtraUsage("no", "default")),)


def test_a_refusal_asks_for_consent_until_it_ends() -> None:
    refused = replace(ON_PLAN, plans=(REFUSED,))
    (notice,) = find_plan_notices(ON_PLAN, refused, ())
    assert (notice.text, notice.urgent) == (REFUSED.refusal, True)
    assert [command for _, command in notice.choices] == [
        AllowExtraUsage("window", "default"),
        AllowExtraUsage("always", "default"),
    ]
    assert find_plan_notices(refused, refused, ()) == ()
    assert find_withdrawn_topics(refused, ON_PLAN) == (notice.topic,)
    set_to_refuse = replace(ON_PLAN, plans=(replace(REFUSED, setting="refuse"),))
    (notice,) = find_plan_notices(ON_PLAN, set_to_refuse, ())
    assert notice.choices == ()
