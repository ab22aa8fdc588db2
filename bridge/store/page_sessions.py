"""Sessions of the pages that a browser has opened with a ticket.

A page gets a token of its own and never the control token. It keeps asking this server's address,
also after the server has ended, when another program may listen there: that program receives a
token that is worthless, because it was known to the ended process only.
"""

from __future__ import annotations

import hmac
import secrets

MAX_SESSIONS = 50
"""How many pages can be signed in; with one more, the oldest is signed out."""
_TOKEN_BYTES = 32


class PageSessions:
    """All sessions of this process, in memory only; each is valid until `end`."""

    def __init__(self) -> None:
        self._tokens: list[bytes] = []

    def open(self) -> str:
        """Start a session, and return its token."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        # A limit, so that pages that were closed without signing out cannot fill the memory.
        self._tokens = [*self._tokens[-(MAX_SESSIONS - 1) :], token.encode()]
        return token

    def accepts(self, token: str) -> bool:
        """Return whether a session with this token is open."""
        return self._find(token) is not None

    def end(self, token: str) -> bool:
        """End a session; return False if none has this token."""
        found = self._find(token)
        if found is not None:
            self._tokens.remove(found)
        return found is not None

    def end_all(self) -> int:
        """End all sessions; return how many there were."""
        ended, self._tokens = len(self._tokens), []
        return ended

    def _find(self, token: str) -> bytes | None:
        if not self._tokens:
            return None
        # A header may contain bytes that are not text.
        given = token.encode("utf-8", "surrogateescape")
        found = None
        # Each is compared in constant time, so that no part of a token can be guessed.
        for stored in self._tokens:
            if hmac.compare_digest(given, stored):
                found = stored
        return found
