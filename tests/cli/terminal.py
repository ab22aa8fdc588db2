"""A terminal in which a user types."""

from __future__ import annotations

import io


class Terminal(io.StringIO):
    """What the user types, for `sys.stdin`; its end is Ctrl+D."""

    def isatty(self) -> bool:
        return True
