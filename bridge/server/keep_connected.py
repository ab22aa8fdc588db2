"""Keep a connection to Claude open while a profile asks for it."""

from __future__ import annotations

import asyncio
import logging

from bridge.errors import BridgeError
from bridge.server.state import Bridge

SECONDS = 45.0
"""Less than an idle connection stays open, here and at the servers of Claude's API."""
_log = logging.getLogger(__name__)


async def keep_connected(bridge: Bridge) -> None:
    """Open a connection now, and use it again and again, until the task is cancelled.

    A new connection costs three round trips, which is more than a short answer takes.
    """
    while True:
        rules = [entry.rule for entry in bridge.routing.listed]
        for name in {rule.required_backend for rule in rules if rule.profile is not None}:
            try:
                await bridge.selection.keep_connected(name)
            except BridgeError as error:
                # The next request says the same to its client, if it is still so.
                _log.info("No connection to Claude is open: %s", error.message)
        await asyncio.sleep(SECONDS)
