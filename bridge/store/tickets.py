"""One-time tickets that a page, opened by the user, exchanges for the control token.

The address that a browser is started with is in its command line, which other users of the computer
may be able to read. By then the ticket has been used, and is worthless.
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
        # A limit, so that unused tickets cannot fill the memory.
        while len(self._until) >= MAX_TICKETS:
            del self._until[next(iter(self._until))]
        ticket = secrets.token_urlsafe(24)
        self._until[ticket] = self._clock() + SECONDS
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Return whether the ticket was valid, and invalidate it."""
        # Removed in any case: a ticket that comes too late is used up, too.
        return self._clock() < self._until.pop(ticket, float("-inf"))
