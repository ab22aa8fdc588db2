"""The indicator on a real display, and stops by the key and the mouse."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import aiohttp
import pytest

from bridge.computer.indicator import STOP_KEY_PRESSED
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.input import X11Input
from bridge.server.state import Bridge
from tests.computer.native.programs.start import Program, eventually
from tests.computer.native.x11.test_indicator import EDGES, ORANGE, read_pixel
from tests.conftest import StartBridge

pytestmark = pytest.mark.end_to_end

LONG = {"actions": [{"action": "type", "text": "all work and no play " * 500}]}


@pytest.fixture
async def bridge(screen: str, start_bridge: StartBridge) -> Bridge:
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    return bridge


async def type_long_text(bridge: Bridge) -> Any:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/computer/actions", json=LONG) as answer,
    ):
        return await answer.json()


def has_begun(window: Program, before: int) -> Callable[[], bool]:
    return lambda: len(window.text()) > before + 5


async def measure_text(window: Program) -> int:
    return len(await asyncio.to_thread(window.text))


def press_stop_key(input_device: X11Input) -> None:
    for key in ("Control_L", "Alt_L", "Escape"):
        input_device.press_key(key)
    for key in ("Escape", "Alt_L", "Control_L"):
        input_device.release_key(key)


def push_mouse(input_device: X11Input) -> None:
    # On a connection of its own: pyautogui's is the bridge's by now, in another thread.
    with closing(open_display(os.environ)) as display:
        display.screen().root.warp_pointer(0, 0)
        display.sync()


@pytest.mark.parametrize(
    ("pull", "said"),
    [(press_stop_key, STOP_KEY_PRESSED), (push_mouse, "The mouse was moved by hand.")],
)
async def test_the_border_is_shown_and_the_user_can_stop(
    pull: Callable[[X11Input], None],
    said: str,
    bridge: Bridge,
    input_device: X11Input,
    program: Callable[[str], Program],
) -> None:
    window = await asyncio.to_thread(program, "tk")
    await asyncio.to_thread(window.take_focus)
    await asyncio.to_thread(input_device.move, window.middle)
    before = await measure_text(window)
    running = asyncio.create_task(type_long_text(bridge))
    assert await asyncio.to_thread(eventually, has_begun(window, before))
    assert all([await asyncio.to_thread(read_pixel, edge) == ORANGE for edge in EDGES])
    pulled = time.monotonic()
    await asyncio.to_thread(pull, input_device)
    answer = await running
    assert time.monotonic() - pulled < 20
    assert answer["error"] == {
        "message": said,
        "type": "permission_error",
        "param": None,
        "code": "stopped_by_person",
    }
    await asyncio.sleep(0.2)
    length = await measure_text(window)
    assert length < before + 10_000
    await asyncio.sleep(0.3)
    assert await measure_text(window) == length
    gone = await asyncio.to_thread(
        eventually, lambda: all(read_pixel(edge) != ORANGE for edge in EDGES)
    )
    assert gone
