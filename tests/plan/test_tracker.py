"""Every transition of a plan: what is shown, logged once and refused; the test sets the clock."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ExtraUsageNotAgreed, InvalidRequest
from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import PlanTracker
from bridge.wire.usage import ExtraUsageSetting

START = 1_795_985_724.0
RESET = START + 3600
OPUS = "claude-opus-5-5"


class World:
    """A tracker and its clock."""

    def __init__(self, setting: ExtraUsageSetting = "ask", path: Path | None = None) -> None:
        self.now = START
        self.storage = PlanStorage(path)
        self.tracker = PlanTracker(setting, self.storage, lambda: self.now)
        self.plan = self.tracker.for_account()

    def report(self, used: float, overage: str | None = "allowed", **more: Any) -> None:
        """Let Claude report the use of the session."""
        fields = {"utilization": used, "resetsAt": RESET}
        info: dict[str, Any] = {"unifiedWindows": {"five_hour": fields}, **more}
        self.plan.note(info if overage is None else {**info, "overageStatus": overage})

    def find_refusal(self, model: str = OPUS) -> str | None:
        try:
            self.plan.check(model)
        except ExtraUsageNotAgreed as error:
            return error.message
        return None


IN_USE: dict[str, Any] = {"isUsingOverage": True, "rateLimitType": "five_hour", "resetsAt": RESET}
TRANSITIONS: dict[str, tuple[list[dict[str, Any]], str, list[str], bool]] = {
    "unknown": ([], "unknown until the first answer", [], False),
    "below": ([{"used": 0.79}], "Session 79 %", [], False),
    "80": ([{"used": 0.79}, {"used": 0.8}], "Session 80 %", ["80"], False),
    "from 80 to 90": ([{"used": 0.8}, {"used": 0.9}], "Session 90 %", ["80"], False),
    "95": ([{"used": 0.8}, {"used": 0.95}], "Session 95 %", ["80", "95"], False),
    "95 at once": ([{"used": 0.96}], "Session 96 %", ["96"], False),
    "full": ([{"used": 1.0, "overage": "rejected"}], "Session 100 %", ["100"], False),
    "full, overage unknown": ([{"used": 1.0, "overage": None}], "Session 100 %", ["100"], False),
    "full with overage": ([{"used": 1.0}], "Session 100 %", ["100"], True),
    "in use": ([{"used": 1.0, **IN_USE}], "Session 100 %", ["100", "extra"], True),
    "in use twice": ([{"used": 1.0, **IN_USE}] * 2, "Session 100 %", ["100", "extra"], True),
}


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_transition_is_shown_logged_once_and_refused(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    events, words, logged, is_refused = TRANSITIONS[name]
    caplog.set_level(logging.WARNING, "bridge.plan")
    world = World()
    for event in events:
        world.report(**event)
    report = world.plan.build_report()
    assert report.words.startswith(words)
    assert (world.find_refusal() is not None) is is_refused
    assert (report.refusal is not None) is is_refused
    first = [line.split()[1] if "Session" in line else "extra" for line in caplog.messages]
    assert first == logged


def test_after_the_reset_all_is_unknown_and_nothing_is_refused() -> None:
    world = World()
    world.report(1.0, **IN_USE)
    world.now = RESET
    report = world.plan.build_report()
    assert report.words == "unknown until the next answer"
    assert (report.windows, report.alerts, report.as_of) == ([], [], START)
    assert world.find_refusal() is None


def test_the_next_window_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.report(0.85)
    world.now = RESET + 60
    world.plan.note(
        {"unifiedWindows": {"five_hour": {"utilization": 0.85, "resetsAt": RESET + 18_000}}}
    )
    assert len(caplog.messages) == 2


def test_a_refusal_says_what_is_used_up_and_how_to_agree() -> None:
    world = World()
    world.report(1.0)
    with pytest.raises(ExtraUsageNotAgreed) as caught:
        world.plan.check(OPUS)
    assert "“Session” is used up until" in caught.value.message
    assert "costs money. Agree in the tray menu" in caught.value.message
    assert caught.value.headers == {"x-should-retry": "false", "retry-after": "3600"}


def test_an_agreement_for_the_window_ends_with_it() -> None:
    world = World()
    world.report(1.0)
    world.plan.agree("window")
    assert world.find_refusal() is None
    report = world.plan.build_report()
    assert (report.agreement, report.agreed_until) == ("window", RESET)
    world.now = RESET
    assert world.plan.build_report().agreement == "no"
    fields = {"utilization": 1.0, "resetsAt": RESET + 18_000}
    world.plan.note({"unifiedWindows": {"five_hour": fields}, "overageStatus": "allowed"})
    assert world.find_refusal() is not None


def test_an_agreement_does_not_last_longer_if_the_clock_is_set_back() -> None:
    world = World()
    world.now = START + 400 * 86_400
    world.plan.agree("window")
    assert world.plan.build_report().agreement == "window"
    world.now = START
    world.report(1.0)
    assert world.plan.build_report().agreement == "no"
    assert world.find_refusal() is not None
    world.plan.agree("window")
    assert world.find_refusal() is None


def test_an_agreement_for_always_holds_until_it_is_withdrawn() -> None:
    world = World()
    world.plan.agree("always")
    world.report(1.0, **IN_USE)
    assert world.find_refusal() is None
    world.plan.agree("no")
    assert world.find_refusal() is not None


def test_allow_never_asks_and_refuse_offers_nothing() -> None:
    allowing, refusing = World("allow"), World("refuse")
    allowing.report(1.0, **IN_USE)
    refusing.report(1.0, **IN_USE)
    assert allowing.find_refusal() is None
    with pytest.raises(InvalidRequest, match="Change it to `ask`"):
        refusing.plan.agree("always")
    words = refusing.find_refusal()
    assert words is not None
    assert words.endswith("the setting extra_usage refuses it.")


async def test_a_restart_forgets_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(path=tmp_path / "plan.sqlite3")
    world.report(0.85)
    world.plan.agree("window")
    before = world.plan.build_report()
    await world.storage.close()
    after = World(path=tmp_path / "plan.sqlite3")
    await after.tracker.load()
    assert after.plan.build_report() == before
    caplog.clear()
    after.report(0.86)
    assert caplog.messages == [], "logged before the restart"
    await after.storage.close()


def test_headers_have_the_windows_by_the_names_of_the_api() -> None:
    world = World()
    assert world.plan.build_headers() == {}
    world.report(0.82)
    assert world.plan.build_headers() == {
        "anthropic-ratelimit-unified-5h-utilization": "0.82",
        "anthropic-ratelimit-unified-5h-reset": f"{RESET:.0f}",
    }
    world.now = RESET
    assert world.plan.build_headers() == {}


def test_an_event_is_fresh_for_some_seconds() -> None:
    world = World()
    assert not world.plan.is_fresh()
    world.report(0.5)
    assert world.plan.is_fresh()
    world.now += 5
    assert not world.plan.is_fresh()
    world.now = START - 60
    assert not world.plan.is_fresh(), "the clock was set back"


def test_an_event_about_something_else_changes_nothing() -> None:
    world = World()
    world.report(0.5)
    world.now += 60
    world.plan.note({"status": "allowed"})
    assert world.plan.build_report().as_of == START


def test_a_reset_time_that_drifts_is_of_the_same_window(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    keys: set[str] = set()
    for drift in (0, 7, -11, 31, 2):
        fields = {"utilization": 0.85, "resetsAt": RESET + drift}
        using = {"isUsingOverage": True, "rateLimitType": "five_hour", **fields}
        world.plan.note({"unifiedWindows": {"five_hour": fields}, **using})
        keys |= {alert.key for alert in world.plan.build_report().alerts}
        world.now += 400
    assert keys == {f"five_hour:0.8:{RESET:.0f}", f"extra:{RESET:.0f}"}
    assert len(caplog.messages) == 2
    world.now = RESET + 5
    assert world.plan.build_report().alerts == []


def test_a_level_that_is_left_for_a_moment_is_not_logged_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    for used in (0.95, 0.79, 0.96, 0.2, 0.95):
        world.report(used)
    assert len(caplog.messages) == 1


def test_extra_usage_whose_end_becomes_known_is_logged_once_in_a_window(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.plan.note({"isUsingOverage": True})
    world.report(1.0, **IN_USE)
    assert [line for line in caplog.messages if "Extra usage" in line] == caplog.messages[:1]
    world.now = RESET
    fields = {"utilization": 1.0, "resetsAt": RESET + 18_000}
    world.plan.note({"unifiedWindows": {"five_hour": fields}, **IN_USE, "resetsAt": RESET + 18_000})
    assert sum("Extra usage" in line for line in caplog.messages) == 2


def test_the_plan_of_a_replaced_account_is_forgotten() -> None:
    world = World()
    world.plan.set_owner("first")
    world.report(1.0, **IN_USE)
    world.plan.agree("always")
    assert not world.plan.set_owner("first")
    assert world.plan.build_report().windows
    assert world.plan.set_owner("second")
    report = world.plan.build_report()
    assert (report.words, report.agreement) == ("unknown until the first answer", "no")
    assert (report.extra_usage, report.alerts) == ("unknown", [])


def test_the_first_account_that_is_named_is_the_one_that_was_reported() -> None:
    world = World()
    world.report(0.5)
    assert not world.plan.set_owner("first")
    assert world.plan.build_report().windows


@pytest.mark.parametrize("is_seen_first", [True, False])
async def test_an_account_that_was_replaced_while_the_bridge_was_stopped(
    tmp_path: Path, is_seen_first: bool
) -> None:
    world = World(path=tmp_path / "plan.sqlite3")
    world.plan.set_owner("first")
    world.report(0.5)
    world.plan.agree("always")
    await world.storage.close()
    after = World(path=tmp_path / "plan.sqlite3")
    if is_seen_first:
        after.plan.set_owner("second")
    await after.tracker.load()
    after.plan.set_owner("second")
    report = after.plan.build_report()
    assert (report.windows, report.agreement) == ([], "no")
    await after.storage.close()


async def test_the_plan_of_a_sign_in_that_was_removed_is_not_listed(tmp_path: Path) -> None:
    world = World(path=tmp_path / "plan.sqlite3")
    fields = {"utilization": 0.5, "resetsAt": RESET}
    world.tracker.for_account("work").note({"unifiedWindows": {"five_hour": fields}})
    await world.storage.close()
    after = World(path=tmp_path / "plan.sqlite3")
    await after.tracker.load()
    assert after.tracker.list_known() == []
    await after.storage.close()
