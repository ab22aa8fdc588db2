"""Alerts about the use of a plan, each to be shown once in a window."""

# An alert has a key, by which the tray and the log know that they have shown it: its kind, and when
# its window resets. Claude may report that time some seconds earlier or later with each answer, so
# an alert takes the key of one that was logged for about the same time.

from __future__ import annotations

from collections.abc import Collection, Sequence

from bridge.plan.state import DRIFT_SECONDS, PlanState
from bridge.plan.words import format_moment, format_percent, make_label
from bridge.wire.usage import PlanAlert, PlanWindow

LEVELS = (0.95, 0.8)
"""Parts of a window at which the user is alerted, the highest first."""

_EXTRA = "extra"


def list_alerts(state: PlanState, now: float, logged: Collection[str] = ()) -> list[PlanAlert]:
    """List the alerts of the current state; `logged` are the keys of those before."""
    alerts = [alert for window in state.windows for alert in _list_levels(window, now, logged)]
    if state.extra_usage == "in_use":
        words = "Extra usage has begun: requests cost money beyond your plan."
        key = _find_key(_EXTRA, state.ends_at or 0, logged)
        alerts.append(PlanAlert(key=key, words=words, urgent=True))
    return alerts


def drop_old_keys(logged: Collection[str], before: PlanState, now: float) -> frozenset[str]:
    """Return the keys whose windows are not over.

    `before`: the state that they were logged for.
    """
    is_extra = before.at(now).extra_usage == "in_use"
    kept: set[str] = set()
    for key in logged:
        kind, moment = _split_key(key)
        # Extra usage without a known end lasts while it is reported.
        is_current = is_extra if kind == _EXTRA and not moment else moment + DRIFT_SECONDS > now
        if is_current:
            kept.add(key)
    return frozenset(kept)


def _list_levels(window: PlanWindow, now: float, logged: Collection[str]) -> Sequence[PlanAlert]:
    level = next((level for level in LEVELS if window.used >= level), None)
    if level is None:
        return ()
    moment = format_moment(window.resets_at, now)
    words = f"{make_label(window.name)}: {format_percent(window.used)} of your plan is used"
    key = _find_key(f"{window.name}:{level:g}", window.resets_at, logged)
    return (PlanAlert(key=key, words=f"{words}. It resets at {moment}."),)


def _find_key(kind: str, moment: float, logged: Collection[str]) -> str:
    """Return the key of an alert that was logged for the same window, or a new one.

    A `moment` of 0 is not known, and may be any.
    """
    for key in sorted(logged):
        other_kind, other = _split_key(key)
        is_same = not moment or not other or abs(other - moment) <= DRIFT_SECONDS
        if other_kind == kind and is_same:
            return key
    return f"{kind}:{moment:.0f}"


def _split_key(key: str) -> tuple[str, float]:
    """Return the kind of an alert, and when its window resets; 0 if that is not known."""
    kind, _, moment = key.rpartition(":")
    # A stored key may be anything.
    return kind, float(moment) if moment.isdecimal() else 0.0
