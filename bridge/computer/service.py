"""Computer use as the person allows it: the switch, one asker at a time, stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bridge.computer.desktop_context import OFF, Desk
from bridge.computer.executor import Seat
from bridge.computer.indicator import Wardens
from bridge.computer.permission import Leash
from bridge.computer.screen.capture import Looks, Sight
from bridge.computer.screen.pictures import Picture
from bridge.computer.session import Session
from bridge.errors import ComputerBusy, ComputerOff

Region = tuple[int, int, int, int]
"""x0, y0, x1, y1, in pixels of the whole picture."""

LINGER_SECONDS = 2.0
"""What shows that Claude is at work stays so long: a click alone would be over in a blink."""


class Computer:
    """Off until a human turns it on. On the event loop."""

    def __init__(self, desk: Desk, wardens: Wardens) -> None:
        self._desk = desk
        self._wardens = wardens
        self._session: Session | None = None
        self._shown = False
        self._resting: asyncio.Task[None] | None = None
        self.approvals = desk.approvals

    @property
    def leash(self) -> Leash:
        """What is in force now."""
        return self._desk.leash

    @property
    def active(self) -> bool:
        """Somebody has the desktop."""
        return self._session is not None

    def switch(self, leash: Leash) -> None:
        """A human's act. Off ends what is going on."""
        self._desk.leash = leash
        if leash.mode == "off":
            self._end("Computer use was switched off.")

    def allow_for(self, minutes: float) -> None:
        """Everything, for so long. Raises ValueError beyond what a leash may be."""
        self.switch(Leash.allowed_for(minutes, self._desk.clock()))

    def stop(self, why: str) -> None:
        """The person's stop: what goes on ends, and computer use is off from now on."""
        self._desk.leash = Leash()
        self._end(why)

    @asynccontextmanager
    async def session(self, asked_by: str, looks: Looks) -> AsyncIterator[Session]:
        """The desktop for one asker. Raises ComputerOff and ComputerBusy."""
        self._admit()
        session = self._session = Session(self._desk, asked_by, looks, self.stop)
        watching = asyncio.create_task(session.watch())
        try:
            await self._show()
            yield session
        finally:
            watching.cancel()
            leaving = asyncio.ensure_future(self._leave(watching))
            try:
                await asyncio.shield(leaving)
            except asyncio.CancelledError:
                # It takes a moment only, and must not be left half done.
                await leaving
                raise

    async def look(self, looks: Looks, region: Region | None = None) -> Picture:
        """The screen or a part of it, for the person themselves.

        Raises ComputerOff, DesktopUnavailable, and InvalidRequest for a part that is outside.
        """
        if self.leash.mode == "off":
            raise ComputerOff(OFF)
        sight = Sight(replace(looks, secret=(await self._desk.policy()).never))

        def seen(seat: Seat) -> Picture:
            if region is None:
                return sight.screenshot(seat.desktop)
            return sight.zoom(seat.desktop, region)

        return await self._desk.executor.run(seen)

    async def close(self) -> None:
        """Ends all work and gives the desktop back."""
        self._end("The bridge is stopping.")
        await self._desk.executor.close()
        await self._hide()

    def _admit(self) -> None:
        if self.leash.mode == "off":
            raise ComputerOff(OFF)
        if self._session is not None:
            raise ComputerBusy(
                f"{self._session.asked_by} uses the desktop just now.",
                headers={"x-should-retry": "false"},
            )

    async def _leave(self, watching: asyncio.Task[None]) -> None:
        await asyncio.wait([watching])
        await self._desk.executor.let_go()
        self._session = None
        self._resting = asyncio.create_task(self._rest())

    async def _show(self) -> None:
        """The border and the key, which may still be there from the action before."""
        await self._no_rest()
        if not self._shown:
            loop = asyncio.get_running_loop()
            self._shown = True
            await asyncio.to_thread(
                self._wardens.begin, lambda why: loop.call_soon_threadsafe(self.stop, why)
            )

    async def _rest(self) -> None:
        if self.leash.mode != "off":
            await asyncio.sleep(LINGER_SECONDS)
        hiding = asyncio.ensure_future(self._take_away())
        try:
            await asyncio.shield(hiding)
        except asyncio.CancelledError:
            await hiding
            raise

    async def _hide(self) -> None:
        await self._no_rest()
        await self._take_away()

    async def _no_rest(self) -> None:
        resting, self._resting = self._resting, None
        if resting is not None:
            resting.cancel()
            await asyncio.wait([resting])

    async def _take_away(self) -> None:
        if self._shown:
            self._shown = False
            await asyncio.to_thread(self._wardens.end)

    def _end(self, why: str) -> None:
        self._desk.executor.stop(why)
        self.approvals.deny_all(why)
        if self._session is not None:
            self._session.end(why)
