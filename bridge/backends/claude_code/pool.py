"""A pool of spare processes: a request takes a started one, and the next is started."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bridge.backends.claude_code.process import ClaudeProcess
from bridge.backends.claude_code.spare_count import RESERVE_BYTES, SpareCount
from bridge.errors import BridgeError, TooManyStreams

_log = logging.getLogger(__name__)

MAX_AGE_SECONDS = 1800.0
"""A spare is replaced then: the sign-in that it read at its start may have expired."""
REVIEW_SECONDS = 60.0
"""How often spares that are old or too many are ended."""


def _read_available_memory() -> int:
    """Return the bytes that programs can still use without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


# States of the pool:
#
#   resting  No spares. `take` starts a process, and makes the pool warm.
#   warm     Spares are kept ready, as many as SpareCount says: `refill` starts what is missing in
#            one background task, and a timer ends those that are old or too many. `rest` ends all.
#
# A process that was taken belongs to the taker, who hands it to `end`. Each process has one of
# `max_processes` slots, from before its start until it is gone; requests get free slots in the
# order in which they came, before any spare. As many start at a time as there are processors:
# a start takes most of one for half a second, so that more would only delay each other.


class ProcessPool:
    """Has spare processes ready while it is warm, and bounds the processes; see above."""

    def __init__(
        self,
        start: Callable[[], Awaitable[ClaudeProcess]],
        spares: int,
        *,
        max_processes: int = 12,
        wait_seconds: float = 600.0,
        max_age_seconds: float = MAX_AGE_SECONDS,
        review_seconds: float = REVIEW_SECONDS,
        read_available_memory: Callable[[], int] = _read_available_memory,
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        """`wait_seconds` is how long a request waits for one of the processes to end.

        `make_room` ends a process that was taken and is idle, if there is one: a request waits for
        a slot, or memory is short.
        """
        self._start = start
        self._count = SpareCount(spares)
        self._max_processes = max_processes
        self._slots = asyncio.Semaphore(max_processes)
        self._starts = asyncio.Semaphore(os.cpu_count() or 1)
        self._wait_seconds = wait_seconds
        self._max_age = max_age_seconds
        self._review_seconds = review_seconds
        self._read_available_memory = read_available_memory
        self._make_room = make_room
        self._spares: deque[ClaudeProcess] = deque()
        self._warm = False
        self._filling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def spares(self) -> int:
        return len(self._spares)

    async def take(self) -> ClaudeProcess:
        """Return a usable spare, else a new process. Raises UpstreamFailed and TooManyStreams.

        The caller calls `refill` when its own request is under way, because starting a process
        takes most of a processor for half a second.
        """
        was_warm, self._warm = self._warm, True
        spare = self._take_spare()
        if spare is not None:
            return spare
        if was_warm:
            self._count.record_miss(time.monotonic())
        if self._slots.locked():
            self._make_room()
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise TooManyStreams(
                f"All {self._max_processes} Claude Code processes are busy."
            ) from error
        # A spare may have been started while this waited.
        spare = self._take_spare()
        if spare is not None:
            self._slots.release()
            return spare
        return await self._start_in_slot()

    def warm(self) -> None:
        """Keep spares ready from now on; they are started in the background."""
        self._warm = True
        self.refill()

    def refill(self) -> None:
        """Start missing spares in the background, unless the pool is resting."""
        if not self._warm:
            return
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._adjust_spares())

    def end(self, process: ClaudeProcess) -> None:
        """Pause a process that was taken, and end it in the background.

        No request waits for that: its client has its answer already, or has left.
        """
        process.pause()
        ending = asyncio.create_task(process.kill())
        self._ending.add(ending)
        ending.add_done_callback(self._release)

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
            self.end(self._spares.popleft())
        if self._ending:
            await asyncio.wait(self._ending)

    def _take_spare(self) -> ClaudeProcess | None:
        while self._spares:
            spare = self._spares.popleft()
            if spare.is_alive and not self._is_old(spare):
                return spare
            self.end(spare)
        return None

    async def _start_in_slot(self) -> ClaudeProcess:
        """Start a process in a slot that was acquired for it."""
        try:
            async with self._starts:
                return await self._start()
        except BaseException:  # also when cancelled: there is no process to release the slot later
            self._slots.release()
            raise

    async def _adjust_spares(self) -> None:
        """End spares that are old or too many, and start what is missing."""
        while self._warm:
            available = await asyncio.to_thread(self._read_available_memory)
            if available < RESERVE_BYTES:
                self._make_room()
            wanted = self._count.get_wanted(time.monotonic(), available)
            self._end_surplus(wanted)
            # Requests come first: a spare must not take their slot.
            if len(self._spares) >= wanted or self._slots.locked():
                break
            await self._slots.acquire()
            try:
                self._spares.append(await self._start_in_slot())
            except BridgeError as error:
                # The next request starts a process itself and reports the failure to its client.
                _log.warning("No spare Claude Code process: %s", error.message)
                break
        self._schedule_review()

    def _end_surplus(self, wanted: int) -> None:
        for spare in [spare for spare in self._spares if self._is_old(spare)]:
            self._spares.remove(spare)
            self.end(spare)
        while len(self._spares) > wanted:
            self.end(self._spares.popleft())

    def _schedule_review(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        seconds = min(self._review_seconds, self._max_age)
        self._timer = asyncio.get_running_loop().call_later(seconds, self.refill)

    def _is_old(self, process: ClaudeProcess) -> bool:
        return time.monotonic() - process.started_at >= self._max_age

    def _release(self, ending: asyncio.Task[None]) -> None:
        self._ending.discard(ending)
        self._slots.release()
