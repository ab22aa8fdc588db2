"""The tray among restarting panels, other trays, taken ports and hung servers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from openai import APIError

from tests.end_to_end.test_tray_menu import wait_for_look
from tests.end_to_end.tray import Tray, ask, entry, free_port, read_opened_pages, shows
from tests.tray_host.host import TrayHost, until
from tests.tray_host.notifications import NotificationServer
from tray.icon.status_notifier import NO_HOST

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]


@pytest.fixture
async def notifications(session_bus: str) -> AsyncIterator[NotificationServer]:
    async with NotificationServer(session_bus) as server:
        yield server


@pytest.fixture(autouse=True)
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file into which the fake browser writes each URL."""
    program = tmp_path / "www-browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("BROWSER", "www-browser")
    return tmp_path / "opened"


async def test_the_icon_is_back_after_the_panel_restarts(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await panel.vanish()
    await asyncio.sleep(0.2)
    await panel.appear()
    await shows(panel, "Ready on")
    await wait_for_look(panel, "ready")
    await panel.click("Pause requests")
    await wait_for_look(panel, "paused")


async def test_a_killed_server_is_shown_and_restarted(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    first = tray.server().pid
    os.kill(first, signal.SIGKILL)
    await wait_for_look(panel, "attention")
    await wait_for_look(panel, "ready", 20)
    assert tray.server().pid != first


async def test_without_a_panel_the_server_runs_and_the_dashboard_is_opened(
    session_bus: str,
    x_display: str,
    upstream: str,
    notifications: NotificationServer,
    browser: Path,
) -> None:
    tray = Tray()
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    assert await ask(tray.url, "default", text="Yes.") == "Yes."
                    break
                except APIError:
                    await asyncio.sleep(0.1)
        await until(lambda: NO_HOST in notifications.all)
        second = await asyncio.to_thread(_start_again, tray.port)
        assert (second.returncode, second.stdout.splitlines()) == (
            0,
            [
                f"Claude Bridge is already running at {tray.url}/v1.",
                f"Ignored --port {tray.port}: to use it, choose Quit in the tray menu and run this "
                "again.",
            ],
        )
        await until(lambda: any(tray.url in link for link in read_opened_pages(browser)))
    finally:
        tray.process.terminate()
        _, stderr = tray.process.communicate(timeout=20)
        tray.close()
    assert NO_HOST in stderr.splitlines()


async def test_a_second_tray_has_the_first_start_its_server_and_ends(
    notifications: NotificationServer, panel: TrayHost, upstream: str
) -> None:
    tray = Tray()
    try:
        await shows(panel, "Ready on")
        second = await asyncio.to_thread(_start_again, tray.port)
        assert second.returncode == 0
        words = f"Claude Bridge is already running at {tray.url}/v1."
        await until(lambda: words in notifications.all)
        await panel.click("Stop server")
        await shows(panel, "Stopped")
        third = await asyncio.to_thread(_start_again, tray.port)
        assert third.returncode == 0
        assert third.stdout.startswith("Claude Bridge is already running; starting its server.\n")
        await shows(panel, "Ready on")
        assert len(panel.items) == 1
    finally:
        tray.close()


def _start_again(port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", "--port", str(port)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def test_quit_waits_for_an_active_request(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    words = " ".join(str(number) for number in range(120))
    answer = asyncio.create_task(ask(tray.url, "default", text=words, delay=0.05))
    await shows(panel, "1 active request")
    await panel.click("Quit")
    await shows(panel, "Finishing 1 request…")
    assert (await entry(panel, "Quit")).label == "Quit now (interrupts 1 request)"
    assert await answer == words, "it takes longer than the server alone would wait (5 s)"
    assert await asyncio.to_thread(tray.process.wait, 20) == 0


async def test_a_second_quit_interrupts_the_request_with_an_error(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    answer = asyncio.create_task(ask(tray.url, "default", text="word " * 2000, delay=0.05))
    await shows(panel, "1 active request")
    await panel.click("Quit")
    await shows(panel, "Finishing 1 request…")
    await panel.click("Quit now")
    with pytest.raises(APIError, match="stopped before this answer ended"):
        await answer
    assert await asyncio.to_thread(tray.process.wait, 10) == 0


async def test_for_a_taken_port_a_free_one_is_offered_and_used(
    notifications: NotificationServer, panel: TrayHost, upstream: str
) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        tray = Tray(port=port)
        try:
            await shows(panel, f"Port {port} is taken by")
            await wait_for_look(panel, "attention")
            offered = next(n for n in (await panel.menu()).children if "instead" in n.label)
            other = int(offered.label.split()[3])
            assert other > port
            await until(lambda: any(f"on port {other}" in text for text in notifications.all))
            await notifications.press(f"Use port {other}")
            await shows(panel, f"Ready on http://127.0.0.1:{other}")
            assert await ask(f"http://127.0.0.1:{other}", "default", text="Here.") == "Here."
        finally:
            tray.close()


async def test_a_hung_server_is_shown_and_restarted_from_the_menu(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    hung = tray.server()
    hung.suspend()
    await shows(panel, "The server isn't responding", 20)
    await wait_for_look(panel, "attention")
    await panel.click("Restart")
    await shows(panel, "Ready on", 30)
    assert not hung.is_running()
    assert tray.server().pid != hung.pid


async def test_the_end_of_the_session_ends_tray_and_server(
    panel: TrayHost, tray: Tray, session_bus: str
) -> None:
    """The session bus ends when the user logs out."""
    await shows(panel, "Ready on")
    processes = tray.processes()
    buses = [process for process in psutil.Process().children() if process.name() == "dbus-daemon"]
    for bus in buses:
        bus.kill()
    assert await asyncio.to_thread(tray.process.wait, 20) == 0
    await until(lambda: not any(process.is_running() for process in processes))


async def test_after_sleep_every_route_to_claude_is_retried(
    panel: TrayHost, tray: Tray, home: Path
) -> None:
    """To a stopped process, the time that passed looks like sleep."""
    await shows(panel, "Ready on")
    log = home / "logs" / "bridge.log"
    assert "/control/reload" not in log.read_text()
    tray.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(25)
    tray.process.send_signal(signal.SIGCONT)
    await until(lambda: "POST /control/reload -> 200" in log.read_text())
    await shows(panel, "Ready on")
