"""Spare processes, started ahead: a request takes one that is ready, and the next is started."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import BridgeError

_log = logging.getLogger(__name__)

OLDEST_SECONDS = 1800.0


class Pool:
    """Holds `size` spares while it is warm. Every process it gives away is the taker's to kill."""

    def __init__(
        self,
        start: Callable[[], Awaitable[ClaudeProcess]],
        size: int,
        oldest_seconds: float = OLDEST_SECONDS,
    ) -> None:
        self._start = start
        self._size = size
        self._oldest = oldest_seconds
        self._spares: deque[ClaudeProcess] = deque()
        self._warm = False
        self._filling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def spares(self) -> int:
        return len(self._spares)

    async def take(self) -> ClaudeProcess:
        """A spare if there is a good one, else a new process; raises UpstreamFailed.

        The next spare is started by `refill`, when the taker is under way: a start takes most of
        a processor for half a second.
        """
        self._warm = True
        taken: ClaudeProcess | None = None
        while self._spares and taken is None:
            spare = self._spares.popleft()
            if spare.alive and not self._is_old(spare):
                taken = spare
            else:
                self._end(spare)
        return taken or await self._start()

    def warm(self) -> None:
        """Fills up behind the caller's back, from now on after each use."""
        self._warm = True
        self.refill()

    def refill(self) -> None:
        """Starts what is missing, unless the pool is at rest."""
        if not self._warm:
            return
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def rest(self) -> None:
        """No spares until the next use."""
        self._warm = False
        if self._timer is not None:
            self._timer.cancel()
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])
        while self._spares:
            self._end(self._spares.popleft())
        if self._ending:
            await asyncio.wait(self._ending)

    async def _fill(self) -> None:
        while self._warm and len(self._spares) < self._size:
            try:
                self._spares.append(await self._start())
            except BridgeError as error:
                # The request that needs one will say so to the one who waits.
                _log.warning("No spare Claude Code process: %s", error.message)
                break
        self._plan_renewal()

    def _plan_renewal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._oldest, self._renew) if self._spares else None

    def _renew(self) -> None:
        for spare in [spare for spare in self._spares if self._is_old(spare)]:
            self._spares.remove(spare)
            self._end(spare)
        self.warm()

    def _is_old(self, process: ClaudeProcess) -> bool:
        return time.monotonic() - process.started_at >= self._oldest

    def _end(self, process: ClaudeProcess) -> None:
        ending = asyncio.create_task(process.kill())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
