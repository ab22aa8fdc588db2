"""Report what the bridge changed in a request, or adds to an error of Claude's, in a header."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bridge.errors import BridgeError
from bridge.inspect.recording import CURRENT

_log = logging.getLogger(__name__)

_MAX_LENGTH = 4000
_UNKNOWN = " ignored: unknown "
"""Part of every notice about a field that the bridge does not know."""
_ANY_FIELD = "a field ignored: unknown field"


def build_notice_headers(request_id: str, notices: Sequence[str]) -> dict[str, str]:
    """Build `x-bridge-notice` if there are notices, and log them."""
    if not notices:
        return {}
    if (recording := CURRENT.get()) is not None:
        recording.add_notices(notices)
    distinct = list(dict.fromkeys(notices))
    # The name of an unknown field is the client's own text, which must not be in the log.
    loggable = dict.fromkeys(_ANY_FIELD if _UNKNOWN in notice else notice for notice in distinct)
    _log.info("%s notice: %s", request_id, _make_printable("; ".join(loggable)))
    return {"x-bridge-notice": _make_printable("; ".join(distinct))}


def build_hint_headers(error: BridgeError) -> dict[str, str]:
    """Build `x-bridge-hint`, if the bridge says more about an error than its original does.

    The hint is not logged, as the message may quote the conversation.
    """
    original = error.original
    if original is None or original.body["error"]["message"] == error.message:
        return {}
    return {"x-bridge-hint": _make_printable(error.message)}


def _make_printable(text: str) -> str:
    """Make one line of ASCII: names of a client's fields may contain anything."""
    # A line break would end the header, and let a client add headers of its choice.
    printable = "".join(char if char.isprintable() else " " for char in text)
    # Proxies and clients reject headers of more than about 8 KB in all.
    return printable.encode("ascii", "backslashreplace").decode()[:_MAX_LENGTH]
