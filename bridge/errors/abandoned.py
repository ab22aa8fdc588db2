"""Ends work in a thread whose result is no longer needed.

A thread cannot be cancelled. Code that starts work in one sets `ABANDONED` in its context; slow
functions call `raise_if_abandoned` between their steps.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar

ABANDONED: ContextVar[threading.Event | None] = ContextVar("abandoned", default=None)
"""Set while a thread works for a request; the event is set when the client leaves."""


class Abandoned(Exception):
    """The client has left, so the work is not continued."""


def raise_if_abandoned() -> None:
    """Raise Abandoned if the client that this work is for has left."""
    event = ABANDONED.get()
    if event is not None and event.is_set():
        raise Abandoned
