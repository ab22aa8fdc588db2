"""The computer service: permission, one session at a time, and the indicator."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridge.computer import service
from bridge.computer.actions import read_action
from bridge.computer.approval.pending import Approvals
from bridge.computer.apps.store import AppStore
from bridge.computer.executor import Executor
from bridge.computer.indicator import STOP_KEY_PRESSED, Indicator, OptionalIndicator, StopCallback
from bridge.computer.permission import Permission
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.service import ComputerService
from bridge.computer.session import WATCH_SECONDS
from bridge.computer.state import ComputerState
from bridge.deadline import ReadClocks
from bridge.errors import ComputerBusy, ComputerOff, DesktopUnavailable, Stopped
from bridge.paths import find_paths
from tests.clocks import OWN, FakeClocks
from tests.computer.fake_desktop import FakeDesktop


class FakeIndicator:
    """Records calls; calling `stop` is a press of the stop key."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.stop: StopCallback = lambda why: None

    def show(self, stop: StopCallback) -> None:
        self.calls.append("show")
        self.stop = stop

    def hide(self) -> None:
        self.calls.append("hide")


@pytest.fixture
def indicator() -> FakeIndicator:
    return FakeIndicator()


@pytest.fixture
def desktop() -> FakeDesktop:
    return FakeDesktop()


def make_service(
    desktop: FakeDesktop, open_indicator: Callable[[], Indicator], clocks: ReadClocks
) -> ComputerService:
    approvals = Approvals(0.1, clocks)
    apps = AppStore(find_paths().computer_apps)
    state = ComputerState(Executor(lambda: desktop), lambda: DEFAULT, approvals, None, apps, clocks)
    return ComputerService(state, OptionalIndicator(open_indicator))


@pytest.fixture
async def computer(
    desktop: FakeDesktop, indicator: FakeIndicator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ComputerService]:
    monkeypatch.setattr(service, "LINGER_SECONDS", 0.1)
    computer = make_service(desktop, lambda: indicator, FakeClocks())
    yield computer
    await computer.close()


CLICK = [read_action("left_click", {"coordinate": [5, 5]})]


async def test_computer_use_is_off_at_first(computer: ComputerService) -> None:
    with pytest.raises(ComputerOff, match="Only a human"):
        async with computer.open_session(OWN, CaptureOptions()):
            pass
    with pytest.raises(ComputerOff):
        await computer.capture(CaptureOptions())


async def test_only_one_session_may_use_the_desktop(computer: ComputerService) -> None:
    computer.allow_for(1)
    async with computer.open_session(replace(OWN, label="the first"), CaptureOptions()):
        with pytest.raises(ComputerBusy, match="the first is already using the desktop"):
            async with computer.open_session(replace(OWN, label="the second"), CaptureOptions()):
                pass
    async with computer.open_session(replace(OWN, label="the second"), CaptureOptions()) as session:
        assert session.asker.label == "the second"


async def test_the_indicator_stays_between_sessions_and_is_hidden_soon_after(
    computer: ComputerService, indicator: FakeIndicator
) -> None:
    computer.allow_for(1)
    for _ in range(3):
        async with computer.open_session(OWN, CaptureOptions()) as session:
            await session.act(CLICK)
    assert indicator.calls == ["show"]
    await asyncio.sleep(0.2)
    assert indicator.calls == ["show", "hide"]


async def test_the_stop_key_ends_the_session_and_turns_computer_use_off(
    computer: ComputerService, indicator: FakeIndicator
) -> None:
    computer.allow_for(1)
    async with computer.open_session(OWN, CaptureOptions()) as session:
        await asyncio.to_thread(indicator.stop, STOP_KEY_PRESSED)
        await asyncio.wait_for(session.stopped.wait(), 30)
        with pytest.raises(Stopped, match="stop key"):
            await session.act(CLICK)
    assert computer.permission == Permission()
    await asyncio.sleep(0.02)
    assert indicator.calls == ["show", "hide"], "at once, when it is off"


async def test_closing_hides_the_indicator(desktop: FakeDesktop, indicator: FakeIndicator) -> None:
    computer = make_service(desktop, lambda: indicator, FakeClocks())
    computer.allow_for(1)
    async with computer.open_session(OWN, CaptureOptions()):
        pass
    await computer.close()
    assert indicator.calls == ["show", "hide"]


async def test_a_timed_grant_can_end_during_a_session(
    desktop: FakeDesktop, indicator: FakeIndicator
) -> None:
    clocks = FakeClocks()
    computer = make_service(desktop, lambda: indicator, clocks)
    computer.allow_for(1)
    async with computer.open_session(OWN, CaptureOptions()) as session:
        await session.act(CLICK)
        clocks.pass_time(61)
        with pytest.raises(ComputerOff, match="has ended"):
            await session.act(CLICK)
    await computer.close()


async def test_claude_works_without_an_indicator(
    desktop: FakeDesktop, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_to_open() -> Indicator:
        raise DesktopUnavailable("Another program has the stop key.")

    computer = make_service(desktop, fail_to_open, FakeClocks())
    computer.allow_for(1)
    for _ in range(2):
        async with computer.open_session(OWN, CaptureOptions()) as session:
            assert not (await session.act(CLICK)).outcomes[0].failed
    await computer.close()
    assert [record.message for record in caplog.records].count(
        "No stop key and no border: Another program has the stop key."
    ) == 1


async def test_a_held_button_is_released_at_the_end_of_the_session(
    computer: ComputerService, desktop: FakeDesktop
) -> None:
    computer.allow_for(1)
    async with computer.open_session(OWN, CaptureOptions()) as session:
        await session.act([read_action("left_mouse_down", {})])
        assert desktop.down == {"left"}
    assert desktop.down == set()


async def test_a_timed_grant_ends_a_batch_that_is_running(
    desktop: FakeDesktop, indicator: FakeIndicator
) -> None:
    clocks = FakeClocks()
    computer = make_service(desktop, lambda: indicator, clocks)
    computer.allow_for(15)
    async with computer.open_session(OWN, CaptureOptions()) as session:
        acting = asyncio.create_task(session.act([read_action("wait", {"duration": 60})]))
        await asyncio.sleep(0.1)
        clocks.sleep(2)
        with pytest.raises(Stopped, match="time allowed for computer use has ended"):
            await asyncio.wait_for(acting, 30)
    assert computer.permission.mode == "off"
    await computer.close()


async def test_a_stop_is_reported_as_one_however_slow_the_desktop_is(
    computer: ComputerService, desktop: FakeDesktop
) -> None:
    reached, released = threading.Event(), threading.Event()

    def before(_call: tuple[object, ...]) -> None:
        reached.set()
        assert released.wait(30)

    desktop.before = before
    computer.allow_for(1)
    async with computer.open_session(OWN, CaptureOptions()) as session:
        acting = asyncio.create_task(session.act(CLICK))
        await asyncio.to_thread(reached.wait, 5)
        computer.stop("You said stop.")
        # Meanwhile the session looks at the permission, which is off now.
        await asyncio.sleep(3 * WATCH_SECONDS)
        released.set()
        with pytest.raises(Stopped, match="You said stop"):
            await asyncio.wait_for(acting, 30)


async def test_an_ended_grant_is_not_revived_by_the_clock(
    desktop: FakeDesktop, indicator: FakeIndicator
) -> None:
    clocks = FakeClocks()
    computer = make_service(desktop, lambda: indicator, clocks)
    computer.allow_for(15)
    clocks.set_wall(3600)
    assert computer.permission.mode == "off"
    clocks.set_wall(-3600)
    assert computer.permission.mode == "off"
    await computer.close()
