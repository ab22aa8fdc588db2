"""One thread that holds a SQLite connection: what it is given is done in order, off the loop."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from bridge.store.database import open_database

_T = TypeVar("_T")
_Write = Callable[[sqlite3.Connection], object]
_log = logging.getLogger(__name__)

_MOST_TOGETHER = 200
"""Writes of one transaction: others may write between two of them."""


class Worker:
    """The file is opened when it is first needed; without `path` all is in memory."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        schema: str,
        *,
        lost: str,
        opened: _Write = lambda _: None,
        gather_seconds: float = 0.0,
    ) -> None:
        """`opened` is done once, before anything else; `lost` says what a failed write means.

        `gather_seconds`: so long a write may wait for others, to be one transaction with them.
        """
        self._name = name
        self._lost = lost
        self._first = opened
        self._path = path
        self._schema = schema
        self._gather_seconds = gather_seconds
        self._gathered: deque[_Write] = deque()
        self._due = False
        self._hurry = threading.Event()
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def ask(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """What the job finds, after all that was put before. Raises sqlite3.Error or OSError."""
        loop = asyncio.get_running_loop()
        self._hurry.set()
        return await loop.run_in_executor(self._thread, self._do, job)

    def put(self, job: _Write) -> None:
        """Returns at once, in any thread; a failure is only logged."""
        if self._closed:
            _log.warning("The %s is closed. %s.", self._name, self._lost)
            return
        self._gathered.append(job)
        if not self._due:
            self._due = True
            self._thread.submit(self._catch_up_later)

    async def close(self) -> None:
        """Ends when all is written."""
        if self._closed:
            return
        self._closed = True
        self._hurry.set()
        await asyncio.get_running_loop().run_in_executor(None, self._end)

    def _do(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        self._catch_up()
        return job(self._connected())

    def _catch_up_later(self) -> None:
        if self._gather_seconds:
            self._hurry.wait(self._gather_seconds)
        self._hurry.clear()
        self._due = False
        self._catch_up()

    def _catch_up(self) -> None:
        """Writes what was gathered; what fails is lost, and said."""
        while self._gathered:
            count = min(len(self._gathered), _MOST_TOGETHER)
            self._do_together([self._gathered.popleft() for _ in range(count)])

    def _do_together(self, writes: Sequence[_Write]) -> None:
        with self._complaining():
            connection = self._connected()
            together = _transaction(connection) if self._gather_seconds else nullcontext()
            with together:
                for write in writes:
                    with self._complaining():
                        write(connection)

    @contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, OverflowError) as error:
            _log.warning("%s: %s", self._lost, error)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._opened()
            self._first(self._connection)
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        if self._path is not None:
            return open_database(self._path, self._schema)
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(self._schema)
        return connection

    def _end(self) -> None:
        self._thread.submit(self._catch_up)
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("COMMIT")
