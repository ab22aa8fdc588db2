"""What the user has said to the desktop's own dialog, which asks whether Claude may use it."""

# The dialog is asked once per start of the bridge: the session with the desktop lasts until the
# bridge or the user ends it. A desktop that can remember gives a token, which is good for one start
# and is replaced there. A no is remembered for a while, so that Claude's next try does not bring
# the dialog back.

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bridge.private_files import read_secret, write_private

DENIED_SECONDS = 300.0
"""How long a no is remembered."""


class PortalAccess:
    """Used in the desktop's thread."""

    def __init__(
        self, token_file: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`token_file`: where the desktop's token is saved; None to save none."""
        self._token_file = token_file
        self._clock = clock
        self._denied_until = 0.0

    @property
    def is_denied(self) -> bool:
        return self._clock() < self._denied_until

    def note_denial(self) -> None:
        self._denied_until = self._clock() + DENIED_SECONDS

    def read_token(self) -> str | None:
        """Return the token of the last start; None without one."""
        return read_secret(self._token_file) if self._token_file is not None else None

    def save_token(self, token: str) -> None:
        """Save the token for the next start. Raises SettingsError."""
        if self._token_file is not None:
            write_private(self._token_file, token)
