"""The icon as Xfce's panel draws it, on a screen for the test."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import mss
import pytest
from PIL import Image, ImageChops

from tests.desktop import need_program
from tests.end_to_end.tray import Tray

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="Xfce"),
]

GREEN = (38, 166, 91)
AMBER = (255, 193, 7)


def is_drawn(colour: tuple[int, int, int]) -> bool:
    """Return whether pixels at the top of the screen have nearly this colour: panels scale."""
    with mss.MSS() as screen:
        shot = screen.grab({"left": 0, "top": 0, "width": 1280, "height": 30})
    picture = Image.frombytes("RGB", shot.size, shot.rgb)
    far = ImageChops.difference(picture, Image.new("RGB", shot.size, colour)).tobytes()
    near = sum(max(far[i : i + 3]) < 16 for i in range(0, len(far), 3))
    return near > 10


async def wait_until_drawn(colour: tuple[int, int, int]) -> None:
    async with asyncio.timeout(30):
        while not is_drawn(colour):
            await asyncio.sleep(0.2)


async def wait_until_gone(colour: tuple[int, int, int]) -> None:
    async with asyncio.timeout(30):
        while is_drawn(colour):
            await asyncio.sleep(0.2)


async def test_the_panel_draws_the_icon_and_its_changes(
    session_bus: str, x_display: str, upstream: str
) -> None:
    need_program("xfce4-panel")
    with subprocess.Popen(
        ["xfce4-panel", "--disable-wm-check"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as panel:
        tray = Tray()
        try:
            await wait_until_drawn(GREEN)
            os.kill(tray.server().pid, signal.SIGSTOP)
            await wait_until_drawn(AMBER)
            os.kill(tray.server().pid, signal.SIGCONT)
            await wait_until_gone(AMBER)
        finally:
            tray.close()
            panel.terminate()
