"""One-time tickets that a page, opened by the user, exchanges for a session.

The session's token is in no address, because a browser stores addresses in its history. A ticket is
used up by then, and worthless.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from bridge.deadline import Deadline, ReadClocks, read_clocks

SECONDS = 60.0
"""How long a ticket is valid."""
MAX_TICKETS = 20
"""How many unused tickets there can be."""


@dataclass(frozen=True, slots=True)
class _Ticket:
    text: str
    page: str
    deadline: Deadline


class Tickets:
    """All valid tickets; each can be redeemed once, within SECONDS, by the page it was made for."""

    def __init__(self, clocks: ReadClocks = read_clocks) -> None:
        self._clocks = clocks
        self._tickets: list[_Ticket] = []

    def issue(self, page: str) -> str:
        """Create a ticket for the page at a path; at most MAX_TICKETS are valid."""
        # A limit, so that unused tickets cannot fill the memory.
        self._tickets = self._tickets[-(MAX_TICKETS - 1) :]
        ticket = _Ticket(secrets.token_urlsafe(24), page, Deadline(self._clocks(), SECONDS))
        self._tickets.append(ticket)
        return ticket.text

    def redeem(self, text: str, page: str) -> bool:
        """Return whether the ticket was valid, and for this page; invalidate it."""
        ticket = self._find(text)
        if ticket is None:
            return False
        # Removed in any case: a ticket that comes too late or from another page is used up, too.
        self._tickets.remove(ticket)
        return page == ticket.page and not ticket.deadline.has_passed(self._clocks())

    def _find(self, text: str) -> _Ticket | None:
        given = text.encode("utf-8", "surrogatepass")
        found = None
        # Every ticket is compared in constant time, so that no part of one can be guessed.
        for ticket in self._tickets:
            if hmac.compare_digest(given, ticket.text.encode()):
                found = ticket
        return found
