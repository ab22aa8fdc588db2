"""Report once that the server cannot accept connections, instead of at every attempt.

When the process has no file descriptors left, asyncio tries again every second, and reports each
attempt several times to the event loop's exception handler, with a traceback.

States: accepting, and exhausted after such a report. While exhausted, reports are not logged;
`note_accepted` ends the state.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_log = logging.getLogger(__name__)

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class AcceptErrors:
    """The event loop's exception handler; it passes on everything but errors of `accept`."""

    def __init__(self) -> None:
        self._exhausted = False

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle a report; see `loop.set_exception_handler`."""
        error = context.get("exception")
        # Only reports about a listening socket have it together with such an error.
        if (
            not isinstance(error, OSError)
            or error.errno not in _EXHAUSTED
            or "socket" not in (context)
        ):
            loop.default_exception_handler(context)
        elif not self._exhausted:
            self._exhausted = True
            _log.error(
                "Cannot accept more connections: %s. New connections wait until others are closed.",
                error.strerror,
            )

    def note_accepted(self) -> None:
        """Note that a connection was accepted."""
        if self._exhausted:
            self._exhausted = False
            _log.warning("Connections are accepted again.")


@contextmanager
def report_accept_errors_once() -> Iterator[AcceptErrors]:
    """Install the handler for the running event loop, until the block ends."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    errors = AcceptErrors()
    loop.set_exception_handler(errors.handle)
    try:
        yield errors
    finally:
        loop.set_exception_handler(before)
