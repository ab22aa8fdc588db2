"""Tests of “claude usage” and “claude allow extra usage”."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import PlanTracker
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.talon_user.commands.conftest import MakeTalk, Talk
from tests.talon_world.apps import App
from tests.talon_world.phrases import NotRecognised

ALLOWED = (
    "Extra usage, which costs money, is allowed until your plan resets. "
    "To withdraw it, run claude-bridge usage stop."
)
HOUR = 3600.0


def report(bridge: Bridge, used: float, **more: Any) -> float:
    """Let Claude report the use of the plan; return when the session resets."""
    reset = time.time() + 2 * HOUR
    session = {"utilization": used, "resetsAt": reset}
    week = {"utilization": 0.31, "resetsAt": reset + HOUR}
    windows = {"five_hour": session, "seven_day": week}
    bridge.plan.for_account().note({"unifiedWindows": windows, "overageStatus": "allowed", **more})
    return reset


def format_time(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M")


async def test_the_plan_is_shown_in_the_panel(make_talk: MakeTalk) -> None:
    talk = make_talk(gui={"canvas"})
    talk.world.open()
    reset = report(talk.bridge, 0.62)
    await talk.say("claude usage")
    line = f"Your plan: Session 62 %, resets {format_time(reset)} · Week 31 %"
    assert talk.world.seen == ["Claude usage", "", line]
    assert talk.notes == []


async def test_without_a_panel_the_plan_is_a_notification(talk: Talk, notes: App) -> None:
    # Finding the sign-in takes a second, in which ten seconds of Talon's time would pass.
    await talk.bridge.selection.get_status()
    await talk.say("claude usage")
    report(talk.bridge, 0.62)
    await talk.say("claude usage")
    unknown, known = talk.notes
    assert unknown == "Your plan is unknown. Claude reports it with answers through Claude Code."
    assert known.startswith("Your plan: Session 62 %, resets ")


async def test_the_pace_is_shown(talk: Talk, notes: App, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time() - 600
    monkeypatch.setattr(talk.bridge, "plan", PlanTracker("ask", PlanStorage(None), lambda: now))
    end = now + 4 * HOUR
    for used in (0.5, 0.6):
        session = {"utilization": used, "resetsAt": end}
        talk.bridge.plan.for_account().note({"unifiedWindows": {"five_hour": session}})
        now += 600
    now -= 600
    await talk.say("claude usage")
    # A tenth in ten minutes: four more in forty.
    assert talk.notes[0].endswith(f"Session: used up at {format_time(now + 2400)} at this pace")


async def test_a_refusal_is_shown_with_the_words_to_allow_it(talk: Talk, notes: App) -> None:
    report(talk.bridge, 1.0)
    await talk.say("claude usage")
    assert "Going on would be extra usage, which costs money." in talk.notes[0]
    assert talk.notes[0].endswith("Or say “claude allow extra usage”.")
    await talk.say("claude allow extra usage")
    assert talk.notes[1:] == [ALLOWED]
    plan = talk.bridge.plan.for_account().build_report()
    assert (plan.agreement, plan.refusal) == ("window", None)
    report(talk.bridge, 1.0, isUsingOverage=True)
    await talk.say("claude usage")
    assert talk.notes[-1].endswith("Extra usage is in use, which costs money.")


async def test_extra_usage_that_the_account_does_not_have_is_said_to_be_off(
    talk: Talk, notes: App
) -> None:
    report(talk.bridge, 1.0, overageStatus="rejected")
    await talk.say("claude allow extra usage")
    sentence = "As of the last answer, it is switched off in your Claude account."
    assert talk.notes == [f"{ALLOWED} {sentence}"]


async def test_other_words_in_the_phrase_allow_nothing(talk: Talk, notes: App) -> None:
    report(talk.bridge, 1.0)
    for words in ("claude allow extra usage please", "claude usage claude allow extra usage"):
        with pytest.raises(NotRecognised):
            await talk.say(words)
    assert talk.bridge.plan.for_account().build_report().agreement == "no"


@pytest.mark.parametrize("command", ["claude usage", "claude allow extra usage"])
async def test_without_a_bridge_it_says_how_to_start_one(
    talk: Talk, notes: App, command: str
) -> None:
    await talk.stop_bridge()
    await talk.say(command)
    (notice,) = talk.notes
    assert notice.startswith("The Claude bridge is not running at ")
    assert notice.endswith("Start it from its tray icon or run claude-bridge.")


async def test_a_missing_token_is_reported_with_a_hint(talk: Talk, notes: App) -> None:
    find_paths().control_token.unlink()
    await talk.say("claude allow extra usage")
    assert talk.notes == ["No control token found. Start the bridge once on this computer."]
    assert talk.bridge.plan.for_account().build_report().agreement == "no"
