"""A pool of spare processes: a request takes a started one, and the next is started."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bridge.backends.claude_code.process import ClaudeProcess
from bridge.errors import BridgeError

_log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 1800.0
"""A spare is replaced then: the sign-in that it read at its start may have expired."""
_END_SECONDS = 1.0
"""How long a request waits for the end of its process, which takes 0.03 s."""

# States of the pool:
#
#   resting  No spares. `take` starts a process, and makes the pool warm.
#   warm     `size` spares are kept ready: `refill` starts what is missing in one background task,
#            and a timer replaces spares of MAX_AGE_SECONDS. `rest` ends all of them.
#
# A process that was taken belongs to the taker, who hands it to `end`.


class ProcessPool:
    """Has up to `size` spare processes ready while it is warm; see the states above."""

    def __init__(
        self,
        start: Callable[[], Awaitable[ClaudeProcess]],
        size: int,
        max_age_seconds: float = MAX_AGE_SECONDS,
    ) -> None:
        self._start = start
        self._size = size
        self._max_age = max_age_seconds
        self._spares: deque[ClaudeProcess] = deque()
        self._warm = False
        self._filling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def spares(self) -> int:
        return len(self._spares)

    async def take(self) -> ClaudeProcess:
        """Return a usable spare, else a new process. Raises UpstreamFailed.

        The caller calls `refill` when its own request is under way, because starting a process
        takes most of a processor for half a second.
        """
        self._warm = True
        while self._spares:
            spare = self._spares.popleft()
            if spare.is_alive and not self._is_old(spare):
                return spare
            self._end_process(spare)
        return await self._start()

    def warm(self) -> None:
        """Keep spares ready from now on; they are started in the background."""
        self._warm = True
        self.refill()

    def refill(self) -> None:
        """Start missing spares in the background, unless the pool is resting."""
        if not self._warm:
            return
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._start_spares())

    async def end(self, process: ClaudeProcess) -> None:
        """End a process that was taken; one that is renewing the sign-in ends in the background."""
        ending = self._end_process(process)
        await asyncio.wait([ending], timeout=_END_SECONDS)

    async def rest(self) -> None:
        """End all spares, and start none until the next use."""
        self._warm = False
        if self._timer is not None:
            self._timer.cancel()
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])
        # Filling has stopped, so no new spare can appear while these end.
        while self._spares:
            self._end_process(self._spares.popleft())
        if self._ending:
            await asyncio.wait(self._ending)

    async def _start_spares(self) -> None:
        while self._warm and len(self._spares) < self._size:
            try:
                self._spares.append(await self._start())
            except BridgeError as error:
                # The next request starts a process itself and reports the failure to its client.
                _log.warning("No spare Claude Code process: %s", error.message)
                break
        self._schedule_renewal()

    def _schedule_renewal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._max_age, self._replace_old) if self._spares else None

    def _replace_old(self) -> None:
        for spare in [spare for spare in self._spares if self._is_old(spare)]:
            self._spares.remove(spare)
            self._end_process(spare)
        self.warm()

    def _is_old(self, process: ClaudeProcess) -> bool:
        return time.monotonic() - process.started_at >= self._max_age

    def _end_process(self, process: ClaudeProcess) -> asyncio.Task[None]:
        ending = asyncio.create_task(process.kill())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending
