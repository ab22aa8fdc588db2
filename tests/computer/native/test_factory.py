"""The whole desktop through the executor: a real window is clicked, typed into, and captured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bridge.computer.actions import InputAction
from bridge.computer.executor import DesktopContext, Executor
from bridge.computer.native.factory import open_desktop
from bridge.computer.screen.geometry import Size, View
from bridge.errors import DesktopUnavailable, Stopped
from tests.computer.input_actions import read_input
from tests.computer.native.programs.start import Program, eventually

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def window(program: Callable[[str], Program]) -> Program:
    one = program("tk")
    one.take_focus()
    return one


def make_work(*actions: InputAction) -> Callable[[DesktopContext], None]:
    def work(context: DesktopContext) -> None:
        (screen,) = context.desktop.list_screens()
        view = View(screen, Size(1280, 720))
        for action in actions:
            context.performer.perform(action, view, context.check)

    return work


async def test_a_window_is_clicked_typed_into_and_captured(window: Program) -> None:
    executor = Executor(open_desktop)
    before = await asyncio.to_thread(window.text)
    place = [window.middle.x * 1280 // 1920, window.middle.y * 720 // 1080]
    actions = (
        read_input("left_click", {"coordinate": place}),
        read_input("type", {"text": "é世"}),
    )
    try:
        await executor.run(make_work(*actions))
        assert await asyncio.to_thread(
            lambda: eventually(lambda: window.text()[len(before) :] == "é世")
        )
        picture = await executor.run(lambda context: context.desktop.grab(window.area))
        colours = picture.convert("L").getcolors()
        assert colours is not None
        assert len(colours) > 1, "one colour is no picture"
        names = await executor.run(
            lambda context: [w.title for w in context.desktop.list_windows()]
        )
        assert window.title in names
    finally:
        await executor.close()


async def test_a_stop_ends_typing_in_the_middle(window: Program) -> None:
    executor = Executor(open_desktop)
    try:
        typing = asyncio.create_task(
            executor.run(make_work(read_input("type", {"text": "a" * 20_000})))
        )
        before = await asyncio.to_thread(window.text)
        await asyncio.to_thread(lambda: eventually(lambda: len(window.text()) > len(before)))
        executor.stop("You said stop.")
        with pytest.raises(Stopped):
            await asyncio.wait_for(typing, 30)
    finally:
        await executor.close()


async def test_a_missing_display_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    executor = Executor(open_desktop)
    try:
        with pytest.raises(DesktopUnavailable, match="DISPLAY"):
            await executor.run(make_work())
    finally:
        await executor.close()
