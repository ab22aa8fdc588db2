"""The permissions and the ways to stop on mutter, through the bridge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.computer.actions import read_action
from bridge.computer.batch import Preview, preview
from bridge.computer.desktop import Window
from bridge.computer.executor import DesktopContext
from bridge.computer.indicator import STOP_KEY_PRESSED
from bridge.computer.mouse.guard import MOVED
from bridge.computer.native.desktop import NativeDesktop
from bridge.computer.native.portal.shortcut import SHORTCUTS
from bridge.computer.native.wayland.indicator import NO_BORDER, NO_KEY, WaylandIndicator
from bridge.computer.performer import Performer
from bridge.computer.policy import DEFAULT
from bridge.computer.screen.capture import Capture, CaptureOptions
from bridge.errors import InvalidRequest
from bridge.server.state import Bridge
from tests.computer.native.portal.fake_portal import FakePortal
from tests.computer.native.programs.start import eventually
from tests.computer.native.wayland.programs import find_window, gtk_program, text_window
from tests.computer.post_actions import post_actions
from tests.conftest import StartBridge

pytestmark = pytest.mark.end_to_end

LONG = {"actions": [{"action": "type", "text": "all work and no play " * 500}]}
CLICK = {"actions": [{"action": "left_click", "coordinate": [5, 5]}]}


@pytest.fixture
def text(desktop: NativeDesktop, tmp_path: Path) -> Iterator[Callable[[], str]]:
    with text_window(tmp_path, "Notes") as read:
        window = find_window(desktop, "Notes")
        assert eventually(lambda: desktop.find_focused() == window.id)
        yield read


@pytest.fixture
async def bridge(
    mutter: Mapping[str, str],
    portal: FakePortal,
    start_bridge: StartBridge,
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    for name, value in mutter.items():
        monkeypatch.setenv(name, value)
    bridge = await start_bridge(backend="offline")
    bridge.computer.allow_for(5)
    return bridge


async def test_a_mouse_that_is_moved_by_hand_stops_claude(
    bridge: Bridge,
    text: Callable[[], str],
    portal: FakePortal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    running = asyncio.create_task(post_actions(bridge, LONG))
    assert await asyncio.to_thread(eventually, lambda: len(text()) > 5)
    await asyncio.to_thread(portal.move_by_hand, 900, 500)
    answer = await running
    assert answer["error"]["message"] == MOVED
    assert 5 < len(text()) < 10_000
    assert NO_BORDER in caplog.text
    assert NO_KEY in caplog.text


async def test_no_action_while_a_never_listed_window_is_open(
    bridge: Bridge, text: Callable[[], str], desktop: NativeDesktop, tmp_path: Path
) -> None:
    """Where it is, nobody knows: so it may be anywhere."""
    assert (await post_actions(bridge, CLICK))["outcomes"][0]["done"]
    with text_window(tmp_path, "KeePassXC"):
        await asyncio.to_thread(find_window, desktop, "KeePassXC")
        picture = await bridge.computer.capture(CaptureOptions(form="png"))
        answer = await post_actions(bridge, CLICK)
    assert "does not tell where windows are" in answer["error"]["message"]
    image = Image.open(BytesIO(picture.data))
    assert image.getextrema() == ((0, 0), (0, 0), (0, 0))
    picture = await bridge.computer.capture(CaptureOptions(form="png"))
    assert Image.open(BytesIO(picture.data)).getextrema() != ((0, 0), (0, 0), (0, 0))


def look_ahead(desktop: NativeDesktop, member: str, **fields: Any) -> Preview:
    context = DesktopContext(desktop, Performer(desktop), lambda: None)
    capture = Capture(CaptureOptions())
    return preview([read_action(member, fields)], capture, DEFAULT, with_picture=False)(context)


def test_what_has_the_keyboard_is_judged_by_its_element(
    desktop: NativeDesktop, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with gtk_program("gtk_form.py", str(log), "GTK form"):
        window = find_window(desktop, "GTK form")
        assert eventually(lambda: desktop.find_focused() == window.id)
        assert focus(desktop, window, "field", "City")
        assert look_ahead(desktop, "type", text="Bonn").judgement.risks == ()
        assert focus(desktop, window, "password field", "Password")
        assert "a password" in look_ahead(desktop, "type", text="secret").judgement.risks
        # Where a click goes is unknown, so it counts for every window.
        assert look_ahead(desktop, "left_click", coordinate=[5, 5]).elements == (None,)


def focus(desktop: NativeDesktop, window: Window, role: Any, name: str) -> bool:
    """Give an element the keyboard, once its program tells it."""

    def is_focused() -> bool:
        try:
            found = desktop.elements.find(window, role, name).elements
        except InvalidRequest:
            return False
        if not found or not desktop.elements.focus_element(found[0].id):
            return False
        focused = desktop.elements.find_focused(window)
        return focused is not None and focused.is_same(found[0].element)

    return eventually(is_focused, 20)


def test_the_stop_key_is_bound_through_the_portal(portal: FakePortal) -> None:
    portal.versions[SHORTCUTS] = 1
    stops: list[str] = []
    indicator = WaylandIndicator("ctrl+alt+Escape")
    try:
        assert indicator.show(stops.append) == NO_BORDER
        assert eventually(lambda: portal.shortcut == ("stop-claude", "CTRL+ALT+Escape"))
        portal.press_shortcut()
        assert eventually(lambda: stops == [STOP_KEY_PRESSED])
    finally:
        indicator.hide()
        del portal.versions[SHORTCUTS]
