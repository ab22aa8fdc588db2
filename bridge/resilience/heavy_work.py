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
from bridge.resilience import free_memory

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

THREADS = 2
_REST_SECONDS = 5.0
"""Time without work after which freed memory is returned; getting it back takes a little."""


def _work_in(context: contextvars.Context, work: Callable[[], _Result]) -> _Result:
    free_memory.keep_memory()
    return context.run(work)


class HeavyWork:
    """A small pool of threads; a cancelled caller gives its place to the next one."""

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, "heavy-work")
        self._at_rest: asyncio.TimerHandle | None = None
        self._closed = False

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
        work = functools.partial(_work_in, context, functools.partial(function, *args, **kwargs))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except asyncio.CancelledError:
            abandoned.set()
            raise
        finally:
            self._plan_rest()

    def _plan_rest(self) -> None:
        """Plan to return freed memory: after images, this is more than the server itself takes."""
        if self._at_rest is not None:
            self._at_rest.cancel()
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        self._at_rest = loop.call_later(_REST_SECONDS, self._pool.submit, free_memory.return_memory)

    def close(self) -> None:
        """Drop the work that waits. Running work ends by itself."""
        self._closed = True
        if self._at_rest is not None:
            self._at_rest.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
