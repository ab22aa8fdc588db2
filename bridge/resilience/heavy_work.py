"""Runs the work on large bodies in a few threads: parsing, images and translation.

The default executor has up to 32 threads. Decoding one image takes up to 300 MB of memory, so that
many at once would take more than the computer has, and would hold up everything else that uses
those threads.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bridge.errors.abandoned import ABANDONED

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

THREADS = 2


class HeavyWork:
    """A small pool of threads; a cancelled caller gives its place to the next one."""

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, "heavy-work")

    async def run(
        self,
        function: Callable[_Arguments, _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Return the function's result.

        When the caller is cancelled, work that waits for a thread is dropped, and running work ends
        at its next `raise_if_abandoned`.
        """
        abandoned = threading.Event()
        context = contextvars.copy_context()
        context.run(ABANDONED.set, abandoned)
        work = functools.partial(context.run, function, *args, **kwargs)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def close(self) -> None:
        """Drop the work that waits. Running work ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
