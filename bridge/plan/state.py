"""What is known of one account's plan: the latest of each window, until it resets."""

# What may happen to a window, and what is known of it then:
#
#   unknown   no event has had it, or it has been reset since: it is not shown
#   known     as of the last event that had it; another event replaces it
#
# Extra usage, which costs money:
#
#   unknown, off, available   as the last event said
#   in_use    It is in use, because of the window that decides. It ends when that
#             window resets: then it is `available`, until an event says more.

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.plan.reading import MOST_WINDOWS, OVERAGE, PlanReading
from bridge.wire.usage import ExtraUsage, PlanWindow

_FAMILIES = ("opus", "sonnet", "haiku", "fable")
"""Parts of the names of windows that are for some models only, and of those models."""


DRIFT_SECONDS = 600.0
"""Reset times that are closer are of the same window: Claude may report them some seconds earlier
or later with each answer, and the shortest window has five hours."""


@dataclass(frozen=True, slots=True)
class ExtraUse:
    """That a request would be extra usage; `window` is the one that is used up, if it is known."""

    window: PlanWindow | None = None


@dataclass(frozen=True, slots=True)
class PlanState:
    """What is known at one moment; call `at` before it is used at a later one."""

    windows: tuple[PlanWindow, ...] = ()
    extra_usage: ExtraUsage = "unknown"
    deciding: str = ""
    """The name of the window that decides, as of the last event; empty if unknown."""
    ends_at: float | None = None
    """When extra usage ends, in Unix seconds; None if it is not in use, or if unknown."""
    as_of: float | None = None
    """Unix seconds of the last event."""

    def at(self, now: float) -> PlanState:
        """Return what is still known: windows that have been reset are not."""
        state = replace(self, windows=tuple(w for w in self.windows if w.resets_at > now))
        if self.ends_at is not None and self.ends_at <= now:
            return replace(state, extra_usage="available", ends_at=None)
        return state

    def note(self, reading: PlanReading, now: float) -> PlanState:
        """Return what is known after an event."""
        before = self.at(now)
        known = {window.name: window for window in before.windows}
        known |= {window.name: window for window in reading.windows}
        state = PlanState(
            # Bounded, as the names are upstream's; the latest are kept.
            tuple(known.values())[-MOST_WINDOWS:],
            before.extra_usage if reading.extra_usage == "unknown" else reading.extra_usage,
            reading.deciding,
            before.ends_at,
            now,
        )
        if state.extra_usage != "in_use":
            return replace(state, ends_at=None)
        causes = state._list_causes()
        ends = [window.resets_at for window in causes if window.name == reading.deciding]
        ends = ends or [window.resets_at for window in causes]
        # Without any, the end is the one that was reported before.
        return replace(state, ends_at=max(ends)) if ends else state

    def find_extra_use(self, model: str | None) -> ExtraUse | None:
        """Return why a request to a model would be extra usage; None if it is not known to be.

        Without a model: a request to any. Of several windows, it names the one that resets last.
        """
        if self.extra_usage not in ("in_use", "available"):
            return None
        causes = self._list_causes()
        if not causes and self.extra_usage == "in_use":
            return ExtraUse()
        causes = [window for window in causes if _is_for(window, model)]
        return ExtraUse(max(causes, key=lambda window: window.resets_at)) if causes else None

    def _list_causes(self) -> list[PlanWindow]:
        """List the windows that are used up, and the one that extra usage is in use for."""
        # Claude may name extra usage itself as what decides. Its own limit is none of the plan.
        deciding = self.deciding if self.extra_usage == "in_use" else ""
        return [
            window
            for window in self.windows
            if window.name != OVERAGE and (window.used >= 1 or window.name == deciding)
        ]


def _is_for(window: PlanWindow, model: str | None) -> bool:
    """Return whether requests to a model, or to any, count against a window."""
    if window.name == OVERAGE:
        return False
    if model is None:
        return True
    family = next((family for family in _FAMILIES if family in window.name), "")
    return family in model
