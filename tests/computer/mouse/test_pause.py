"""A session that a moved mouse pauses, for users who control the mouse with their eyes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bridge.computer.actions import Action, read_action
from bridge.computer.approval.pending import Approvals
from bridge.computer.apps.store import AppStore
from bridge.computer.executor import Executor
from bridge.computer.indicator import Indicator, OptionalIndicator
from bridge.computer.mouse.pause import Pause
from bridge.computer.permission import Permission
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.geometry import Point
from bridge.computer.service import ComputerService
from bridge.computer.session import INTERRUPTED, WATCH_SECONDS, Session
from bridge.computer.state import ComputerState
from bridge.errors import DesktopUnavailable, Stopped
from bridge.paths import find_paths
from tests.clocks import OWN, FakeClocks
from tests.computer.fake_desktop import FakeDesktop

ELSEWHERE, CORNER = Point(900, 500), Point(1919, 0)
CLICK: list[Action] = [read_action("left_click", {"coordinate": [5, 5]})]
CLICKED = [("press", "left"), ("release", "left")]
TYPE: list[Action] = [read_action("type", {"text": "x" * 100}), *CLICK]


def open_no_indicator() -> Indicator:
    raise DesktopUnavailable("There is no border here.")


class Paused:
    """A computer service on a fake desktop, with clocks that the test sets."""

    def __init__(self) -> None:
        self.desktop, self.clocks = FakeDesktop(), FakeClocks()
        state = ComputerState(
            Executor(lambda: self.desktop),
            lambda: DEFAULT,
            Approvals(30, self.clocks),
            None,
            AppStore(find_paths().computer_apps),
            self.clocks,
        )
        self.computer = ComputerService(state, OptionalIndicator(open_no_indicator))

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[Session]:
        async with self.computer.open_session(OWN, CaptureOptions(), pauses=True) as session:
            yield session

    def move_mouse_after(self, count: int) -> None:
        """Move the mouse once so many characters have been typed."""

        def before(_call: tuple[Any, ...]) -> None:
            if self.desktop.done.count(("type", "x")) == count:
                self.desktop.at = ELSEWHERE

        self.desktop.before = before

    async def wait_until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not happened():
                await asyncio.sleep(0.005)

    async def wait_for_pause(self) -> None:
        await self.wait_until(lambda: self.computer.paused)


@pytest.fixture
async def world() -> AsyncIterator[Paused]:
    world = Paused()
    world.computer.allow_for(15)
    yield world
    await world.computer.close()


async def test_a_moved_mouse_pauses_a_batch_and_its_rest_is_never_done(world: Paused) -> None:
    world.move_mouse_after(5)
    async with world.open_session() as session:
        acting = asyncio.create_task(session.act(TYPE))
        await world.wait_for_pause()
        assert not world.computer.active
        done = list(world.desktop.done)
        await asyncio.sleep(3 * WATCH_SECONDS)
        assert (world.desktop.done, acting.done()) == (done, False)
        assert world.computer.resume()
        result = await asyncio.wait_for(acting, 30)
        assert [outcome.failed for outcome in result.outcomes] == [True, True]
        assert result.outcomes[0].text == INTERRUPTED
        assert done.count(("type", "x")) <= 6
        assert world.desktop.done == done
        world.desktop.before = lambda _call: None
        assert not (await session.act(CLICK)).outcomes[0].failed


@pytest.mark.parametrize("to", [ELSEWHERE, CORNER])
async def test_a_moved_mouse_between_two_batches_holds_the_next_one(
    world: Paused, to: Point
) -> None:
    async with world.open_session() as session:
        await session.act([*CLICK, read_action("left_mouse_down", {})])
        world.desktop.at = to
        await world.wait_for_pause()
        await world.wait_until(lambda: not world.desktop.down)
        world.desktop.done.clear()
        acting = asyncio.create_task(session.act(CLICK))
        await asyncio.sleep(3 * WATCH_SECONDS)
        assert (world.desktop.done, acting.done()) == ([], False)
        assert world.computer.resume()
        await asyncio.wait_for(acting, 30)
        assert world.desktop.done[1:] == CLICKED
    assert world.computer.permission.mode == "allowed"


async def test_what_was_approved_before_the_pause_is_not_done_after_it(world: Paused) -> None:
    world.computer.set_permission(Permission("ask"))
    approvals = world.computer.approvals
    async with world.open_session() as session:
        acting = asyncio.create_task(session.act(CLICK))
        await world.wait_until(lambda: bool(approvals.pending))
        approvals.decide(approvals.pending[0].id, approved=True, by="a test")
        await asyncio.wait_for(acting, 30)
        acting = asyncio.create_task(session.act(CLICK))
        await world.wait_until(lambda: bool(approvals.pending))
        world.desktop.at = CORNER
        await world.wait_for_pause()
        approvals.decide(approvals.pending[0].id, approved=True, by="a test")
        world.desktop.done.clear()
        await asyncio.sleep(3 * WATCH_SECONDS)
        assert (world.desktop.done, acting.done()) == ([], False)
        assert world.computer.resume()
        result = await asyncio.wait_for(acting, 30)
    assert result.outcomes[0].text == INTERRUPTED
    assert world.desktop.done == []


def stop(world: Paused) -> None:
    world.computer.stop("You said stop.")


def turn_off(world: Paused) -> None:
    world.computer.set_permission(Permission())


def let_the_grant_end(world: Paused) -> None:
    world.clocks.pass_time(901)


def forget_it(world: Paused) -> None:
    world.computer.set_permission(Permission("ask_risky"))
    world.clocks.pass_time(601)


@pytest.mark.parametrize(
    ("end", "reason", "mode"),
    [
        (stop, "You said stop", "off"),
        (turn_off, "switched off", "off"),
        (let_the_grant_end, "time allowed for computer use has ended", "off"),
        (forget_it, "paused for too long", "ask_risky"),
    ],
)
async def test_a_paused_session_can_end(
    world: Paused, end: Callable[[Paused], None], reason: str, mode: str
) -> None:
    world.move_mouse_after(5)
    async with world.open_session() as session:
        acting = asyncio.create_task(session.act(TYPE))
        await world.wait_for_pause()
        end(world)
        with pytest.raises(Stopped, match=reason):
            await asyncio.wait_for(acting, 30)
        assert world.desktop.done.count(("type", "x")) <= 6
    assert not world.computer.paused
    assert world.computer.permission.mode == mode


async def test_there_is_nothing_to_resume_without_a_pause(world: Paused) -> None:
    assert not world.computer.resume()
    async with world.open_session() as session:
        await session.act(CLICK)
        assert not world.computer.resume()


async def test_a_session_that_has_ended_is_not_paused() -> None:
    pause = Pause(FakeClocks())
    pause.close()
    pause.begin("The mouse was moved.")
    async with asyncio.timeout(30):
        await pause.wait()
    assert pause.reason == ""
