"""All responses that clients may continue or retrieve later: in memory, and on disk if asked.

Every response is in memory for a while, unless its request had `store: false`. Only one whose
request had `store: true` is written to disk, too.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bridge.errors import InvalidRequest, PreviousResponseNotFound, StorageUnavailable
from bridge.store.age import DAY
from bridge.store.background_jobs import BackgroundJob, delete_job, read_job, write_job
from bridge.store.damaged_files import delete_database
from bridge.store.response_table import Json, Limits, ResponseTable, StoredResponse, Turns

MAX_CHAIN = 1_000
MEMORY_HOURS = 24.0
IN_MEMORY = Limits(seconds=MEMORY_HOURS * 3_600, count=2_000, size=256 * 1024 * 1024)
MAX_ON_DISK = 5_000
MAX_BYTES_ON_DISK = 2 * 1024**3
WRITE_SECONDS = 3.0
"""How long an answer waits until it is on disk; a locked file must not delay it more."""

MEMORY_ONLY = "store: response_days is 0, so the response is in memory only"

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chain:
    """The items of a response and all before it, oldest first."""

    items: tuple[Json, ...]
    count: int
    """Responses in it."""
    on_disk: bool
    """Whether it can be continued after a restart."""


class ResponseStore:
    """The responses of this process; without `path`, or with 0 days, all are only in memory."""

    def __init__(
        self,
        path: Path | None,
        days: float,
        *,
        max_responses: int = MAX_ON_DISK,
        in_memory: Limits = IN_MEMORY,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = Limits(days * DAY, max_responses, MAX_BYTES_ON_DISK)
        self._path = path
        self._days = days
        # In memory, nothing but the time that passes counts.
        self._memory = ResponseTable(None, in_memory, now=monotonic, monotonic=monotonic)
        self._disk = (
            ResponseTable(path, limits, now=now, monotonic=monotonic)
            if path is not None and days > 0
            else None
        )

    @property
    def has_file(self) -> bool:
        """Whether `store: true` can store on disk."""
        return self._disk is not None

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._disk.problems if self._disk is not None else []

    def open(self) -> None:
        """Delete the file of earlier settings if there is to be none. Blocks; raises OSError."""
        if self._disk is None and self._path is not None:
            delete_database(self._path)

    async def put(self, stored: StoredResponse, *, on_disk: bool) -> str | None:
        """Store a response; return a notice if it should be on disk, but is not.

        The body then gets `store: false` and the notice.
        """
        notice = await self._write_disk(lambda disk: disk.put(stored)) if on_disk else None
        if on_disk and self._disk is None:
            notice = MEMORY_ONLY
        if notice is not None:
            stored.body.update(store=False, bridge_notice=notice)
        self._memory.put_soon(stored)
        return notice

    async def get(self, id: str) -> StoredResponse | None:
        """Return the response with this id. Raises StorageUnavailable."""
        return await self._memory.get(id) or await self._read_disk(lambda disk: disk.get(id), None)

    async def delete(self, id: str) -> bool:
        """Delete a response; return whether it was stored. Raises StorageUnavailable."""
        return await self.forget(id=id) > 0

    async def forget(self, *, id: str | None = None, older_than: float | None = None) -> int:
        """Delete one response, those older than some seconds, or all; return how many.

        Raises StorageUnavailable; then those in memory are deleted nevertheless.
        """
        in_memory = await self._memory.delete(id=id, older_than=older_than)
        on_disk = await self._read_disk(lambda disk: disk.delete(id=id, older_than=older_than), 0)
        # Those on disk are in memory, too, as long as they are recent.
        return max(in_memory, on_disk)

    async def count(self) -> tuple[int, int]:
        """Return how many are in memory, and on disk. Raises StorageUnavailable."""
        return await self._memory.count(), await self._read_disk(lambda disk: disk.count(), 0)

    async def load_chain(self, id: str, most: int = MAX_CHAIN) -> Chain:
        """Return the items of a response and all before it.

        Raises PreviousResponseNotFound if one is missing, InvalidRequest for more than MAX_CHAIN,
        and StorageUnavailable.
        """
        turns: list[tuple[Json, ...]] = []
        next_id: str | None = id
        on_disk = True
        while next_id is not None:
            if len(turns) >= most:
                raise InvalidRequest(
                    f"The conversation has more than {MAX_CHAIN:,} responses before this one. "
                    "Shorten it with /v1/responses/compact, and send the result as the input "
                    "without previous_response_id.",
                    param="previous_response_id",
                )
            found = await self._load_turns(next_id, most - len(turns))
            if found is None:
                raise self._build_missing(id, next_id)
            turns += found.turns
            next_id, on_disk = found.previous, on_disk and found.on_disk
        items = tuple(item for turn in reversed(turns) for item in turn)
        return Chain(items, len(turns), on_disk)

    async def load_items(self, ids: Sequence[str]) -> dict[str, Json]:
        """Return the stored output items with these ids, by id. Raises StorageUnavailable."""
        items = await self._memory.load_items(ids)
        others = [id for id in ids if id not in items]
        if others:
            none: dict[str, Json] = {}
            items |= await self._read_disk(lambda disk: disk.load_items(others), none)
        return items

    async def put_job(self, job: BackgroundJob) -> str | None:
        """Store the state of a background response; return a notice if that failed."""

        async def put(disk: ResponseTable) -> None:
            await disk.run(lambda database: write_job(database, job, disk.read_clock()))

        return await self._write_disk(put)

    async def delete_job(self, id: str) -> None:
        """Delete the state of a background response that is complete."""

        async def delete(disk: ResponseTable) -> None:
            await disk.run(lambda database: delete_job(database, id))

        await self._write_disk(delete)

    async def get_job(self, id: str) -> BackgroundJob | None:
        """Return the state of a background response. Raises StorageUnavailable."""

        async def get(disk: ResponseTable) -> BackgroundJob | None:
            return await disk.run(lambda database: read_job(database, id))

        return await self._read_disk(get, None)

    async def expire(self) -> None:
        """Delete what is too old; called at the start and every hour."""
        await self._memory.expire()
        await self._read_disk(lambda disk: disk.expire(), None)

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._memory.close()
        if self._disk is not None:
            await self._disk.close()

    def describe_missing(self, id: str) -> str:
        """Return why a response may not be there, and how to keep one."""
        where = "without `store: true` it is kept in memory only"
        how = f"Send `store: true` to keep it on disk for {self._days:g} days (response_days)."
        if self._disk is None:
            where, how = "it is kept in memory only", "Set response_days to keep some on disk."
        return (
            f"Response {id[:100]} not found: {where}, until the bridge restarts and for "
            f"{MEMORY_HOURS:g} hours at most. {how}"
        )

    def _build_missing(self, id: str, missing: str) -> PreviousResponseNotFound:
        message = self.describe_missing(missing)
        if missing != id:
            message += f" It is part of the conversation that {id[:100]} continues."
        # An answer without the history would be wrong in ways that the client could not see.
        return PreviousResponseNotFound(message, param="previous_response_id")

    async def _load_turns(self, id: str, most: int) -> Turns | None:
        # Memory first: a file that is locked or cannot be read must not end a conversation there.
        turns = await self._memory.load_turns(id, most)
        if not turns.turns:
            turns = await self._read_disk(lambda disk: disk.load_turns(id, most), turns)
        return turns if turns.turns else None

    async def _read_disk(self, job: Callable[[ResponseTable], Awaitable[_T]], default: _T) -> _T:
        if self._disk is None:
            return default
        try:
            return await job(self._disk)
        except (sqlite3.Error, OSError) as error:
            _log.warning("Stored responses could not be read: %s", error)
            raise StorageUnavailable(f"Stored responses cannot be read: {error}.") from error

    async def _write_disk(self, job: Callable[[ResponseTable], Awaitable[None]]) -> str | None:
        """Run a write, but wait for WRITE_SECONDS at most; return a notice if it failed."""
        if self._disk is None:
            return None
        writing = asyncio.ensure_future(job(self._disk))
        try:
            # Shielded: a client that leaves, and a slow disk, must not undo it.
            await asyncio.wait_for(asyncio.shield(writing), WRITE_SECONDS)
        except TimeoutError:
            writing.add_done_callback(_log_late_failure)
            return "store: in memory only so far, as writing to the disk takes long"
        except (sqlite3.Error, OSError) as error:
            _log.warning("A response could not be stored: %s", error)
            return f"store: in memory only, as it could not be written to disk ({error})"
        return None


def _log_late_failure(writing: asyncio.Future[None]) -> None:
    error = None if writing.cancelled() else writing.exception()
    if error is not None:
        _log.warning("A response could not be stored: %s", error)
