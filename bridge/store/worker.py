"""Run all SQL of one store in a single thread, off the event loop.

States of a worker, and what moves it on:

    idle        no thread job for writes is scheduled
    gathering   `put` has scheduled one; it waits up to `gather_seconds` for more writes, or
                until `run` or `close` needs the result
    writing     the gathered writes run in order, at most `_MAX_BATCH` in one transaction
    closed      after `close`; later writes are refused with a warning

`run` first executes the writes that were put before it, so a read sees every earlier write.
"""

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

_MAX_BATCH = 200
"""Writes in one transaction; between two transactions, other processes may write."""


class Worker:
    """A thread with a SQLite connection, opened at first use; without `path`, in memory."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        schema: str,
        *,
        loss: str,
        on_open: _Write = lambda _: None,
        gather_seconds: float = 0.0,
    ) -> None:
        """Prepare a worker; nothing is opened yet.

        `loss` is the log message of a failed write. `on_open` runs once, before anything else.
        A write may wait `gather_seconds` for others, to share one transaction with them.
        """
        self._name = name
        self._loss = loss
        self._on_open = on_open
        self._path = path
        self._schema = schema
        self._gather_seconds = gather_seconds
        self._writes: deque[_Write] = deque()
        self._scheduled = False
        self._hurry = threading.Event()
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def run(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job after all earlier writes, and return its result.

        Raises sqlite3.Error or OSError.
        """
        loop = asyncio.get_running_loop()
        self._hurry.set()
        return await loop.run_in_executor(self._thread, self._run_job, job)

    def put(self, write: _Write) -> None:
        """Schedule a write and return at once, in any thread. A failure is only logged."""
        if self._closed:
            _log.warning("The %s is closed. %s.", self._name, self._loss)
            return
        self._writes.append(write)
        if not self._scheduled:
            self._scheduled = True
            self._thread.submit(self._gather_and_write)

    async def close(self) -> None:
        """Execute the remaining writes and close the file."""
        if self._closed:
            return
        self._closed = True
        self._hurry.set()
        await asyncio.get_running_loop().run_in_executor(None, self._shut_down)

    def _run_job(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        self._write_all()
        return job(self._get_connection())

    def _gather_and_write(self) -> None:
        if self._gather_seconds:
            self._hurry.wait(self._gather_seconds)
        self._hurry.clear()
        # Before the writes: a `put` from now on must schedule a new job, or it would be forgotten.
        self._scheduled = False
        self._write_all()

    def _write_all(self) -> None:
        """Execute all gathered writes; one that fails is lost, and the loss is logged."""
        while self._writes:
            count = min(len(self._writes), _MAX_BATCH)
            self._write_batch([self._writes.popleft() for _ in range(count)])

    def _write_batch(self, writes: Sequence[_Write]) -> None:
        with self._log_losses():
            connection = self._get_connection()
            transaction = _begin_transaction(connection) if self._gather_seconds else nullcontext()
            with transaction:
                for write in writes:
                    # Each separately: one bad row must not lose the others of its batch.
                    with self._log_losses():
                        write(connection)

    @contextmanager
    def _log_losses(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, OverflowError) as error:
            _log.warning("%s: %s", self._loss, error)

    def _get_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open_connection()
            self._on_open(self._connection)
        return self._connection

    def _open_connection(self) -> sqlite3.Connection:
        if self._path is not None:
            return open_database(self._path, self._schema)
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(self._schema)
        return connection

    def _shut_down(self) -> None:
        self._thread.submit(self._write_all)
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()


@contextmanager
def _begin_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE waits for other writers here; a plain BEGIN could fail at the first write instead.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("COMMIT")
