"""Run all SQL of one store in a single thread, off the event loop; replace a damaged file.

States of a worker, and what moves it on:

    idle        no thread job for writes is scheduled
    gathering   `put` has scheduled one; it waits up to `gather_seconds` for more writes, or
                until `run` or `close` needs the result
    writing     the gathered writes run in order, at most `_MAX_BATCH` in one transaction
    closed      after `close`; later writes are refused with a warning

`run` first executes the writes that were put before it, so a read sees every earlier write.

When SQLite reports damage, the file is renamed, another one is opened in its place and the job is
run once more. When the file was replaced or deleted by someone else, it is opened again. When it
cannot be opened, jobs fail for PAUSE_SECONDS without another attempt, so that a locked file delays
few of them.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from bridge.store.damaged_files import delete_files, rename_damaged
from bridge.store.database import (
    Schema,
    has_changed,
    is_damage,
    open_database,
    open_in_memory,
    transaction,
)

_T = TypeVar("_T")
_Write = Callable[[sqlite3.Connection], object]
_log = logging.getLogger(__name__)

_MAX_BATCH = 200
"""Writes in one transaction; between two transactions, other processes may write."""
PAUSE_SECONDS = 5.0
_MAX_PROBLEMS = 10


class Worker:
    """A thread with a SQLite connection, opened at first use; without `path`, in memory."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        schema: Schema,
        *,
        loss: str,
        on_open: _Write = lambda _: None,
        gather_seconds: float = 0.0,
    ) -> None:
        """Prepare a worker; nothing is opened yet.

        `loss` is the log message of a failed write. `on_open` runs once per opened file, before
        anything else. A write may wait `gather_seconds` for others, to share one transaction.
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
        self._identity = (0, 0)
        self._failure: tuple[float, Exception] | None = None
        self._problems: deque[str] = deque(maxlen=_MAX_PROBLEMS)

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, and what to do, for the user."""
        return list(self._problems)

    async def run(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job after all earlier writes, and return its result.

        Raises sqlite3.Error or OSError.
        """
        loop = asyncio.get_running_loop()
        self._hurry.set()
        return await loop.run_in_executor(self._thread, self._run_job, job)

    async def run_in_order(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job after the writes put before it, and before all that are put later.

        `run` may execute later writes, too, before its job. Raises sqlite3.Error or OSError.
        """
        results: list[_T] = []
        failures: list[sqlite3.Error | OSError] = []

        def run_job(connection: sqlite3.Connection) -> None:
            try:
                # In place of an earlier result, as a batch is run again if the file was replaced.
                results[:] = [job(connection)]
            except (sqlite3.Error, OSError) as error:
                if is_damage(error):
                    raise
                failures.append(error)

        self.put(run_job)
        await self.run(lambda _: None)
        if failures:
            raise failures[0]
        if not results:
            raise sqlite3.OperationalError(f"the {self._name} could not be read")
        return results[0]

    async def run_if_stored(self, job: Callable[[sqlite3.Connection], _T], default: _T) -> _T:
        """Run a job as `run` does; without a file, return the default and create none."""
        loop = asyncio.get_running_loop()
        self._hurry.set()
        return await loop.run_in_executor(self._thread, self._run_if_stored, job, default)

    async def run_emptying(self, job: Callable[[sqlite3.Connection], _T], default: _T) -> _T:
        """Run a job that deletes everything; if the disk is too full for it, delete the file.

        Then, and without a file, return the default.
        """
        loop = asyncio.get_running_loop()
        self._hurry.set()
        return await loop.run_in_executor(self._thread, self._run_emptying, job, default)

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
        return self._execute(job)

    def _run_if_stored(self, job: Callable[[sqlite3.Connection], _T], default: _T) -> _T:
        self._write_all()
        if self._connection is None and (self._path is None or not self._path.exists()):
            return default
        return self._execute(job)

    def _run_emptying(self, job: Callable[[sqlite3.Connection], _T], default: _T) -> _T:
        try:
            return self._run_if_stored(job, default)
        except sqlite3.OperationalError as error:
            # Deleting rows writes them to the log first, which takes space.
            if self._path is None or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_FULL:
                raise
        self._disconnect()
        delete_files(self._path)
        return default

    def _execute(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job, and once more if the file had to be replaced."""
        try:
            return job(self._get_connection())
        except sqlite3.Error as error:
            if not self._replace_damaged(error):
                raise
        return job(self._get_connection())

    def _gather_and_write(self) -> None:
        if self._gather_seconds:
            self._hurry.wait(self._gather_seconds)
        self._hurry.clear()
        # Before the writes: a `put` from now on must schedule a new job, or it would be forgotten.
        self._scheduled = False
        self._write_all()

    def _write_all(self) -> None:
        """Execute the writes gathered until now; one that fails is lost, and the loss is logged."""
        # Not those that are put meanwhile: if they came faster than they are written, a read would
        # wait for ever. Who put them has scheduled another job.
        left = len(self._writes)
        while left:
            count = min(left, _MAX_BATCH)
            self._write_batch([self._writes.popleft() for _ in range(count)])
            left -= count

    def _write_batch(self, writes: Sequence[_Write]) -> None:
        def write_together(connection: sqlite3.Connection) -> None:
            with transaction(connection) if self._gather_seconds else nullcontext():
                for write in writes:
                    # Each separately: one bad row must not lose the others of its batch. Damage
                    # is no loss yet: the whole batch is written again, into another file.
                    with self._log_losses(except_damage=True):
                        write(connection)

        with self._log_losses():
            self._execute(write_together)

    @contextmanager
    def _log_losses(self, *, except_damage: bool = False) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, OverflowError) as error:
            if except_damage and is_damage(error):
                raise
            _log.warning("%s: %s", self._loss, error)

    def _get_connection(self) -> sqlite3.Connection:
        if self._connection is not None and self._path is not None:
            self._reopen_if_replaced(self._path)
        if self._connection is None:
            self._connection = self._open_connection()
            self._prepare(self._connection)
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        try:
            self._on_open(connection)
        except sqlite3.OperationalError as error:
            if is_damage(error):
                raise
            # A full disk: what is stored can be read all the same.
            _log.warning("%s could not be prepared: %s", self._name, error)

    def _reopen_if_replaced(self, path: Path) -> None:
        # What is written to a deleted file is lost without any error.
        if has_changed(path, self._identity):
            self._report(f"{path.name} was replaced or deleted while the bridge was running.")
            _log.warning("%s was replaced or deleted while the bridge was running.", path)
            self._disconnect()

    def _open_connection(self) -> sqlite3.Connection:
        if self._path is None:
            return open_in_memory(self._schema)
        if self._failure is not None and time.monotonic() < self._failure[0]:
            raise sqlite3.OperationalError(str(self._failure[1]))
        try:
            opened = open_database(self._path, self._schema)
        except (sqlite3.Error, OSError) as error:
            self._failure = (time.monotonic() + PAUSE_SECONDS, error)
            self._report(f"{self._path.name} cannot be opened ({error}).")
            raise
        self._failure = None
        self._identity = opened.identity
        if opened.problem is not None:
            self._report(opened.problem)
        return opened.connection

    def _replace_damaged(self, error: sqlite3.Error) -> bool:
        """Rename the file if the error shows damage; return whether it was."""
        path = self._path
        if path is None or self._connection is None or not is_damage(error):
            return False
        replaced = has_changed(path, self._identity)
        self._disconnect()
        if not replaced:
            self._report(rename_damaged(path, str(error)))
        return True

    def _report(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)

    def _disconnect(self) -> None:
        if self._connection is not None:
            # Closing a damaged file may fail; there is nothing left to save.
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _shut_down(self) -> None:
        self._thread.submit(self._write_all)
        self._thread.shutdown()
        self._disconnect()
