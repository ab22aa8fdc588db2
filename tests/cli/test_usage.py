"""`claude-bridge usage`: the plan in lines, and the agreement to extra usage."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest

from bridge.cli.main import main
from bridge.cli.usage import format_usage
from bridge.server.state import Bridge
from bridge.store.ledger import Entry
from bridge.wire.usage import (
    PlanReport,
    PlanUser,
    UsageReport,
    UsageTotals,
    WindowReport,
)
from tests.conftest import StartBridge

NOW = datetime(2026, 11, 23, 14, 40).timestamp()
HOUR = 3600.0
SESSION = WindowReport(
    name="five_hour", used=0.62, resets_at=NOW + 2 * HOUR, label="Session", empty_at=NOW + HOUR
)
WEEK = WindowReport(name="seven_day", used=0.31, resets_at=NOW + 26 * HOUR, label="Week")
NOTHING = UsageTotals(
    requests=0, input_tokens=0, cache_write_tokens=0, cache_read_tokens=0, output_tokens=0,
    cost=0.0, unpriced=0,
)  # fmt: skip


def build_plan(**changes: Any) -> PlanReport:
    fields: dict[str, Any] = {
        "backend": "claude-code",
        "account": "default",
        "as_of": NOW - 600,
        "windows": [SESSION, WEEK],
        "extra_usage": "available",
        "setting": "ask",
        "agreement": "no",
        "words": "Session 62 %, resets 16:40 · Week 31 %",
    }
    return PlanReport(**{**fields, **changes})


def build_users(number: int, window: str) -> list[PlanUser]:
    return [
        PlanUser(
            window=window,
            client=f"client-{at}",
            model="claude-opus-5-5",
            requests=number - at,
            tokens=1000 * (number - at),
            cost=0.5,
        )
        for at in range(number)
    ]


def show(
    *plans: PlanReport, users: list[PlanUser] | None = None, today: UsageTotals = NOTHING
) -> list[str]:
    report = UsageReport(
        today=today, days=[], recent=[], last_failure=None, plans=[*plans], plan_users=users or []
    )
    return format_usage(json.loads(json.dumps(asdict(report))), NOW).splitlines()


def test_each_window_has_its_use_its_reset_and_its_pace() -> None:
    users = [*build_users(2, "five_hour"), *build_users(1, "seven_day")]
    today = UsageTotals(
        requests=31, input_tokens=20_000, cache_write_tokens=2_310, cache_read_tokens=98_000,
        output_tokens=9_120, cost=1.836, unpriced=2,
    )  # fmt: skip
    assert show(build_plan(), users=users, today=today) == [
        "Your plan, as of 14:30:",
        "  Session  [############--------]   62 %  resets 16:40, used up at 15:40 at this pace",
        "  Week     [######--------------]   31 %  resets Tue 16:40",
        "Extra usage: available. Requests that would use it are refused until you run: "
        "claude-bridge usage allow",
        "Used through this bridge, without cached tokens (other programs may use the plan, too):",
        "  Session  client-0  claude-opus-5-5  2 requests, 2,000 tokens",
        "  Session  client-1  claude-opus-5-5  1 request, 1,000 tokens",
        "  Week     client-0  claude-opus-5-5  1 request, 1,000 tokens",
        "Today: 31 requests, 120,310 input tokens (98,000 from the cache), 9,120 output tokens, "
        "$1.84 at list prices, without 2 requests of unknown price",
    ]


def test_what_is_unknown_is_said() -> None:
    assert show() == [
        "Your plan: unknown. Claude reports it with answers through Claude Code.",
        "Today: no requests",
    ]
    words = "unknown until the first answer"
    plan = build_plan(windows=[], as_of=None, extra_usage="unknown", words=words)
    assert show(plan)[:2] == [
        f"Your plan: {words}",
        "Extra usage: not reported yet. Requests that would use it are refused until you run: "
        "claude-bridge usage allow",
    ]


def test_a_bridge_of_an_older_version_is_said_to_be_one() -> None:
    first, _ = format_usage({"today": asdict(NOTHING)}, NOW).splitlines()
    assert "older version" in first


def test_a_refusal_is_shown_with_how_to_agree() -> None:
    refusal = "Your plan is used up. Agree with `claude-bridge usage allow`."
    lines = show(build_plan(refusal=refusal, extra_usage="in_use"))
    assert f"Requests are refused now. {refusal}" in lines
    assert any(line.startswith("Extra usage: in use, which costs money.") for line in lines)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"agreement": "window"}, "Withdraw it with: claude-bridge usage stop"),
        ({"agreement": "always", "setting": "refuse"}, "claude-bridge usage stop"),
        ({"setting": "allow"}, "The setting extra_usage allows it."),
        ({"setting": "refuse"}, "The setting extra_usage refuses it."),
    ],
)
def test_the_permission_for_extra_usage_is_shown(changes: dict[str, Any], end: str) -> None:
    (line,) = (line for line in show(build_plan(**changes)) if line.startswith("Extra usage"))
    assert line.endswith(end)


def test_a_full_window_has_a_full_bar_and_an_old_report_its_date() -> None:
    full = WindowReport(name="five_hour", used=1.02, resets_at=NOW + HOUR, label="Session")
    lines = show(build_plan(windows=[full], as_of=NOW - 24 * HOUR))
    assert lines[:2] == [
        "Your plan, as of 2026-11-22 14:40:",
        "  Session  [####################]  102 %  resets 15:40",
    ]


def test_a_long_list_is_cut_and_says_so() -> None:
    lines = show(build_plan(), users=build_users(13, "five_hour"))
    (line,) = (line for line in lines if "more, see --json" in line)
    assert line.split() == ["Session", "and", "3", "more,", "see", "--json"]
    assert show(build_plan())[4] == "Nothing of it was used through this bridge."


def test_another_account_is_named_and_has_no_users() -> None:
    lines = show(build_plan(account="work"), users=build_users(1, "five_hour"))
    assert lines[0] == "Your plan (work), as of 14:30:"
    assert not any("client-0" in line for line in lines)


# --- against a real bridge


async def run(bridge: Bridge, *words: str) -> int:
    """Run the command in this process, beside the bridge."""
    return await asyncio.to_thread(main, ["usage", *words, "--port", bridge.url.rpartition(":")[2]])


def use_up(bridge: Bridge) -> None:
    """Let Claude report that the session is used up, and that going on costs money."""
    fields = {"utilization": 1.0, "resetsAt": time.time() + HOUR}
    windows = {"five_hour": fields, "seven_day": {**fields, "utilization": 0.31}}
    bridge.plan.for_account().note({"unifiedWindows": windows, "overageStatus": "allowed"})


async def test_the_plan_of_a_running_bridge_is_shown(
    start_bridge: StartBridge, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_bridge(backend="offline")
    assert await run(bridge) == 0
    assert "Your plan: unknown." in capsys.readouterr().out
    use_up(bridge)
    bridge.ledger.put(
        Entry(
            at=time.time(), model="claude-opus-5-5", backend="claude-code", client="zed",
            input_tokens=40, cache_write_tokens=0, cache_read_tokens=0, output_tokens=2,
            cost=1234, outcome="stop", milliseconds=1, first_chunk_milliseconds=1,
        )
    )  # fmt: skip
    assert await run(bridge) == 0
    lines = capsys.readouterr().out
    assert "100 %  resets " in lines
    assert "claude-bridge usage allow" in lines
    assert "  Session  zed  claude-opus-5-5  1 request, 42 tokens\n" in lines
    assert "Today: 1 request, 40 input tokens" in lines
    assert "less than $0.01 at list prices" in lines
    assert await run(bridge, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert "money" in report["plans"][0]["refusal"]
    assert report["today"]["requests"] == 1


async def test_extra_usage_is_allowed_and_withdrawn(
    start_bridge: StartBridge, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_bridge(backend="offline")
    use_up(bridge)
    assert bridge.plan.for_account().build_report().refusal is not None
    assert await run(bridge, "allow") == 0
    assert capsys.readouterr().out.endswith(
        "Extra usage is allowed until the plan resets. Withdraw it with: claude-bridge usage stop\n"
    )
    assert bridge.plan.for_account().build_report().agreement == "window"
    assert await run(bridge, "allow", "--always") == 0
    assert capsys.readouterr().out.startswith("Extra usage is allowed always.")
    assert bridge.plan.for_account().build_report().agreement == "always"
    assert await run(bridge, "stop") == 0
    assert capsys.readouterr().out.startswith("Extra usage is not allowed: ")
    assert bridge.plan.for_account().build_report().refusal is not None
    assert await run(bridge, "allow", "--json") == 0
    assert json.loads(capsys.readouterr().out)["agreement"] == "window"


async def test_extra_usage_is_allowed_for_a_named_sign_in(
    start_bridge: StartBridge, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_bridge(backend="offline", sign_ins={"work": "/made-up"})
    assert await run(bridge, "allow", "--sign-in", "work") == 0
    assert "Extra usage is allowed for the sign-in work until" in capsys.readouterr().out
    assert bridge.plan.for_account("work").build_report().agreement == "window"
    assert bridge.plan.for_account().build_report().agreement == "no"
    assert await run(bridge, "allow", "--sign-in", "gone") == 1
    assert "There is no sign-in `gone`" in capsys.readouterr().err


async def test_a_stop_that_the_setting_overrides_fails(
    start_bridge: StartBridge, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_bridge(backend="offline", extra_usage="allow")
    assert await run(bridge, "stop") == 1
    assert "still allowed, by the setting extra_usage" in capsys.readouterr().err


async def test_extra_usage_that_the_account_does_not_have_is_said_to_be_off(
    start_bridge: StartBridge, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = await start_bridge(backend="offline")
    bridge.plan.for_account().note({"overageStatus": "rejected"})
    assert await run(bridge, "allow") == 0
    assert "it is switched off in your Claude account" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--json"], ["allow"], ["stop"]])
def test_without_a_bridge_it_says_how_to_start_one(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["usage", *words, "--port", "9"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "No bridge is running at http://127.0.0.1:9. Start it with: claude-bridge\n"
    )


@pytest.mark.parametrize("words", [[], ["stop"]])
def test_always_needs_allow(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", *words, "--always"]) == 2
    assert capsys.readouterr().err == "claude-bridge: --always needs allow\n"
