"""Tells the person what became of their request: one log line, one header."""

from __future__ import annotations

import logging
from collections.abc import Sequence

_log = logging.getLogger(__name__)

_LONGEST = 4000
_UNKNOWN = " ignored: unknown "
_A_FIELD = "a field ignored: unknown field"


def notice_headers(request_id: str, notices: Sequence[str]) -> dict[str, str]:
    """`x-bridge-notice`, when there are any; they are logged, too."""
    if not notices:
        return {}
    told = list(dict.fromkeys(notices))
    # The name of an unknown field is the client's own word, and not for the log.
    logged = dict.fromkeys(_A_FIELD if _UNKNOWN in one else one for one in told)
    _log.info("%s notice: %s", request_id, _one_line("; ".join(logged)))
    return {"x-bridge-notice": _one_line("; ".join(told))}


def _one_line(text: str) -> str:
    """Header-safe: a client's own field names may be in it."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable.encode("ascii", "backslashreplace").decode()[:_LONGEST]
