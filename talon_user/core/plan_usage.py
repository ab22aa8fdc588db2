"""Describe the use of a Claude plan, as the bridge reports it, in sentences."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

UNKNOWN = "Your plan is unknown. Claude reports it with answers through Claude Code."
OLDER = "This bridge does not report your plan. Restart it if you have updated it."
HOW_TO_ALLOW = "Or say “claude allow extra usage”."
IN_USE = "Extra usage is in use, which costs money."
ALLOWED = (
    "Extra usage, which costs money, is allowed until your plan resets. "
    "To withdraw it, run claude-bridge usage stop."
)
SWITCHED_OFF = "As of the last answer, it is switched off in your Claude account."
DAY_SECONDS = 86_400
UNCLEAR_DAYS = 6
"""From then on, a weekday alone could be today's."""


def list_plan_lines(usage: Mapping[str, Any]) -> list[str]:
    """Return lines for the answer of `GET /usage`."""
    plans = usage.get("plans")
    if not isinstance(plans, list):
        return [OLDER]
    lines = [line for plan in plans if isinstance(plan, dict) for line in _describe_plan(plan)]
    return lines or [UNKNOWN]


def describe_agreement(plan: Mapping[str, Any]) -> str:
    """Return what extra usage was allowed, or empty if it was not."""
    if plan.get("agreement") != "window":
        return ""
    return f"{ALLOWED} {SWITCHED_OFF}" if plan.get("extra_usage") == "off" else ALLOWED


def _describe_plan(plan: Mapping[str, Any]) -> Iterator[str]:
    account = plan.get("account")
    name = "Your plan" if account == "default" else f"Your plan ({account})"
    yield f"{name}: {plan.get('words')}"
    windows = plan.get("windows")
    for window in windows if isinstance(windows, list) else ():
        if isinstance(window, dict) and isinstance(window.get("empty_at"), (int, float)):
            moment = _format_moment(window["empty_at"])
            yield f"{window.get('label')}: used up at {moment} at this pace"
    refusal = plan.get("refusal")
    if refusal:
        yield str(refusal)
        # With another setting, the bridge does not ask.
        if plan.get("setting") == "ask":
            yield HOW_TO_ALLOW
    elif plan.get("extra_usage") == "in_use":
        yield IN_USE


def _format_moment(moment: float) -> str:
    """Return a time to come: with the weekday unless it is within a day, or with the date."""
    days, local = (moment - time.time()) / DAY_SECONDS, time.localtime(moment)
    if days >= UNCLEAR_DAYS:
        return f"{local.tm_mday} {time.strftime('%b %H:%M', local)}"
    return time.strftime("%H:%M" if days < 1 else "%a %H:%M", local)
