"""Tickets with which a page the person has opened gets the control token, once.

The address a browser is opened with stands in its command line, which other users of the machine
may be able to read; a ticket is worth nothing any more when they do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

SECONDS = 60.0
MOST = 20


class Tickets:
    """Each is taken once, and within SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def issue(self) -> str:
        """A new one; of too many that nobody took, the oldest is no good any more."""
        while len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        ticket = secrets.token_urlsafe(24)
        self._until[ticket] = self._clock() + SECONDS
        return ticket

    def take(self, ticket: str) -> bool:
        """Whether it was good; it is not any more."""
        return self._clock() < self._until.pop(ticket, float("-inf"))
