"""The whole desktop through the executor: a real window is clicked, typed into, and seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bridge.computer.actions import Action, read_action
from bridge.computer.executor import DesktopContext, Executor
from bridge.computer.native.factory import open_desktop
from bridge.computer.screen.geometry import Size, View
from bridge.errors import DesktopUnavailable, Stopped
from tests.computer.native.programs.start import Program, eventually

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def window(program: Callable[[str], Program]) -> Program:
    one = program("tk")
    one.take_keyboard()
    return one


def doing(*actions: Action) -> Callable[[DesktopContext], None]:
    def work(seat: DesktopContext) -> None:
        (screen,) = seat.desktop.list_screens()
        view = View(screen, Size(1280, 720))
        for action in actions:
            seat.performer.perform(action, view, seat.check)

    return work


async def test_a_window_is_clicked_typed_into_and_seen(window: Program) -> None:
    executor = Executor(open_desktop)
    before = await asyncio.to_thread(window.text)
    place = [window.middle.x * 1280 // 1920, window.middle.y * 720 // 1080]
    actions = (
        read_action("left_click", {"coordinate": place}),
        read_action("type", {"text": "é世"}),
    )
    try:
        await executor.run(doing(*actions))
        assert await asyncio.to_thread(
            lambda: eventually(lambda: window.text()[len(before) :] == "é世")
        )
        picture = await executor.run(lambda seat: seat.desktop.grab(window.area))
        colours = picture.convert("L").getcolors()
        assert colours is not None
        assert len(colours) > 1, "one colour is no picture"
        names = await executor.run(lambda seat: [one.title for one in seat.desktop.list_windows()])
        assert window.title in names
    finally:
        await executor.close()


async def test_a_stop_in_the_middle_of_a_text_is_heard(window: Program) -> None:
    executor = Executor(open_desktop)
    try:
        typing = asyncio.create_task(
            executor.run(doing(read_action("type", {"text": "a" * 20_000})))
        )
        before = await asyncio.to_thread(window.text)
        await asyncio.to_thread(lambda: eventually(lambda: len(window.text()) > len(before)))
        executor.stop("You said stop.")
        with pytest.raises(Stopped):
            await asyncio.wait_for(typing, 5)
    finally:
        await executor.close()


async def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    executor = Executor(open_desktop)
    try:
        with pytest.raises(DesktopUnavailable, match="DISPLAY"):
            await executor.run(doing())
    finally:
        await executor.close()
