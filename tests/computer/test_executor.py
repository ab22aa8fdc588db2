"""One thread has the desktop; a stop from anywhere ends what it does, and nothing stays pressed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from bridge.computer.actions import read_action
from bridge.computer.executor import DesktopContext, Executor
from bridge.computer.screen.geometry import Rect, Size, View
from bridge.errors import DesktopUnavailable, InvalidRequest, ShuttingDown, Stopped
from tests.computer.fake_desktop import FakeDesktop

VIEW = View(Rect(0, 0, 1920, 1080), Size(1920, 1080))


class Room:
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
        action = read_action(member, given)

        def work(seat: DesktopContext) -> None:
            self.threads.add(threading.get_ident())
            seat.performer.perform(action, VIEW, seat.check)

        await self.executor.run(work)

    async def until(self, line: str) -> None:
        """Waits until the desktop has done it."""
        async with asyncio.timeout(5):
            while not any(call[0] == line for desktop in self.desktops for call in desktop.done):
                await asyncio.sleep(0.001)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    one = Room()
    yield one
    await one.executor.close()
    assert all(desktop.done[-1] == ("close",) for desktop in one.desktops)
    assert all(desktop.down == set() for desktop in one.desktops)


async def test_all_is_done_in_one_thread_which_is_not_the_loops(room: Room) -> None:
    await asyncio.gather(*(room.act("left_click", coordinate=[n, n]) for n in range(20)))
    (desktop,) = room.desktops
    (thread,) = room.threads
    assert thread != threading.get_ident()
    # One after the other: no two clicks are mixed.
    assert [call[0] for call in desktop.done] == ["move", "press", "release"] * 20


async def test_nothing_is_opened_before_it_is_needed() -> None:
    room = Room()
    await room.executor.close()
    assert room.desktops == []


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
async def test_a_stop_ends_it_in_the_middle(
    room: Room, member: str, given: dict[str, object], line: str
) -> None:
    await room.act("wait", duration=0)
    (desktop,) = room.desktops
    reached = threading.Event()
    told = threading.Event()

    def before(call: tuple[object, ...]) -> None:
        if call[0] == line and not reached.is_set():
            reached.set()
            told.wait(5)

    desktop.before = before
    acting = asyncio.create_task(room.act(member, **given))
    await asyncio.to_thread(reached.wait, 5)
    room.executor.stop("You said stop.")
    told.set()
    with pytest.raises(Stopped, match="You said stop"):
        await asyncio.wait_for(acting, 5)
    assert desktop.down == set()


async def test_a_stop_ends_what_waits_for_its_turn_too_and_nothing_after(room: Room) -> None:
    acting = [asyncio.create_task(room.act("wait", duration=60)) for _ in range(3)]
    await asyncio.sleep(0.05)
    room.executor.stop("You said stop.")
    for one in acting:
        with pytest.raises(Stopped):
            await asyncio.wait_for(one, 5)
    await room.act("left_click")
    assert room.desktops[0].done == [("press", "left"), ("release", "left")]


async def test_who_goes_away_ends_it(room: Room) -> None:
    acting = asyncio.create_task(room.act("hold_key", text="w", duration=60))
    await room.until("key_down")
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(acting, 5)
    assert room.desktops[0].down == set()


async def test_a_desktop_that_fails_is_opened_anew(room: Room) -> None:
    await room.act("left_click")
    first = room.desktops[0]

    def broken(call: tuple[object, ...]) -> None:
        if call[0] == "press":
            raise OSError("connection lost")

    first.before = broken
    with pytest.raises(DesktopUnavailable, match=r"failed \(OSError\)"):
        await room.act("left_click")
    await room.act("left_click")
    assert len(room.desktops) == 2


async def test_a_work_that_refuses_says_so_and_keeps_the_desktop(room: Room) -> None:
    def refuse(seat: DesktopContext) -> None:
        raise InvalidRequest("No.", param="actions[0]")

    await room.act("left_mouse_down")
    with pytest.raises(InvalidRequest):
        await room.executor.run(refuse)
    await room.act("left_click")
    assert len(room.desktops) == 1


async def test_after_its_end_nothing_is_done() -> None:
    room = Room()
    await room.act("left_click")
    await room.executor.close()
    with pytest.raises(ShuttingDown):
        await room.act("left_click")
