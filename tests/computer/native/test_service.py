"""The leash on a real display: seen while it is worn, and pulled by a key or a hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bridge.computer.indicator import STOP_KEY_PRESSED
from bridge.computer.native.x11.input import X11Input
from bridge.computer.screen.geometry import Point
from bridge.server.state import Bridge
from tests.computer.native.programs.start import Program, eventually
from tests.computer.native.x11.test_indicator import EDGES, ORANGE, pixel
from tests.conftest import StartBridge

pytestmark = pytest.mark.end_to_end

LONG = {"actions": [{"action": "type", "text": "all work and no play " * 500}]}


@pytest.fixture
async def bridge(screen: str, start_bridge: StartBridge) -> Bridge:
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    return bridge


async def typed(bridge: Bridge) -> Any:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.post("/computer/actions", json=LONG) as answer,
    ):
        return await answer.json()


def begun(window: Program, before: int) -> Callable[[], bool]:
    return lambda: len(window.text()) > before + 5


async def length_of(window: Program) -> int:
    return len(await asyncio.to_thread(window.text))


def press(input_device: X11Input) -> None:
    for key in ("Control_L", "Alt_L", "Escape"):
        input_device.press_key(key)
    for key in ("Escape", "Alt_L", "Control_L"):
        input_device.release_key(key)


def push(input_device: X11Input) -> None:
    input_device.move(Point(0, 0))


@pytest.mark.parametrize(
    ("pull", "said"), [(press, STOP_KEY_PRESSED), (push, "The mouse was moved by hand.")]
)
async def test_it_is_seen_and_it_stops(
    pull: Callable[[X11Input], None],
    said: str,
    bridge: Bridge,
    input_device: X11Input,
    program: Callable[[str], Program],
) -> None:
    window = await asyncio.to_thread(program, "tk")
    await asyncio.to_thread(window.take_keyboard)
    await asyncio.to_thread(input_device.move, window.middle)
    before = await length_of(window)
    running = asyncio.create_task(typed(bridge))
    assert await asyncio.to_thread(eventually, begun(window, before))
    assert all([await asyncio.to_thread(pixel, edge) == ORANGE for edge in EDGES])
    pulled = time.monotonic()
    await asyncio.to_thread(pull, input_device)
    answer = await running
    assert time.monotonic() - pulled < 2
    assert answer["error"] == {
        "message": said,
        "type": "permission_error",
        "param": None,
        "code": "stopped_by_person",
    }
    await asyncio.sleep(0.2)
    length = await length_of(window)
    assert length < before + 10_000
    await asyncio.sleep(0.3)
    assert await length_of(window) == length
    gone = await asyncio.to_thread(eventually, lambda: all(pixel(edge) != ORANGE for edge in EDGES))
    assert gone
