"""How fast a plan's windows are used up, from what Claude said in the last hour."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from bridge.plan.state import DRIFT_SECONDS
from bridge.wire.usage import PlanWindow

SPAN_SECONDS = 3600.0
LEAST_SECONDS = 300.0
"""Two events that are closer say too little of a pace."""
_STEP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float
    window: PlanWindow


class Pace:
    """Remembers the events of the last hour, in memory only."""

    def __init__(self) -> None:
        self._samples: defaultdict[str, deque[_Sample]] = defaultdict(deque)

    def note(self, window: PlanWindow, now: float) -> None:
        """Note what Claude said of a window; of events that are close together, the last."""
        for name, samples in tuple(self._samples.items()):
            while samples and samples[0].at < now - SPAN_SECONDS:
                samples.popleft()
            if not samples:
                del self._samples[name]
        samples = self._samples[window.name]
        if len(samples) > 1 and now - samples[-2].at < _STEP_SECONDS:
            samples.pop()
        samples.append(_Sample(now, window))

    def find_empty_at(self, window: PlanWindow, now: float) -> float | None:
        """Return when a window will be used up; None if not before it resets, or not known."""
        same = [
            sample
            for sample in self._samples[window.name]
            if abs(sample.window.resets_at - window.resets_at) <= DRIFT_SECONDS
            and sample.at >= now - SPAN_SECONDS
        ]
        if len(same) < 2 or same[-1].at - same[0].at < LEAST_SECONDS:
            return None
        used = same[-1].window.used - same[0].window.used
        if used <= 0 or window.used >= 1:
            return None
        # To now, not to the last event: nothing has been used since.
        pace = used / (now - same[0].at)
        empty_at = now + (1 - window.used) / pace
        return empty_at if empty_at < window.resets_at else None
