"""The switch, one asker at a time, and what shows that somebody is at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.computer import service
from bridge.computer.actions import read_action
from bridge.computer.approvals import Approvals
from bridge.computer.executor import Executor
from bridge.computer.indicator import STOP_KEY_PRESSED, Indicator, OptionalIndicator, StopCallback
from bridge.computer.permission import Permission
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.service import ComputerService
from bridge.computer.state import ComputerState
from bridge.errors import ComputerBusy, ComputerOff, DesktopUnavailable, Stopped
from tests.computer.fake_desktop import FakeDesktop


class Told:
    """A warden that notes what it is told; its key is pressed by calling `stop`."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stop: StopCallback = lambda why: None

    def show(self, stop: StopCallback) -> None:
        self.said.append("begin")
        self.stop = stop

    def hide(self) -> None:
        self.said.append("end")


@pytest.fixture
def warden() -> Told:
    return Told()


@pytest.fixture
def desktop() -> FakeDesktop:
    return FakeDesktop()


def made(
    desktop: FakeDesktop, open_indicator: Callable[[], Indicator], clock: Callable[[], float]
) -> ComputerService:
    desk = ComputerState(Executor(lambda: desktop), lambda: DEFAULT, Approvals(0.1), None, clock)
    return ComputerService(desk, OptionalIndicator(open_indicator))


@pytest.fixture
async def computer(
    desktop: FakeDesktop, warden: Told, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ComputerService]:
    monkeypatch.setattr(service, "LINGER_SECONDS", 0.1)
    computer = made(desktop, lambda: warden, lambda: 1000.0)
    yield computer
    await computer.close()


CLICK = [read_action("left_click", {"coordinate": [5, 5]})]


async def test_it_is_off_until_a_human_turns_it_on(computer: ComputerService) -> None:
    with pytest.raises(ComputerOff, match="Only a human"):
        async with computer.open_session("a test", CaptureOptions()):
            pass
    with pytest.raises(ComputerOff):
        await computer.capture(CaptureOptions())


async def test_there_is_one_pair_of_hands(computer: ComputerService) -> None:
    computer.allow_for(1)
    async with computer.open_session("the first", CaptureOptions()):
        with pytest.raises(ComputerBusy, match="the first is already using the desktop"):
            async with computer.open_session("the second", CaptureOptions()):
                pass
    async with computer.open_session("the second", CaptureOptions()) as session:
        assert session.asked_by == "the second"


async def test_what_shows_it_stays_for_a_moment_and_from_action_to_action(
    computer: ComputerService, warden: Told
) -> None:
    computer.allow_for(1)
    for _ in range(3):
        async with computer.open_session("a test", CaptureOptions()) as session:
            await session.act(CLICK)
    assert warden.said == ["begin"]
    await asyncio.sleep(0.2)
    assert warden.said == ["begin", "end"]


async def test_the_key_ends_it_and_takes_it_all_back(
    computer: ComputerService, warden: Told
) -> None:
    computer.allow_for(1)
    async with computer.open_session("a test", CaptureOptions()) as session:
        await asyncio.to_thread(warden.stop, STOP_KEY_PRESSED)
        await asyncio.wait_for(session.stopped.wait(), 1)
        with pytest.raises(Stopped, match="stop key"):
            await session.act(CLICK)
    assert computer.permission == Permission()
    await asyncio.sleep(0.02)
    assert warden.said == ["begin", "end"], "at once, when it is off"


async def test_the_end_takes_away_what_is_shown(desktop: FakeDesktop, warden: Told) -> None:
    computer = made(desktop, lambda: warden, lambda: 1000.0)
    computer.allow_for(1)
    async with computer.open_session("a test", CaptureOptions()):
        pass
    await computer.close()
    assert warden.said == ["begin", "end"]


async def test_time_that_was_allowed_is_over_in_the_middle(
    desktop: FakeDesktop, warden: Told
) -> None:
    now = [1000.0]
    computer = made(desktop, lambda: warden, lambda: now[0])
    computer.allow_for(1)
    async with computer.open_session("a test", CaptureOptions()) as session:
        await session.act(CLICK)
        now[0] += 61
        with pytest.raises(ComputerOff, match="is over"):
            await session.act(CLICK)
    await computer.close()


async def test_without_a_border_and_a_key_it_still_works(
    desktop: FakeDesktop, caplog: pytest.LogCaptureFixture
) -> None:
    def nothing_to_draw_on() -> Indicator:
        raise DesktopUnavailable("Another program has the stop key.")

    computer = made(desktop, nothing_to_draw_on, lambda: 1000.0)
    computer.allow_for(1)
    for _ in range(2):
        async with computer.open_session("a test", CaptureOptions()) as session:
            assert not (await session.act(CLICK)).outcomes[0].failed
    await computer.close()
    assert [record.message for record in caplog.records].count(
        "No stop key and no border: Another program has the stop key."
    ) == 1


async def test_a_button_that_is_held_is_let_go_when_it_is_over(
    computer: ComputerService, desktop: FakeDesktop
) -> None:
    computer.allow_for(1)
    async with computer.open_session("a test", CaptureOptions()) as session:
        await session.act([read_action("left_mouse_down", {})])
        assert desktop.down == {"left"}
    assert desktop.down == set()
