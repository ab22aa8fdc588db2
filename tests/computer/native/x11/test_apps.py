"""Which program a window of a real display belongs to, whatever it says of itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.computer.apps.app import App
from bridge.computer.desktop import Window
from bridge.computer.native.x11.connection import open_display
from bridge.computer.native.x11.input import X11Input
from bridge.server.state import Bridge
from tests.computer.native.programs.start import TK_TITLE, Program, eventually
from tests.conftest import StartBridge

pytestmark = pytest.mark.end_to_end

XTERM = "xterm window"

_EXECS = """
import os, signal, sys
from Xlib.display import Display
display = Display()
screen = display.screen()
window = screen.root.create_window(950, 520, 40, 40, 0, screen.root_depth)
window.set_wm_name("Chameleon")
window.map()
display.sync()
# The connection, and so the window, outlives the program that made it.
os.set_inheritable(display.fileno(), True)
signal.signal(signal.SIGUSR1, lambda *_: os.execv(sys.argv[1], ["sleep", "60"]))
while True:
    signal.pause()
"""


def find_window(input_device: X11Input, title: str) -> Window | None:
    return next((one for one in input_device.list_windows() if one.title == title), None)


def find_app(input_device: X11Input, title: str) -> App | None:
    window = find_window(input_device, title)
    return None if window is None else window.app


def test_windows_are_known_by_executable_and_script(
    input_device: X11Input, program: Callable[[str], Program]
) -> None:
    program("tk"), program("xterm")
    xterm = App(os.path.realpath(str(shutil.which("xterm"))))
    assert eventually(lambda: find_app(input_device, XTERM) == xterm)
    tk = find_app(input_device, TK_TITLE)
    assert tk is not None
    assert tk.path == os.path.realpath("/usr/bin/python3")
    assert tk.script.endswith("programs/tk_window.py")


def test_class_title_and_process_of_another_program_get_nothing(
    input_device: X11Input, program: Callable[[str], Program]
) -> None:
    program("tk")
    assert eventually(lambda: find_app(input_device, TK_TITLE) is not None)
    copied = find_window(input_device, TK_TITLE)
    assert copied is not None
    with closing(open_display(os.environ)) as display:
        root = display.screen().root
        window = root.create_window(950, 520, 40, 40, 0, display.screen().root_depth)
        window.set_wm_class("tk", "Tk")
        window.set_wm_name("Another Tk")
        process, cardinal = display.intern_atom("_NET_WM_PID"), display.intern_atom("CARDINAL")
        window.change_property(process, cardinal, 32, [copied.id.process])
        window.map()
        display.sync()
        assert eventually(lambda: find_window(input_device, "Another Tk") is not None)
        copy = find_window(input_device, "Another Tk")
        assert copy is not None
        assert copy.program == copied.program
        assert copy.app != copied.app
        window.destroy()
        display.sync()


@contextmanager
def chameleon(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    script = folder / "chameleon.py"
    script.write_text(_EXECS)
    words = [sys.executable, str(script), str(shutil.which("sleep"))]
    with subprocess.Popen(words) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_process_that_executes_another_program_becomes_that_one(
    input_device: X11Input, tmp_path: Path
) -> None:
    with chameleon(tmp_path) as process:
        script = str(tmp_path / "chameleon.py")
        python = App(os.path.realpath(sys.executable), script)
        assert eventually(lambda: find_app(input_device, "Chameleon") == python, 30)
        before = find_window(input_device, "Chameleon")
        process.send_signal(signal.SIGUSR1)
        sleep = App(os.path.realpath(str(shutil.which("sleep"))))
        assert eventually(lambda: find_app(input_device, "Chameleon") == sleep)
        after = find_window(input_device, "Chameleon")
        assert before is not None
        assert before.is_same(after), "it is the same window of the same process"


@pytest.fixture
async def bridge(screen: str, start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="offline", computer_approval_seconds=20)


async def send(bridge: Bridge, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=headers) as session,
        session.request(method, path, json=body) as answer,
    ):
        return answer.status, await answer.json()


async def click(bridge: Bridge, window: Program) -> tuple[int, Any]:
    action = {"action": "left_click", "coordinate": list(window.middle)}
    body = {"actions": [action], "max_edge": 1920}
    return await send(bridge, "POST", "/computer/actions", body)


def count_presses(window: Program) -> int:
    return sum(event["kind"] == "press" for event in window.events())


async def test_one_program_is_only_looked_at_and_another_one_is_clicked(
    bridge: Bridge, program: Callable[[str], Program]
) -> None:
    tk, xterm = [await asyncio.to_thread(program, name) for name in ("tk", "xterm")]
    path = os.path.realpath(str(shutil.which("xterm")))
    await asyncio.to_thread(bridge.computer.apps.remember, (App(path),), "view", "the user")
    await send(bridge, "POST", "/control/switches", {"computer": {"mode": "ask_risky"}})

    status, answer = await click(bridge, xterm)
    assert status == 403
    assert f"lets Claude look at xterm ({path}), but not use it" in answer["error"]["message"]

    before = await asyncio.to_thread(count_presses, tk)
    clicking = asyncio.create_task(click(bridge, tk))
    for _ in range(2000):
        waiting = (await send(bridge, "GET", "/computer"))[1]["waiting"]
        if waiting or clicking.done():
            break
        await asyncio.sleep(0.01)
    (shown,) = waiting
    assert [app["name"] for app in shown["apps"]] == ["tk_window.py"]
    decision = {"approved": True, "digest": shown["digest"], "level": "click"}
    await send(bridge, "POST", f"/computer/approvals/{shown['id']}", decision)
    assert (await clicking)[1]["outcomes"][0]["result"] == "OK"
    status, answer = await click(bridge, tk)
    assert (status, answer["approved_by"]) == (200, "mode ask_risky")
    assert await asyncio.to_thread(eventually, lambda: count_presses(tk) == before + 2)
