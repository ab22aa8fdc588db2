"""The border, the stop key and the permissions on Sway, through the bridge."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.computer.indicator import COLOR, STOP_KEY_PRESSED
from bridge.computer.native.factory import open_desktop
from bridge.computer.native.wayland.indicator import POINTER_UNKNOWN, WaylandIndicator
from bridge.computer.native.wayland.screens import WaylandScreens
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.geometry import Rect
from bridge.errors import DesktopUnavailable
from bridge.server.state import Bridge
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.programs import find_window, float_window, text_window
from tests.computer.native.wayland.sway import tell_sway
from tests.computer.post_actions import post_actions
from tests.conftest import StartBridge

pytestmark = pytest.mark.end_to_end

SCREEN = Rect(0, 0, 1920, 1080)
ORANGE = (COLOR >> 16, COLOR >> 8 & 255, COLOR & 255)
EDGES = [(0, 0), (960, 1), (1919, 540), (960, 1079), (2, 540)]
KEY = ("Control_L", "Alt_L", "Escape")
LONG = {"actions": [{"action": "type", "text": "all work and no play " * 500}]}


@pytest.fixture
def text(sway: Mapping[str, str], tmp_path: Path) -> Iterator[Callable[[], str]]:
    with text_window(tmp_path, "Notes") as read:
        yield read


@pytest.fixture
async def bridge(
    sway: Mapping[str, str], start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    for name, value in sway.items():
        monkeypatch.setenv(name, value)
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    return bridge


def read_pixels() -> list[Any]:
    with closing(WaylandScreens()) as screens:
        image = screens.grab(SCREEN)
    return [image.getpixel(place) for place in EDGES]


def press_stop_key() -> None:
    with closing(open_desktop()) as desktop:
        for key in KEY:
            desktop.press_key(key)
        for key in reversed(KEY):
            desktop.release_key(key)


async def test_the_border_is_shown_and_the_key_stops(
    bridge: Bridge, text: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with closing(await asyncio.to_thread(open_desktop)) as desktop:
        window = await asyncio.to_thread(find_window, desktop, "Notes")
        await asyncio.to_thread(desktop.activate_window, window)
    running = asyncio.create_task(post_actions(bridge, LONG))
    assert await asyncio.to_thread(eventually, lambda: len(text()) > 5)
    assert await asyncio.to_thread(read_pixels) == [ORANGE] * len(EDGES)
    pressed = time.monotonic()
    await asyncio.to_thread(press_stop_key)
    answer = await running
    assert time.monotonic() - pressed < 20
    assert answer["error"]["message"] == STOP_KEY_PRESSED
    assert answer["error"]["code"] == "stopped_by_person"
    assert 5 < len(text()) < 10_000
    assert await asyncio.to_thread(
        eventually, lambda: all(pixel != ORANGE for pixel in read_pixels())
    )
    assert POINTER_UNKNOWN in caplog.text


def test_the_key_is_free_again_and_one_of_the_user_is_not_taken(sway: Mapping[str, str]) -> None:
    stops: list[str] = []
    indicator = WaylandIndicator("ctrl+alt+Escape")
    assert indicator.show(stops.append) == POINTER_UNKNOWN
    indicator.hide()
    press_stop_key()
    assert stops == []
    other = WaylandIndicator("ctrl+alt+nonsense")
    assert "`ctrl+alt+nonsense` is not known" in other.show(stops.append)
    other.hide()


def test_the_key_works_after_a_reload_and_in_every_mode(sway: Mapping[str, str]) -> None:
    tell_sway('mode "resize" bindsym x nop')
    stops: list[str] = []
    indicator = WaylandIndicator("ctrl+alt+Escape")
    indicator.show(stops.append)
    try:
        tell_sway('mode "resize"')
        press_stop_key()
        assert eventually(lambda: len(stops) == 1)
        tell_sway('mode "default"')
        tell_sway("reload")
        assert eventually(lambda: is_stopped_by_key(stops))
    finally:
        tell_sway('mode "default"')
        indicator.hide()
    assert set(stops) == {STOP_KEY_PRESSED}


def is_stopped_by_key(stops: list[str]) -> bool:
    """Press the key, which is bound again a moment after a reload; return whether that stops."""
    before = len(stops)
    press_stop_key()
    return eventually(lambda: len(stops) > before, 0.5)


def test_without_sway_the_missing_key_is_said(
    sway: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWAYSOCK")
    indicator = WaylandIndicator("ctrl+alt+Escape")
    missing = indicator.show(lambda reason: None)
    assert "no stop key" in missing
    assert "claude-bridge stop" in missing
    assert read_pixels() == [ORANGE] * len(EDGES)
    indicator.hide()


def test_a_session_that_has_ended_is_named(tmp_path: Path) -> None:
    gone = {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-1"}
    with pytest.raises(DesktopUnavailable, match="cannot be reached"):
        WaylandIndicator("none", gone).show(lambda reason: None)


async def test_a_never_listed_window_is_black_and_gets_nothing(
    bridge: Bridge, text: Callable[[], str], tmp_path: Path
) -> None:
    """Sway tells where it is, so the window beside it can be used."""

    def click(x: int, y: int) -> dict[str, Any]:
        return {"action": "left_click", "coordinate": [x, y]}

    with (
        text_window(tmp_path, "KeePassXC"),
        closing(await asyncio.to_thread(open_desktop)) as desktop,
    ):
        await asyncio.to_thread(float_window, desktop, "KeePassXC", Rect(1000, 300, 400, 300))
        picture = await bridge.computer.capture(CaptureOptions(form="png"))
        answer = await post_actions(bridge, {"actions": [click(900, 330)]})
        beside = await post_actions(bridge, {"actions": [click(300, 700)]})
    image = Image.open(BytesIO(picture.data))
    scale = image.width / SCREEN.width
    left, top, right, bottom = (round(side * scale) for side in (1010, 310, 1390, 590))
    inside = image.crop((left, top, right, bottom))
    assert inside.getextrema() == ((0, 0), (0, 0), (0, 0))
    assert image.getpixel((100, 700)) != (0, 0, 0)
    assert "never list" in answer["error"]["message"]
    assert [outcome["done"] for outcome in beside["outcomes"]] == [True], beside
