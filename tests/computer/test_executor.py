"""The executor: one thread uses the desktop, and a stop leaves nothing pressed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from bridge.computer.desktop import DesktopEnded
from bridge.computer.executor import DesktopContext, Executor
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.errors import DesktopUnavailable, InvalidRequest, ShuttingDown, Stopped
from tests.computer.fake_desktop import FakeDesktop
from tests.computer.input_actions import read_input

VIEW = View(Rect(0, 0, 1920, 1080), Size(1920, 1080))


class ExecutorRig:
    """An executor and the desktops it opened."""

    def __init__(self) -> None:
        self.desktops: list[FakeDesktop] = []
        self.threads: set[int] = set()
        self.executor = Executor(self._open)

    def _open(self) -> FakeDesktop:
        self.threads.add(threading.get_ident())
        self.desktops.append(FakeDesktop())
        return self.desktops[-1]

    async def act(self, member: str, **given: object) -> None:
        action = read_input(member, given)

        def work(context: DesktopContext) -> None:
            self.threads.add(threading.get_ident())
            context.performer.perform(action, VIEW, context.check)

        await self.executor.run(work)

    async def until(self, line: str) -> None:
        """Wait until the desktop has recorded this call."""
        async with asyncio.timeout(30):
            while not any(call[0] == line for desktop in self.desktops for call in desktop.done):
                await asyncio.sleep(0.001)


@pytest.fixture
async def rig() -> AsyncIterator[ExecutorRig]:
    one = ExecutorRig()
    yield one
    await one.executor.close()
    assert all(desktop.done[-1] == ("close",) for desktop in one.desktops)
    assert all(desktop.down == set() for desktop in one.desktops)


async def test_all_work_runs_in_one_thread_other_than_the_event_loop(rig: ExecutorRig) -> None:
    await asyncio.gather(*(rig.act("left_click", coordinate=[n, n]) for n in range(20)))
    (desktop,) = rig.desktops
    (thread,) = rig.threads
    assert thread != threading.get_ident()
    # One after the other: no two clicks are mixed.
    assert [call[0] for call in desktop.done] == ["move", "press", "release"] * 20


async def test_closing_opens_no_desktop() -> None:
    rig = ExecutorRig()
    await rig.executor.close()
    assert rig.desktops == []


@pytest.mark.parametrize(
    ("member", "given", "line"),
    [
        ("hold_key", {"text": "shift+w", "duration": 60}, "key_down"),
        ("left_click_drag", {"start_coordinate": [0, 0], "coordinate": [1900, 9]}, "press"),
        ("type", {"text": "a" * 100_000}, "type"),
        ("scroll", {"scroll_direction": "down", "scroll_amount": 200}, "scroll"),
        ("key", {"text": "ctrl+" + "z", "repeat": 100}, "key_up"),
    ],
)
async def test_a_stop_ends_an_action_in_the_middle(
    rig: ExecutorRig, member: str, given: dict[str, object], line: str
) -> None:
    await rig.act("wait", duration=0)
    (desktop,) = rig.desktops
    reached = threading.Event()
    released = threading.Event()

    def before(call: tuple[object, ...]) -> None:
        if call[0] == line and not reached.is_set():
            reached.set()
            released.wait(30)

    desktop.before = before
    acting = asyncio.create_task(rig.act(member, **given))
    await asyncio.to_thread(reached.wait, 5)
    rig.executor.stop("You said stop.")
    released.set()
    with pytest.raises(Stopped, match="You said stop"):
        await asyncio.wait_for(acting, 30)
    assert desktop.down == set()


async def test_a_stop_ends_waiting_work_but_not_later_work(rig: ExecutorRig) -> None:
    acting = [asyncio.create_task(rig.act("wait", duration=60)) for _ in range(3)]
    await asyncio.sleep(0.05)
    rig.executor.stop("You said stop.")
    for one in acting:
        with pytest.raises(Stopped):
            await asyncio.wait_for(one, 30)
    await rig.act("left_click")
    assert rig.desktops[0].done == [("press", "left"), ("release", "left")]


async def test_the_first_of_two_stops_is_the_reason(rig: ExecutorRig) -> None:
    acting = asyncio.create_task(rig.act("wait", duration=60))
    await asyncio.sleep(0.05)
    rig.executor.stop("You said stop.")
    rig.executor.stop("The bridge is stopping.")
    with pytest.raises(Stopped, match="You said stop"):
        await asyncio.wait_for(acting, 30)


async def test_a_cancelled_caller_stops_its_work(rig: ExecutorRig) -> None:
    acting = asyncio.create_task(rig.act("hold_key", text="w", duration=60))
    await rig.until("key_down")
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(acting, 30)
    assert rig.desktops[0].down == set()


async def test_a_failed_desktop_is_opened_again(rig: ExecutorRig) -> None:
    await rig.act("left_click")
    first = rig.desktops[0]

    def broken(call: tuple[object, ...]) -> None:
        if call[0] == "press":
            raise OSError("connection lost")

    first.before = broken
    with pytest.raises(DesktopUnavailable, match=r"failed \(OSError\)"):
        await rig.act("left_click")
    await rig.act("left_click")
    assert len(rig.desktops) == 2


async def test_a_desktop_that_the_user_has_ended_says_so_and_is_opened_again(
    rig: ExecutorRig,
) -> None:
    def end(context: DesktopContext) -> None:
        raise DesktopEnded("You ended it.")

    await rig.act("left_click")
    with pytest.raises(DesktopUnavailable, match=r"^You ended it\.$"):
        await rig.executor.run(end)
    await rig.act("left_click")
    assert len(rig.desktops) == 2


async def test_a_refused_request_keeps_the_desktop_open(rig: ExecutorRig) -> None:
    def refuse(context: DesktopContext) -> None:
        raise InvalidRequest("No.", param="actions[0]")

    await rig.act("left_mouse_down")
    with pytest.raises(InvalidRequest):
        await rig.executor.run(refuse)
    await rig.act("left_click")
    assert len(rig.desktops) == 1


async def test_after_close_no_work_is_accepted() -> None:
    rig = ExecutorRig()
    await rig.act("left_click")
    await rig.executor.close()
    with pytest.raises(ShuttingDown):
        await rig.act("left_click")
