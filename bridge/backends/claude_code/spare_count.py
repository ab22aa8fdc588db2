"""How many spare Claude Code processes are kept ready: more while they are used up; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MOST_SPARES = 4
BUSY_SECONDS = 300.0
"""How long a request that found no spare counts."""
PROCESS_BYTES = 128 * 1024 * 1024
"""Memory of a spare, as measured."""
RESERVE_BYTES = 512 * 1024 * 1024
"""Memory that is left to the user's programs."""


@dataclass
class SpareCount:
    """Each request that found no spare adds one for BUSY_SECONDS; little memory allows fewer."""

    base: int
    """Spares at least, as set by the user; with 0 there are never any."""
    _missed: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_SPARES))
    """When requests found no spare, in seconds."""

    def record_miss(self, now: float) -> None:
        """Note that a request found no spare."""
        self._missed.append(now)

    def get_wanted(self, now: float, available_bytes: int) -> int:
        """Return the number of spares to have now, with so much memory left."""
        if not self.base:
            return 0
        recent = sum(now - missed <= BUSY_SECONDS for missed in self._missed)
        busy = min(self.base + recent, max(self.base, MOST_SPARES))
        return min(busy, max(0, (available_bytes - RESERVE_BYTES) // PROCESS_BYTES))
