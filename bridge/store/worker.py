"""One thread that holds a SQLite connection: what it is given is done in order, off the loop."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bridge.store.database import open_database

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Worker:
    """The file is opened when it is first needed; without `path` all is in memory."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        schema: str,
        *,
        lost: str,
        opened: Callable[[sqlite3.Connection], object] = lambda _: None,
    ) -> None:
        """`opened` is done once, before anything else; `lost` says what a failed write means."""
        self._name = name
        self._lost = lost
        self._first = opened
        self._path = path
        self._schema = schema
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def ask(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """What the job finds, after all that was put before. Raises sqlite3.Error or OSError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._do, job)

    def put(self, job: Callable[[sqlite3.Connection], object]) -> None:
        """Returns at once; a failure is only logged."""
        try:
            self._thread.submit(self._do, job).add_done_callback(self._complain)
        except RuntimeError:
            _log.warning("The %s is closed. %s.", self._name, self._lost)

    async def close(self) -> None:
        """Ends when all is written."""
        await asyncio.get_running_loop().run_in_executor(None, self._end)

    def _do(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._connection is None:
            self._connection = self._opened()
            self._first(self._connection)
        return job(self._connection)

    def _opened(self) -> sqlite3.Connection:
        if self._path is not None:
            return open_database(self._path, self._schema)
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(self._schema)
        return connection

    def _end(self) -> None:
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _complain(self, done: Future[object]) -> None:
        error = done.exception()
        if error is not None:
            _log.warning("%s: %s", self._lost, error)
