"""Computer use as the user allows it: the permission, one session at a time, and stop."""

# Inputs: `set_permission`, `allow_for`, `stop`, `resume` (from the user), `open_session`, `capture`
# (from programs and Claude). Three things change independently:
#
#     permission   see `permission`; a stop and the mode `off` end the session, if there is one
#     session      none → open → none; a second caller gets ComputerBusy
#     indicator    hidden → shown with the first session → hidden LINGER_SECONDS after the last,
#                  or at once when computer use is off

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bridge.computer.approval.asker import Asker, AskerDecision
from bridge.computer.approval.gate import AskerGate
from bridge.computer.batch import explain_refusal
from bridge.computer.desktop import Window
from bridge.computer.effects import Effects
from bridge.computer.element_actions.windows import find_window
from bridge.computer.elements.base import ElementList
from bridge.computer.executor import DesktopContext
from bridge.computer.indicator import OptionalIndicator
from bridge.computer.permission import Permission
from bridge.computer.policy import judge
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.computer.screen.geometry import View
from bridge.computer.screen.pictures import Picture
from bridge.computer.session import Session
from bridge.computer.state import COMPUTER_USE_OFF, ComputerState
from bridge.errors import ComputerBusy, ComputerOff, InvalidRequest

Region = tuple[int, int, int, int]
"""x0, y0, x1, y1, in pixels of the whole picture."""

LINGER_SECONDS = 2.0
"""How long the indicator stays after a session: a single click is over too soon to be seen."""


@dataclass(frozen=True, slots=True)
class WindowElements:
    """The elements of a window, and the picture that their places refer to."""

    window: Window
    elements: ElementList
    view: View


class ComputerService:
    """Off until the user turns it on; used on the event loop only."""

    def __init__(self, state: ComputerState, indicator: OptionalIndicator) -> None:
        self._state = state
        self._indicator = indicator
        self._session: Session | None = None
        self._is_shown = False
        self._hiding: asyncio.Task[None] | None = None
        self.approvals = state.approvals
        self.apps = state.apps
        self._gate = AskerGate(state.approvals)

    @property
    def permission(self) -> Permission:
        """The permission in force now."""
        return self._state.permission

    @property
    def active(self) -> bool:
        """Whether a session uses the desktop; false while it waits for the user."""
        return self._session is not None and not (self._session.is_waiting or self.paused)

    @property
    def paused(self) -> bool:
        """Whether a session waits until the user resumes it, because the mouse was moved."""
        return self._session is not None and bool(self._session.pause.reason)

    def resume(self) -> bool:
        """End the pause; return False if there is none. Only the user may cause this."""
        if self._session is None or not self.paused:
            return False
        self._session.resume()
        return True

    def set_permission(self, permission: Permission) -> None:
        """Set what Claude may do; `off` ends the session. Only the user may cause this."""
        # What was decided on programs holds while computer use is on, and no longer.
        if self.permission.mode == "off":
            self._gate.askers.clear()
        self._state.permission = permission
        if permission.mode == "off":
            self._end("Computer use was switched off.")

    def allow_for(self, minutes: float) -> None:
        """Allow everything for some minutes. Raises ValueError beyond MAX_MINUTES."""
        self.set_permission(Permission.from_minutes(minutes, self._state.clocks()))

    @property
    def asker_decisions(self) -> Sequence[AskerDecision]:
        """The programs that the user approved or denied since computer use is on."""
        return self._gate.askers.decisions

    def forget_asker(self, id: str) -> bool:
        """Forget a decision on a program, and end its session; return False for an unknown id."""
        decision = self._gate.askers.forget(id)
        if decision is None:
            return False
        session = self._session
        if session is not None and session.asker.identity == decision.asker.identity:
            self._end("The approval for this program was revoked.")
        return True

    def stop(self, reason: str) -> None:
        """End the session and turn computer use off."""
        self._state.permission = Permission()
        self._gate.askers.clear()
        self._end(reason)

    @asynccontextmanager
    async def open_session(
        self, asker: Asker, options: CaptureOptions, *, pauses: bool = False
    ) -> AsyncIterator[Session]:
        """Give the desktop to one caller, once the user has approved its program.

        With `pauses`, a moved mouse pauses the session instead of ending it.

        Raises ComputerOff, ComputerBusy, and NotApproved for a program that the user denied.
        """
        self._check_available()
        await self._gate.check(asker)
        # Another caller may have come first while the user decided.
        self._check_available()
        session = Session(self._state, asker, options, self.stop, pauses=pauses)
        self._session = session
        watching = asyncio.create_task(session.watch())
        try:
            await self._show_indicator()
            yield session
        finally:
            watching.cancel()
            closing = asyncio.ensure_future(self._close_session(watching))
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError:
                # Closing is quick, and must finish: keys must not stay pressed.
                await closing
                raise

    async def capture(self, options: CaptureOptions, region: Region | None = None) -> Picture:
        """Take a picture of the screen, or of a region, for the user.

        Raises ComputerOff, DesktopUnavailable, and InvalidRequest for a region outside.
        """
        if self.permission.mode == "off":
            raise ComputerOff(COMPUTER_USE_OFF)
        policy = await self._state.read_policy()
        capture = Capture(replace(options, secret=policy.never))

        def take(context: DesktopContext) -> Picture:
            if region is None:
                return capture.take_screenshot(context.desktop)
            return capture.zoom(context.desktop, region)

        return await self._state.executor.run(take)

    async def list_elements(
        self, window: str | None, most: int, options: CaptureOptions
    ) -> WindowElements:
        """List the elements of a window for the user; by default of the one with the keyboard.

        Raises ComputerOff, DesktopUnavailable, and InvalidRequest for an unknown window, one on
        the never list, and one without elements.
        """
        if self.permission.mode == "off":
            raise ComputerOff(COMPUTER_USE_OFF)
        policy = await self._state.read_policy()
        capture = Capture(replace(options, secret=policy.never))

        def work(context: DesktopContext) -> WindowElements:
            desktop = context.desktop
            chosen = find_window(window, desktop.list_windows(), policy.never)
            judgement = judge(Effects(windows=(chosen,)), policy)
            # Apps that Claude may only look at can be listed; those on the never list cannot.
            if judgement.never is not None:
                raise InvalidRequest(explain_refusal(judgement) or "", param="window")
            elements = desktop.elements.window_tree(chosen, most)
            return WindowElements(chosen, elements, capture.get_view(desktop))

        return await self._state.executor.run(work)

    async def close(self) -> None:
        """End all work, close the desktop and hide the indicator."""
        self._end("The bridge is stopping.")
        await self._state.executor.close()
        await self._cancel_hiding()
        await self._hide_indicator()

    def _check_available(self) -> None:
        if self.permission.mode == "off":
            raise ComputerOff(COMPUTER_USE_OFF)
        if self._session is not None:
            raise ComputerBusy(
                f"{self._session.asker.label} is already using the desktop.",
                headers={"x-should-retry": "false"},
            )

    async def _close_session(self, watching: asyncio.Task[None]) -> None:
        await asyncio.wait([watching])
        await self._state.executor.release_all()
        self._session = None
        self._hiding = asyncio.create_task(self._hide_later())

    async def _show_indicator(self) -> None:
        # It may still be there from the session before; then it just stays.
        await self._cancel_hiding()
        if not self._is_shown:
            loop = asyncio.get_running_loop()
            self._is_shown = True
            await asyncio.to_thread(
                self._indicator.show, lambda reason: loop.call_soon_threadsafe(self.stop, reason)
            )

    async def _hide_later(self) -> None:
        if self.permission.mode != "off":
            await asyncio.sleep(LINGER_SECONDS)
        hiding = asyncio.ensure_future(self._hide_indicator())
        try:
            await asyncio.shield(hiding)
        except asyncio.CancelledError:
            # Hiding must finish: a half hidden indicator could not be shown again.
            await hiding
            raise

    async def _cancel_hiding(self) -> None:
        hiding, self._hiding = self._hiding, None
        if hiding is not None:
            hiding.cancel()
            await asyncio.wait([hiding])

    async def _hide_indicator(self) -> None:
        if self._is_shown:
            self._is_shown = False
            await asyncio.to_thread(self._indicator.hide)

    def _end(self, reason: str) -> None:
        self._state.executor.stop(reason)
        self.approvals.deny_all(reason)
        if self._session is not None:
            self._session.end(reason)
