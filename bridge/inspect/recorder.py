"""The recorder: the last exchanges, in memory only, while the user has it on.

States: off, on. `turn_on` starts a timer that turns it off. Turning off, however it happens, drops
everything, also of requests that still run: they go on and are not recorded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from bridge.inspect.exchange import ClientRequest, Exchange, Via
from bridge.inspect.recording import Recording

_P = ParamSpec("_P")
_T = TypeVar("_T")

MOST_EXCHANGES = 200
MOST_REJECTED = 50
"""Of these, so that the requests of a web page cannot push out those of the user's clients."""
MOST_BYTES = 64 << 20
MOST_MINUTES = 24 * 60


class Watcher:
    """Tells a reader which exchanges have changed since it looked."""

    def __init__(self) -> None:
        self._changed: dict[str, None] = {}
        self._event = asyncio.Event()

    def note(self, id: str) -> None:
        """Note that an exchange has changed; an empty id stands for the recorder's state."""
        self._changed[id] = None
        self._event.set()

    async def wait(self) -> list[str]:
        """Wait for a change; return the ids of all that have changed, oldest first."""
        await self._event.wait()
        changed, self._changed = list(self._changed), {}
        self._event.clear()
        return changed


class Recorder:
    """Stores exchanges while it is on; when there are too many, the oldest is dropped."""

    def __init__(self, most: int = MOST_EXCHANGES, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._recordings: dict[str, Recording] = {}
        """The oldest first."""
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._watchers: set[Watcher] = set()
        self._working = asyncio.Lock()
        self.size = 0
        """The bytes of all content, about."""
        self.is_on = False
        self.until: float | None = None
        """Unix seconds at which it turns itself off."""
        self.dropped = 0
        """How many exchanges had to go since it was turned on, for want of room."""

    @property
    def count(self) -> int:
        """The number of exchanges."""
        return len(self._recordings)

    def turn_on(self, minutes: float) -> None:
        """Record from now on, for some minutes; calling it again sets another end."""
        self._cancel_timer()
        if not self.is_on:
            self.dropped = 0
        self.is_on, self.until = True, time.time() + minutes * 60
        self._timer = asyncio.get_running_loop().call_later(minutes * 60, self.turn_off)
        self._tell_watchers("")

    def turn_off(self) -> None:
        """Stop recording and drop everything."""
        self._cancel_timer()
        self.is_on, self.until = False, None
        self.clear()

    def clear(self) -> None:
        """Drop everything that is recorded, also of requests that still run."""
        for recording in self._recordings.values():
            recording.discard()
        self._recordings.clear()
        self.size = 0
        self._tell_watchers("")

    def begin(
        self,
        request: ClientRequest,
        via: Via,
        started: float,
        repeats: str | None = None,
        *,
        is_rejected: bool = False,
    ) -> Recording:
        """Begin to record a request; what passes while it is off is not stored."""
        self._count += 1
        recording = Recording(
            str(self._count), request, via, started, self._grow, repeats, is_rejected=is_rejected
        )
        if not self.is_on:
            # Turned off since its caller looked.
            recording.discard()
            return recording
        self._recordings[recording.id] = recording
        if is_rejected:
            self._drop_rejected()
        if len(self._recordings) > self._most:
            self._drop_oldest()
        self._tell_watchers(recording.id)
        return recording

    def get(self, id: str) -> Exchange | None:
        """Return an exchange, also one that still runs."""
        if (recording := self._recordings.get(id)) is not None:
            recording.store()
        # To store it may have taken too much memory.
        return recording.freeze() if recording is not None and id in self._recordings else None

    def list_exchanges(self) -> list[Exchange]:
        """List all exchanges, the oldest first."""
        for recording in list(self._recordings.values()):
            recording.store()
        return [recording.freeze() for recording in self._recordings.values()]

    def get_size(self, id: str) -> int:
        """Return the bytes of an exchange's content, about; 0 if it is not stored."""
        recording = self._recordings.get(id)
        return 0 if recording is None else recording.size

    async def work(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run work on what is stored in a thread, one at a time: clients come first."""
        async with self._working:
            return await asyncio.to_thread(function, *args, **kwargs)

    @contextmanager
    def watch(self) -> Iterator[Watcher]:
        """Watch for changes while the block runs."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def _grow(self, recording: Recording, size: int) -> None:
        recording.size += size
        self.size += size
        # The only one goes, too, if it alone is too large.
        while self.size > self._most_bytes:
            self._drop_oldest()
        if self._watchers:
            self._tell_watchers(recording.id)

    def _drop_rejected(self) -> None:
        """Drop the oldest rejected request if there are too many of them."""
        rejected = [id for id, recording in self._recordings.items() if recording.is_rejected]
        if len(rejected) > MOST_REJECTED:
            self._drop(rejected[0])

    def _drop_oldest(self) -> None:
        self._drop(next(iter(self._recordings)))

    def _drop(self, id: str) -> None:
        oldest = self._recordings.pop(id)
        self.size -= oldest.size
        oldest.discard()
        self.dropped += 1

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell_watchers(self, id: str) -> None:
        for watcher in self._watchers:
            watcher.note(id)
