"""One-time tickets that a page, opened by the user, exchanges for the control token.

The address that a browser is started with is in its command line, which other users of the computer
may be able to read. A ticket is used up by the time that they do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

SECONDS = 60.0
"""How long a ticket is valid."""
MAX_TICKETS = 20
"""How many unused tickets there can be."""


class Tickets:
    """All valid tickets; each can be redeemed once, within SECONDS."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def issue(self) -> str:
        """Create a ticket; beyond MAX_TICKETS the oldest one becomes invalid."""
        # Someone who opens page after page must not fill the memory.
        while len(self._until) >= MAX_TICKETS:
            del self._until[next(iter(self._until))]
        ticket = secrets.token_urlsafe(24)
        self._until[ticket] = self._clock() + SECONDS
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Return whether the ticket was valid, and invalidate it."""
        # Removed first: a ticket is spent even if it comes too late.
        return self._clock() < self._until.pop(ticket, float("-inf"))
