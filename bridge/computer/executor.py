"""Run work on the desktop in one thread, and stop it from any thread."""

# Inputs: `run(work)`, `stop(reason)`, `release_all()`, `close()`. States of the desktop:
#
#     closed   at start, after `close`, and after the desktop has failed
#     open     from the first work on; the next work reuses it
#
# Work is cooperative: it calls `context.check` between small steps, which raises Stopped after a
# `stop` or once the caller is cancelled. A stop ends running and waiting work, but
# not work submitted after it. Buttons and keys that work leaves pressed stay pressed for the next
# (a drag may span two calls); failed work releases everything, and so does `release_all`.

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bridge.computer.desktop import Check, Desktop, DesktopEnded
from bridge.computer.performer import Performer
from bridge.errors import BridgeError, DesktopUnavailable, ShuttingDown, Stopped

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class DesktopContext:
    """What work may use; it must call `check` between small steps."""

    desktop: Desktop
    performer: Performer
    check: Check


Work = Callable[[DesktopContext], _Result]


@dataclass(slots=True)
class _Stop:
    """The stop that would end the work submitted since the last one."""

    reason: str | None = None
    """None before the stop."""


class Executor:
    """The desktop's thread: opens it for the first work, and again after a failure."""

    def __init__(self, open_desktop: Callable[[], Desktop]) -> None:
        """`open_desktop` raises DesktopUnavailable with a hint."""
        self._open_desktop = open_desktop
        # Xlib and pyautogui are not thread-safe: exactly one thread opens and uses the desktop.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="desktop")
        self._turn = asyncio.Lock()
        self._next_stop = _Stop()
        self._opened: tuple[Desktop, Performer] | None = None

    async def run(self, work: Work[_Result]) -> _Result:
        """Run work in the desktop's thread and return its result.

        Raises Stopped, DesktopUnavailable, ShuttingDown, or what the work raises. Cancelling the
        caller stops the work, and waits until it has ended.
        """
        check, cancelled = self._make_check()
        async with self._turn:
            try:
                future = asyncio.wrap_future(self._worker.submit(self._run_work, work, check))
            except RuntimeError as error:
                raise ShuttingDown("The bridge is stopping.") from error
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                cancelled.set()
                # Returning earlier would let the next caller start while this work still acts.
                await asyncio.wait([future])
                # Retrieve the exception, or asyncio logs that it was never retrieved.
                future.exception()
                raise

    async def release_all(self) -> None:
        """Release all keys and buttons; do nothing if the desktop is closed."""
        async with self._turn:
            await asyncio.wrap_future(self._worker.submit(self._release_all))

    def stop(self, reason: str) -> None:
        """End running and waiting work, from any thread; `reason` is a sentence."""
        # A second stop is for later work only: the first reason counts.
        stop, self._next_stop = self._next_stop, _Stop()
        stop.reason = reason

    async def close(self) -> None:
        """End all work and close the desktop."""
        self.stop("The bridge is stopping.")
        async with self._turn:
            await asyncio.wrap_future(self._worker.submit(self._close_desktop))
        await asyncio.to_thread(self._worker.shutdown)

    def _make_check(self) -> tuple[Check, threading.Event]:
        """Return a check that notices later stops, and the event that cancels it."""
        stop, cancelled = self._next_stop, threading.Event()

        def check() -> None:
            if cancelled.is_set():
                raise Stopped("The request was cancelled.")
            if stop.reason is not None:
                raise Stopped(stop.reason)

        return check, cancelled

    def _run_work(self, work: Work[_Result], check: Check) -> _Result:
        check()
        try:
            desktop, performer = self._opened = self._opened or self._open()
            performer.begin()
            try:
                return work(DesktopContext(desktop, performer, check))
            except BaseException:
                # Also when stopped: keys and buttons must not stay down.
                performer.release_all()
                raise
        except BridgeError:
            raise
        except Exception as error:
            self._close_desktop()
            again = f"The desktop failed ({type(error).__name__}); the next action opens it again."
            message = str(error) if isinstance(error, DesktopEnded) else again
            raise DesktopUnavailable(message) from error

    def _release_all(self) -> None:
        if self._opened is not None:
            self._opened[1].release_all()

    def _open(self) -> tuple[Desktop, Performer]:
        desktop = self._open_desktop()
        return desktop, Performer(desktop)

    def _close_desktop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is None:
            return
        desktop, performer = opened
        for step in (performer.release_all, desktop.close):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - it has failed already, so only log it and try the next step
                _log.warning("Cleaning up the desktop failed: %s.", type(error).__name__)
