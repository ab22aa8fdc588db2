"""Puts budgets into words, in the user's own time."""

from __future__ import annotations

from datetime import datetime

from bridge.budgets.books import Spending
from bridge.budgets.budget import Budget, Group

_DAY = 86_400.0
_MICRO_DOLLARS_PER_CENT = 10_000


def format_dollars(micro_dollars: int) -> str:
    """Format an amount in whole cents, rounded down: a limit is shown as reached once it is."""
    cents = micro_dollars // _MICRO_DOLLARS_PER_CENT
    return f"${cents // 100:,}.{cents % 100:02}"


def describe_budget(budget: Budget, group: Group) -> str:
    """Return `$5.00 a day for client “cursor”`."""
    each = "each " if budget.each and group == budget.patterns else ""
    parts = [
        *([] if budget.backend is None else [f"backend {budget.backend}"]),
        *([] if group.client is None else [f"{each}client “{group.client}”"]),
        *([] if group.key is None else [each + _describe_key(group.key)]),
    ]
    amount = f"{format_dollars(budget.limit)} a {budget.per}"
    if not parts:
        return amount
    joined = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"{amount} for {joined}"


def _describe_key(name: str) -> str:
    return f"access key “{name}”" if name else "requests without an access key"


def format_reset(moment: float, now: float) -> str:
    """Format a time to come: `at 00:00` within a day, else `on 1 Dec at 00:00`; local time."""
    local = datetime.fromtimestamp(moment)
    clock = local.strftime("at %H:%M")
    return clock if moment - now <= _DAY else f"on {local.day} {local.strftime('%b')} {clock}"


def explain_refusal(spending: Spending, now: float) -> str:
    """Return the message of a refusal, and what to do."""
    budget = describe_budget(spending.budget, spending.group)
    return (
        f"The budget of {budget} is used up ({format_dollars(spending.spent)}); it resets "
        f"{format_reset(spending.resets_at, now)}. Wait until then, or raise it in the setting "
        "`budgets` and restart the bridge."
    )


def build_notice(model: str, spending: Spending) -> str:
    """Return the notice that a cheaper model answers; it goes into a header, so it is ASCII."""
    budget = describe_budget(spending.budget, spending.group).replace("“", "").replace("”", "")
    return f"model: {model} answers, as the budget of {budget} is used up"


def summarize(spending: Spending, now: float) -> str:
    """Return `$3.10 of $5.00 a day for client “cursor”, resets at 00:00`."""
    line = (
        f"{format_dollars(spending.spent)} of "
        f"{describe_budget(spending.budget, spending.group)}, "
        f"resets {format_reset(spending.resets_at, now)}"
    )
    if not spending.unpriced:
        return line
    noun = "request" if spending.unpriced == 1 else "requests"
    return f"{line}; without {spending.unpriced} {noun} whose price is not known"
