"""Reads Claude Code's `rate_limit_event`, which reports the use of the plan."""

# Recorded with Claude Code 2.1.332 on a plan, behind an answer's `message_stop`:
#
#   {"status": "allowed", "resetsAt": 1795989324, "rateLimitType": "five_hour",
#    "overageStatus": "allowed", "isUsingOverage": false,
#    "unifiedWindows": {"five_hour": {"utilization": 0.82, "resetsAt": 1795989324, …}, …}}
#
# `rateLimitType` is the window that decides; it may be one that `unifiedWindows` does not have,
# such as `seven_day_opus`, and is then described by `utilization` and `resetsAt` beside it.

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bridge.wire.usage import ExtraUsage, PlanWindow

OVERAGE = "overage"
"""Claude's name for the limit of extra usage itself."""

_LONGEST_WINDOW = 32 * 86_400.0
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,39}")
"""A name is also a part of headers."""
MOST_WINDOWS = 10


@dataclass(frozen=True, slots=True)
class PlanReading:
    """What one event reports."""

    windows: tuple[PlanWindow, ...]
    """Each name once."""
    extra_usage: ExtraUsage
    deciding: str = ""
    """The name of the window that decides whether requests are answered; empty if unknown."""


def read_plan(info: Mapping[str, Any], now: float) -> PlanReading:
    """Read `rate_limit_info`; what has another type, or is no possible value, is left out."""
    listed = info.get("unifiedWindows")
    windows = {
        window.name: window
        for name, fields in (listed if isinstance(listed, dict) else {}).items()
        if isinstance(fields, dict)
        for window in read_window(name, fields, now)
    }
    deciding = ""
    for window in read_window(info.get("rateLimitType"), info, now, windows):
        windows[window.name] = window
        deciding = window.name
    # The one that decides comes last, and stays if there are too many.
    latest = tuple(windows.values())[-MOST_WINDOWS:]
    return PlanReading(latest, _read_extra_usage(info), deciding)


def read_window(
    name: object,
    fields: Mapping[str, Any],
    now: float,
    known: Mapping[str, PlanWindow] = MappingProxyType({}),
) -> Iterator[PlanWindow]:
    """Read a window from `utilization`, `resetsAt` and `status`; yield none if it is no window.

    `known` has its use if `utilization` is missing.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return
    used, resets_at = _read_number(fields, "utilization"), _read_number(fields, "resetsAt")
    if used is None and name in known:
        used = known[name].used
    if fields.get("status") == "rejected":
        # What is refused is used up, even if the event does not report the use.
        used = max(1.0, used or 0.0)
    if used is None or resets_at is None or not now < resets_at < now + _LONGEST_WINDOW:
        return
    if used >= 0:
        yield PlanWindow(name=name, used=used, resets_at=resets_at)


def _read_number(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A whole number may be larger than any float.
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _read_extra_usage(info: Mapping[str, Any]) -> ExtraUsage:
    if info.get("isUsingOverage") is True or info.get("overageInUse") is True:
        return "in_use"
    match info.get("overageStatus"):
        case "allowed" | "allowed_warning":
            return "available"
        case "rejected":
            return "off"
        case _:
            return "unknown"
