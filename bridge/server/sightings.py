"""The last request of each known program: the proof that it is connected."""

from __future__ import annotations

from bridge.server.request_record import RequestRecord
from bridge.wire.connect import Sighting

_TOOL_OUTCOMES = ("tool_calls", "tool_use", "function_call")
"""How answers end that call a tool, in the words of each endpoint."""


class Sightings:
    """One sighting for each program; there are as many programs as rows."""

    def __init__(self) -> None:
        self._last: dict[str, Sighting] = {}
        self._has_called: set[str] = set()

    def note(self, program: str, record: RequestRecord, at: float) -> None:
        """Note a request that has ended."""
        if record.asked is None:
            return
        old = self._last.get(program)
        # The answer after a call shows that the program ran the tool and could send its result.
        works = (old is not None and old.tool_calls) or (
            program in self._has_called and not record.failed and record.asked.tools > 0
        )
        if record.outcome in _TOOL_OUTCOMES:
            self._has_called.add(program)
        self._last[program] = Sighting(
            at=at,
            asked=record.asked.model,
            answered=record.model,
            stream=record.asked.stream,
            tools=record.asked.tools,
            tool_calls=works,
            outcome=record.outcome,
            failed=record.failed,
            requests=1 if old is None else old.requests + 1,
        )

    def get(self, program: str, since: float = 0.0) -> Sighting | None:
        """Return the last request of a program, if it came after a time."""
        sighting = self._last.get(program)
        return sighting if sighting is not None and sighting.at >= since else None

    @property
    def all(self) -> dict[str, Sighting]:
        """The last request of each program that has sent one."""
        return dict(self._last)
