"""What happens around the tray: panels, other trays, other servers, taken ports, hung servers."""

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

from tests.end_to_end.test_tray_menu import looks
from tests.end_to_end.tray import Tray, ask, entry, free_port, shows
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
    """What is opened is written into this file."""
    program = tmp_path / "www-browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("BROWSER", "www-browser")
    return tmp_path / "opened"


async def test_the_panel_restarts_and_the_icon_is_back(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await panel.vanish()
    await asyncio.sleep(0.2)
    await panel.appear()
    await shows(panel, "Ready on")
    await looks(panel, "ready")
    await panel.click("Pause everything")
    await looks(panel, "paused")


async def test_a_killed_server_is_seen_in_the_icon_and_comes_back(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    first = tray.server().pid
    os.kill(first, signal.SIGKILL)
    await looks(panel, "attention")
    await looks(panel, "ready", 20)
    assert tray.server().pid != first


async def test_without_any_panel_the_server_runs_and_the_dashboard_is_the_face(
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
        assert (second.returncode, second.stdout) == (
            0,
            "The tray app of claude-bridge is already running.\n",
        )
        await until(lambda: browser.exists() and f"{tray.url}/#ticket=" in browser.read_text())
    finally:
        tray.process.terminate()
        _, stderr = tray.process.communicate(timeout=20)
        tray.close()
    assert NO_HOST in stderr.splitlines()


async def test_a_second_tray_has_the_first_show_itself_and_goes(
    notifications: NotificationServer, panel: TrayHost, upstream: str
) -> None:
    tray = Tray()
    try:
        await shows(panel, "Ready on")
        second = await asyncio.to_thread(_start_again, tray.port)
        assert second.returncode == 0
        words = f"The tray app is here already. Ready on {tray.url} · API key"
        await until(lambda: words in notifications.all)
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


async def test_quit_waits_for_a_running_answer_and_says_so(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    words = " ".join(str(number) for number in range(120))
    answer = asyncio.create_task(ask(tray.url, "default", text=words, delay=0.05))
    await shows(panel, "writing 1 answer")
    await panel.click("Quit")
    await shows(panel, "Finishing 1 answer…")
    assert (await entry(panel, "Quit")).label == "Quit now (cuts 1 answer)"
    assert await answer == words, "it takes longer than the server alone would wait (5 s)"
    assert await asyncio.to_thread(tray.process.wait, 20) == 0


async def test_a_second_quit_cuts_what_runs_and_the_client_is_told(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    answer = asyncio.create_task(ask(tray.url, "default", text="word " * 2000, delay=0.05))
    await shows(panel, "writing 1 answer")
    await panel.click("Quit")
    await shows(panel, "Finishing 1 answer…")
    await panel.click("Quit now")
    with pytest.raises(APIError, match="stopped before this answer ended"):
        await answer
    assert await asyncio.to_thread(tray.process.wait, 10) == 0


async def test_a_taken_port_is_told_and_the_next_free_one_is_taken_by_a_click(
    notifications: NotificationServer, panel: TrayHost, upstream: str
) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        tray = Tray(port=port)
        try:
            await shows(panel, f"Port {port} is taken by")
            await looks(panel, "attention")
            offered = next(n for n in (await panel.menu()).children if "instead" in n.label)
            other = int(offered.label.split()[3])
            assert other > port
            await until(lambda: any(f"on port {other}" in text for text in notifications.all))
            await notifications.press(f"Use port {other}")
            await shows(panel, f"Ready on http://127.0.0.1:{other}")
            assert await ask(f"http://127.0.0.1:{other}", "default", text="Here.") == "Here."
        finally:
            tray.close()


async def test_a_hung_server_is_told_and_restarted_from_the_menu(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    hung = tray.server()
    hung.suspend()
    await shows(panel, "The server does not answer any more", 20)
    await looks(panel, "attention")
    await panel.click("Restart")
    await shows(panel, "Ready on", 30)
    assert not hung.is_running()
    assert tray.server().pid != hung.pid


async def test_the_end_of_the_session_ends_tray_and_server(
    panel: TrayHost, tray: Tray, session_bus: str
) -> None:
    """The session bus is killed under it."""
    await shows(panel, "Ready on")
    family = tray.family()
    buses = [process for process in psutil.Process().children() if process.name() == "dbus-daemon"]
    for bus in buses:
        bus.kill()
    assert await asyncio.to_thread(tray.process.wait, 20) == 0
    await until(lambda: not any(process.is_running() for process in family))


async def test_after_sleep_every_way_to_claude_is_tried_anew(
    panel: TrayHost, tray: Tray, home: Path
) -> None:
    """A tray that was stopped sees what one sees whose machine has slept."""
    await shows(panel, "Ready on")
    log = home / "logs" / "bridge.log"
    assert "/control/reload" not in log.read_text()
    tray.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(25)
    tray.process.send_signal(signal.SIGCONT)
    await until(lambda: "POST /control/reload -> 200" in log.read_text())
    await shows(panel, "Ready on")
