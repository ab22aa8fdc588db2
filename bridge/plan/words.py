"""Puts the use of a plan into words, in the user's own time."""

from __future__ import annotations

import math
from datetime import datetime

from bridge.plan.state import PlanState

_LABELS = {"five_hour": "Session", "seven_day": "Week", "overage": "Extra usage"}
_DAY = 86_400.0
_UNCLEAR_DAYS = 6
"""From then on, a weekday alone could be today's."""
WINDOW_SECONDS = {"five_hour": 5 * 3600.0, "seven_day": 7 * _DAY}
"""Lengths of the windows whose names tell it."""


def make_label(name: str) -> str:
    """Return `Session` for `five_hour`, `Week (Opus)` for `seven_day_opus`, else the name."""
    for known, label in _LABELS.items():
        if name == known:
            return label
        if name.startswith(f"{known}_"):
            return f"{label} ({name.removeprefix(f'{known}_').replace('_', ' ').capitalize()})"
    return name.replace("_", " ").capitalize()


def format_percent(used: float) -> str:
    """Format a part, rounded down: it says 100 % only when everything is used."""
    return f"{math.floor(used * 100 + 1e-9)} %"


def format_moment(moment: float, now: float) -> str:
    """Format a time to come: `16:40` within a day, `Tue 16:40` in a week, else `7 Dec 16:40`."""
    local = datetime.fromtimestamp(moment)
    if moment - now >= _UNCLEAR_DAYS * _DAY:
        return f"{local.day} {local.strftime('%b %H:%M')}"
    return local.strftime("%H:%M" if moment - now < _DAY else "%a %H:%M")


def summarize(state: PlanState, now: float) -> str:
    """Return `Session 62 %, resets 16:40 · Week 31 %`; `unknown` without a known window.

    Only the first window says when it resets: the line is for a menu and a tooltip.
    """
    if not state.windows:
        return "unknown until the next answer" if state.as_of else "unknown until the first answer"
    parts = [f"{make_label(w.name)} {format_percent(w.used)}" for w in state.windows]
    parts[0] += f", resets {format_moment(state.windows[0].resets_at, now)}"
    return " · ".join(parts)
