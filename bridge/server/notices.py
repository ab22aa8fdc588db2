"""Tells the person what became of their request: one log line, one header."""

from __future__ import annotations

import logging
from collections.abc import Sequence

_log = logging.getLogger(__name__)

_LONGEST = 4000


def notice_headers(request_id: str, notices: Sequence[str]) -> dict[str, str]:
    """`x-bridge-notice`, when there are any; they are logged, too."""
    if not notices:
        return {}
    line = _one_line("; ".join(dict.fromkeys(notices)))
    _log.info("%s notice: %s", request_id, line)
    return {"x-bridge-notice": line}


def _one_line(text: str) -> str:
    """Header-safe: a client's own field names may be in it."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable.encode("ascii", "backslashreplace").decode()[:_LONGEST]
