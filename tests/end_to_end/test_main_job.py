"""The main job without mocks: start the tray, stream, stop and quit from the menu."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion

from tests.end_to_end.tray import Tray, ask, shows
from tests.tray_host.host import TrayHost, until

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]


def ask_synchronously(url: str) -> ChatCompletion:
    with OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as client:
        return client.chat.completions.create(
            model="gpt-5.4", messages=[{"role": "user", "content": "Hi"}]
        )


async def test_the_tray_starts_a_server_that_answers_stops_and_quits(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, f"Ready on {tray.url} · API key")
    assert await ask(tray.url, "default", text="Four, of course.") == "Four, of course."

    whole = await asyncio.to_thread(ask_synchronously, tray.url)
    assert whole.choices[0].message.content == "Hello from the fake upstream."
    assert whole.model == "claude-sonnet-5-5"

    await panel.click("Model", "Opus 5.5")
    async with asyncio.timeout(10):
        while (await panel.menu()).find("Model").label != "Model: Opus 5.5":
            await asyncio.sleep(0.05)

    server = tray.server()
    await panel.click("Stop")
    await shows(panel, "Stopped")
    assert not server.is_running()

    await panel.click("Start")
    await shows(panel, "Ready on")
    assert await ask(tray.url, "default", text="Still here.") == "Still here."

    processes = tray.processes()
    await panel.click("Quit")
    assert await asyncio.to_thread(tray.process.wait, 20) == 0
    await until(lambda: not any(process.is_running() for process in processes))


async def test_a_killed_server_is_restarted(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    first = tray.server()
    os.kill(first.pid, signal.SIGKILL)
    await shows(panel, "was killed by signal 9; restarting")
    await shows(panel, "Ready on")
    assert tray.server().pid != first.pid
    assert await ask(tray.url, "default", text="Back.") == "Back."


async def test_a_killed_tray_leaves_no_server_behind(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    server = tray.server()
    tray.process.kill()
    await until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


async def test_a_running_server_is_attached_to_and_left_running(
    panel: TrayHost, upstream: str
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bridge", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip().rsplit(":", 1)[-1]
            tray = Tray(port=int(port))
            try:
                await shows(panel, "Ready on")
                assert (await panel.menu()).find("Quit (the server keeps running)").enabled
                assert psutil.Process(tray.process.pid).children() == []
                await panel.click("Quit")
                assert await asyncio.to_thread(tray.process.wait, 20) == 0
            finally:
                tray.close()
            assert await ask(f"http://127.0.0.1:{port}", "default", text="Yes.") == "Yes."
        finally:
            # A failed test must not wait for a server that goes on.
            server.terminate()


async def test_quit_lets_an_active_request_finish(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    words = " ".join(str(number) for number in range(200))
    answer = asyncio.create_task(ask(tray.url, "default", text=words, delay=0.02))
    await shows(panel, "1 active request")
    await panel.click("Quit")
    assert await answer == words
    assert await asyncio.to_thread(tray.process.wait, 20) == 0


async def test_sigterm_ends_tray_and_server(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    processes = tray.processes()
    tray.process.terminate()
    assert await asyncio.to_thread(tray.process.wait, 20) == 0
    await until(lambda: not any(process.is_running() for process in processes))
