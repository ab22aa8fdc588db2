"""The switch, one asker at a time, and what shows that somebody is at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.computer import service
from bridge.computer.actions import read_action
from bridge.computer.approvals import Approvals
from bridge.computer.desktop_context import Desk
from bridge.computer.executor import Executor
from bridge.computer.indicator import PRESSED, Stop, Warden, Wardens
from bridge.computer.permission import Leash
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Looks
from bridge.computer.service import Computer
from bridge.errors import ComputerBusy, ComputerOff, DesktopUnavailable, Stopped
from tests.computer.fake_desktop import FakeDesktop


class Told:
    """A warden that notes what it is told; its key is pressed by calling `stop`."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stop: Stop = lambda why: None

    def begin(self, stop: Stop) -> None:
        self.said.append("begin")
        self.stop = stop

    def end(self) -> None:
        self.said.append("end")


@pytest.fixture
def warden() -> Told:
    return Told()


@pytest.fixture
def desktop() -> FakeDesktop:
    return FakeDesktop()


def made(
    desktop: FakeDesktop, open_warden: Callable[[], Warden], clock: Callable[[], float]
) -> Computer:
    desk = Desk(Executor(lambda: desktop), lambda: DEFAULT, Approvals(0.1), None, clock)
    return Computer(desk, Wardens(open_warden))


@pytest.fixture
async def computer(
    desktop: FakeDesktop, warden: Told, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Computer]:
    monkeypatch.setattr(service, "LINGER_SECONDS", 0.1)
    computer = made(desktop, lambda: warden, lambda: 1000.0)
    yield computer
    await computer.close()


CLICK = [read_action("left_click", {"coordinate": [5, 5]})]


async def test_it_is_off_until_a_human_turns_it_on(computer: Computer) -> None:
    with pytest.raises(ComputerOff, match="Only a human"):
        async with computer.session("a test", Looks()):
            pass
    with pytest.raises(ComputerOff):
        await computer.look(Looks())


async def test_there_is_one_pair_of_hands(computer: Computer) -> None:
    computer.allow_for(1)
    async with computer.session("the first", Looks()):
        with pytest.raises(ComputerBusy, match="the first uses the desktop"):
            async with computer.session("the second", Looks()):
                pass
    async with computer.session("the second", Looks()) as session:
        assert session.asked_by == "the second"


async def test_what_shows_it_stays_for_a_moment_and_from_action_to_action(
    computer: Computer, warden: Told
) -> None:
    computer.allow_for(1)
    for _ in range(3):
        async with computer.session("a test", Looks()) as session:
            await session.act(CLICK)
    assert warden.said == ["begin"]
    await asyncio.sleep(0.2)
    assert warden.said == ["begin", "end"]


async def test_the_key_ends_it_and_takes_it_all_back(computer: Computer, warden: Told) -> None:
    computer.allow_for(1)
    async with computer.session("a test", Looks()) as session:
        await asyncio.to_thread(warden.stop, PRESSED)
        await asyncio.wait_for(session.stopped.wait(), 1)
        with pytest.raises(Stopped, match="stop key"):
            await session.act(CLICK)
    assert computer.leash == Leash()
    await asyncio.sleep(0.02)
    assert warden.said == ["begin", "end"], "at once, when it is off"


async def test_the_end_takes_away_what_is_shown(desktop: FakeDesktop, warden: Told) -> None:
    computer = made(desktop, lambda: warden, lambda: 1000.0)
    computer.allow_for(1)
    async with computer.session("a test", Looks()):
        pass
    await computer.close()
    assert warden.said == ["begin", "end"]


async def test_time_that_was_allowed_is_over_in_the_middle(
    desktop: FakeDesktop, warden: Told
) -> None:
    now = [1000.0]
    computer = made(desktop, lambda: warden, lambda: now[0])
    computer.allow_for(1)
    async with computer.session("a test", Looks()) as session:
        await session.act(CLICK)
        now[0] += 61
        with pytest.raises(ComputerOff, match="is over"):
            await session.act(CLICK)
    await computer.close()


async def test_without_a_border_and_a_key_it_still_works(
    desktop: FakeDesktop, caplog: pytest.LogCaptureFixture
) -> None:
    def nothing_to_draw_on() -> Warden:
        raise DesktopUnavailable("Another program has the stop key.")

    computer = made(desktop, nothing_to_draw_on, lambda: 1000.0)
    computer.allow_for(1)
    for _ in range(2):
        async with computer.session("a test", Looks()) as session:
            assert not (await session.act(CLICK)).outcomes[0].failed
    await computer.close()
    assert [record.message for record in caplog.records].count(
        "No stop key and no border: Another program has the stop key."
    ) == 1


async def test_a_button_that_is_held_is_let_go_when_it_is_over(
    computer: Computer, desktop: FakeDesktop
) -> None:
    computer.allow_for(1)
    async with computer.session("a test", Looks()) as session:
        await session.act([read_action("left_mouse_down", {})])
        assert desktop.down == {"left"}
    assert desktop.down == set()
