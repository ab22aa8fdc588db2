"""One-time codes that the user types into a page that is open already, to unlock it.

A ticket is in the address that a page is opened with. A code is for a page that was opened without
one: the user reads it in the terminal or in the tray, and types it. So it is short, which is why
only a few attempts are allowed and why only the newest code is valid.
"""

# States of the code: none → valid (issue) → none (redeemed, too many wrong attempts, expired, or
# replaced by the next `issue`).

from __future__ import annotations

import hmac
import secrets

from bridge.deadline import Deadline, ReadClocks, read_clocks

SECONDS = 300.0
"""How long a code is valid."""
MAX_ATTEMPTS = 5
"""Wrong codes after which the valid one is worthless, too."""

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, 1, I, L or O, which look alike."""
_LENGTH = 8
"""About 40 bits: with five attempts, a guess is right once in 170 billion codes."""


class UnlockCodes:
    """The valid code, if there is one."""

    def __init__(self, clocks: ReadClocks = read_clocks) -> None:
        self._clocks = clocks
        self._code = ""
        self._deadline: Deadline | None = None
        self._attempts_left = 0

    def issue(self) -> str:
        """Create a code, such as `K7QM-2XDR`; the one before is invalid then."""
        self._code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        self._deadline = Deadline(self._clocks(), SECONDS)
        self._attempts_left = MAX_ATTEMPTS
        return f"{self._code[:4]}-{self._code[4:]}"

    def has_valid(self) -> bool:
        """Return whether there is a code that can be redeemed."""
        if self._deadline is not None and self._deadline.has_passed(self._clocks()):
            self._deadline = None
        return self._deadline is not None

    def redeem(self, typed: str) -> bool:
        """Return whether the code was valid, and invalidate it; a wrong one is an attempt."""
        if not self.has_valid():
            return False
        self._attempts_left -= 1
        is_right = hmac.compare_digest(_normalize(typed), self._code.encode())
        if is_right or self._attempts_left == 0:
            self._deadline = None
        return is_right


def _normalize(typed: str) -> bytes:
    """Return a typed code as it was issued: in capitals, without the hyphen and spaces."""
    kept = typed.upper().replace("-", "").replace(" ", "")
    return kept.encode("utf-8", "surrogatepass")
