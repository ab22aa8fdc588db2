"""The one thread that has the desktop: one work at a time, ended by a word from anywhere.

What one work holds down is still down for the next, as the left button may be; `let_go` ends that.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bridge.computer.desktop import Check, Desktop
from bridge.computer.performer import Performer
from bridge.errors import BridgeError, DesktopUnavailable, ShuttingDown, Stopped

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Seat:
    """Where work is done: the desktop, its hands, and what to call between small steps."""

    desktop: Desktop
    performer: Performer
    check: Check


Work = Callable[[Seat], _Result]


class Executor:
    """The desktop is opened by the first work, and anew after it has failed."""

    def __init__(self, open_desktop: Callable[[], Desktop]) -> None:
        """`open_desktop` raises DesktopUnavailable, with the cure."""
        self._open_desktop = open_desktop
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="desktop")
        self._turn = asyncio.Lock()
        self._stops = 0
        self._why = ""
        self._seat: tuple[Desktop, Performer] | None = None

    async def run(self, work: Work[_Result]) -> _Result:
        """What the work returns. Raises Stopped, DesktopUnavailable, or what the work raises.

        Whoever is cancelled waiting for it ends it; it has ended when this returns.
        """
        check, gone = self._check()
        async with self._turn:
            try:
                future = asyncio.wrap_future(self._worker.submit(self._do, work, check))
            except RuntimeError as error:
                raise ShuttingDown("The bridge is stopping.") from error
            try:
                return await asyncio.shield(future)
            except asyncio.CancelledError:
                gone.set()
                await asyncio.wait([future])
                future.exception()
                raise

    async def let_go(self) -> None:
        """No key and no button is down after this; nothing is opened for it."""
        async with self._turn:
            await asyncio.wrap_future(self._worker.submit(self._let_go))

    def stop(self, why: str) -> None:
        """Ends what is done now and what waits for its turn; from any thread. `why`: a sentence."""
        self._why = why
        self._stops += 1

    async def close(self) -> None:
        """Ends all work and gives the desktop back."""
        self.stop("The bridge is stopping.")
        async with self._turn:
            await asyncio.wrap_future(self._worker.submit(self._leave))
        await asyncio.to_thread(self._worker.shutdown)

    def _check(self) -> tuple[Check, threading.Event]:
        """What tells a stop that is said from now on, and a flag for one who has gone."""
        stops, gone = self._stops, threading.Event()

        def check() -> None:
            if gone.is_set():
                raise Stopped("Nobody waits for it any more.")
            if self._stops != stops:
                raise Stopped(self._why)

        return check, gone

    def _do(self, work: Work[_Result], check: Check) -> _Result:
        check()
        try:
            desktop, performer = self._seat = self._seat or self._opened()
            performer.begin()
            try:
                return work(Seat(desktop, performer, check))
            except BaseException:
                performer.let_go()
                raise
        except BridgeError:
            raise
        except Exception as error:
            self._leave()
            raise DesktopUnavailable(
                f"The desktop failed ({type(error).__name__}); the next action opens it anew."
            ) from error

    def _let_go(self) -> None:
        if self._seat is not None:
            self._seat[1].let_go()

    def _opened(self) -> tuple[Desktop, Performer]:
        desktop = self._open_desktop()
        return desktop, Performer(desktop)

    def _leave(self) -> None:
        seat, self._seat = self._seat, None
        if seat is None:
            return
        desktop, performer = seat
        for step in (performer.let_go, desktop.close):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - it has failed already; what can be, is given back
                _log.warning("The desktop could not be left whole: %s.", type(error).__name__)
