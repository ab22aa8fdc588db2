"""Each entry of the menu, clicked by a panel; the real server obeys, and the icon follows."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from openai import APIStatusError

from tests.end_to_end.tray import Tray, ask, entry, shows
from tests.tray_host.host import TrayHost, until
from tests.tray_host.notifications import NotificationServer
from tray.icon.status_notifier import pixmaps
from tray.status import Look

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]

PROGRAM = """#!/bin/sh
for word in "$@"; do echo "$word" >> "{log}"; done
"""


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser, a program for files and a clipboard that write down what they are given."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("xdg-open", "www-browser"):
        _write(folder / name, PROGRAM.format(log=tmp_path / "opened"))
    _write(folder / "xclip", f'#!/bin/sh\ncat > "{tmp_path}/clipboard"\n')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("BROWSER", "www-browser")
    return tmp_path


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
async def notifications(session_bus: str) -> AsyncIterator[NotificationServer]:
    async with NotificationServer(session_bus) as server:
        yield server


@pytest.fixture
def tray(notifications: NotificationServer, panel: TrayHost, upstream: str) -> Iterator[Tray]:
    """Later than the notifications, so that its first words are heard."""
    started = Tray()
    yield started
    started.close()


async def health(tray: Tray) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{tray.url}/health") as answer,
    ):
        return await answer.json()


async def becomes(tray: Tray, name: str, value: object) -> None:
    async with asyncio.timeout(10):
        while (await health(tray))[name] != value:
            await asyncio.sleep(0.05)


async def looks(panel: TrayHost, look: Look, seconds: float = 10) -> None:
    """The icon on the panel is that of the look, pixel by pixel."""
    wanted = [bytes(pixels) for _, _, pixels in pixmaps(look)]
    async with asyncio.timeout(seconds):
        while [bytes(pixels) for _, _, pixels in await panel.icon("IconPixmap")] != wanted:
            await asyncio.sleep(0.05)


async def checked(panel: TrayHost, *labels: str) -> None:
    async with asyncio.timeout(10):
        while (await entry(panel, *labels)).state != 1:
            await asyncio.sleep(0.05)


async def written(path: Path, words: str) -> str:
    await until(lambda: path.exists() and words in path.read_text())
    return path.read_text()


async def model_of(tray: Tray, asked: str) -> str:
    body = {"model": asked, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{tray.url}/v1/chat/completions", json=body) as answer,
    ):
        return str((await answer.json())["model"])


async def test_the_model_is_switched_for_who_asks_for_default_or_for_everything(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    await looks(panel, "ready")
    labels = [node.label for node in (await entry(panel, "Model")).children if node.label]
    assert labels[:2] == ["Use for everything", "Opus 5.5"]
    assert not [label for label in labels if "embedding" in label or label == "default"]
    await panel.click("Model", "Haiku 5.5")
    await checked(panel, "Model", "Haiku 5.5")
    await becomes(tray, "model", "claude-haiku-5-5")
    assert await model_of(tray, "default") == "claude-haiku-5-5"
    assert await model_of(tray, "gpt-5.4") == "claude-haiku-5-5"
    assert await model_of(tray, "claude-opus-5-5") == "claude-opus-5-5"
    await panel.click("Model", "Use for everything")
    await becomes(tray, "use_for_everything", True)
    assert await model_of(tray, "claude-opus-5-5") == "claude-haiku-5-5"
    before = tray.server().pid
    await panel.click("Restart")
    await until(lambda: not psutil.pid_exists(before))
    await shows(panel, "Ready on")
    assert await model_of(tray, "claude-opus-5-5") == "claude-haiku-5-5", "it outlives a restart"
    await panel.click("Model", "Use for everything")
    await becomes(tray, "use_for_everything", False)


async def test_the_backend_is_switched_and_says_why(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    reason = (await entry(panel, "Backend")).children[0]
    assert reason.label == "Now: API key, for ANTHROPIC_API_KEY is set"
    await panel.click("Backend", "Offline echo")
    await checked(panel, "Backend", "Offline echo")
    await shows(panel, "offline echo")
    assert await model_of(tray, "default") == "bridge-echo"
    await panel.click("Backend", "Automatic")
    await shows(panel, "API key")


async def test_pause_refuses_everybody_until_it_is_resumed(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await panel.click("Pause everything")
    await shows(panel, "Paused on")
    await looks(panel, "paused")
    with pytest.raises(APIStatusError, match="paused"):
        await ask(tray.url, "default", text="No.")
    await panel.click("Pause everything")
    await shows(panel, "Ready on")
    assert await ask(tray.url, "default", text="Yes.") == "Yes."


async def test_an_answer_is_seen_while_it_is_written_and_counted(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    answer = asyncio.create_task(ask(tray.url, "default", text="word " * 60, delay=0.05))
    await shows(panel, "writing 1 answer")
    await looks(panel, "busy")
    await answer
    await looks(panel, "ready")
    await panel.about_to_show()
    async with asyncio.timeout(10):
        while not (await entry(panel, "Today:")).label.startswith("Today: 1 request ·"):
            await asyncio.sleep(0.05)


async def test_what_connect_copies_is_true(panel: TrayHost, tray: Tray, programs: Path) -> None:
    await shows(panel, "Ready on")
    clipboard = programs / "clipboard"
    await panel.click("Connect", "Copy base URL")
    assert await written(clipboard, "http") == f"{tray.url}/v1"
    await panel.click("Connect", "Copy key")
    assert await written(clipboard, "any") == "any"
    clients = [n.label for n in (await entry(panel, "Connect")).children if "Copy for" in n.label]
    assert {"Copy for Cursor", "Copy for Zed", "Copy for openai-python"} < set(clients)
    for label in clients:
        clipboard.unlink(missing_ok=True)
        await panel.click("Connect", label)
        assert str(tray.port) in await written(clipboard, str(tray.port)), label


async def test_pages_and_files_are_opened(
    panel: TrayHost, tray: Tray, programs: Path, home: Path
) -> None:
    await shows(panel, "Ready on")
    token = (home / "data" / "control-token").read_text().strip()
    for label in ("Dashboard", "Today:"):
        await panel.click(label)
        opened = await written(programs / "opened", f"{tray.url}/#ticket=")
        assert token not in opened, "other users may see what a browser is opened with"
        (programs / "opened").unlink()
    await panel.click("Logs")
    await written(programs / "opened", str(home / "logs" / "bridge.log"))
    await panel.click("Settings file")
    await written(programs / "opened", str(home / "config" / "config.toml"))
    assert "# port = 8000" in (home / "config" / "config.toml").read_text()


async def test_start_at_login_writes_what_the_session_reads(
    panel: TrayHost, tray: Tray, tmp_path: Path
) -> None:
    await shows(panel, "Ready on")
    entry_file = tmp_path / ".config" / "autostart" / "claude-bridge.desktop"
    await panel.click("Start at login")
    words = f"Exec={sys.executable} -m bridge tray --port {tray.port}\n"
    assert words in await written(entry_file, "Exec="), "as this one was started"
    await checked(panel, "Start at login")
    await panel.click("Start at login")
    await until(lambda: not entry_file.exists())
    assert (await entry(panel, "Start at login")).state == 0


async def test_talon_commands_are_installed_or_it_says_what_is_missing(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, tmp_path: Path
) -> None:
    await shows(panel, "Ready on")
    await panel.click("Connect", "Install Talon commands")
    missing = "install Talon from talonvoice.com"
    await until(lambda: any(missing in text for text in notifications.all))
    (tmp_path / ".talon" / "user").mkdir(parents=True)
    await panel.click("Connect", "Install Talon commands")
    installed = tmp_path / ".talon" / "user" / "claude-bridge"
    await until(lambda: any(str(installed) in text for text in notifications.all))
    assert (installed / "claude.talon").exists()


async def test_checking_for_updates_is_off_and_can_be_switched_on(
    panel: TrayHost, tray: Tray, home: Path
) -> None:
    await shows(panel, "Ready on")
    assert (await entry(panel, "Check for updates")).state == 0
    await panel.click("Check for updates")
    await checked(panel, "Check for updates")
    assert json.loads(await written(home / "data" / "tray.json", "true"))["check_for_updates"]


async def test_a_command_that_fails_says_why(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, programs: Path
) -> None:
    await shows(panel, "Ready on")
    (programs / "programs" / "xclip").write_text("#!/bin/sh\nexit 3\n")
    await panel.click("Connect", "Copy base URL")
    words = f"It is: {tray.url}/v1"
    await until(lambda: any(text.endswith(words) for text in notifications.all))
    told = len(notifications.all)
    await panel.click("Connect", "Copy base URL")
    await asyncio.sleep(0.5)
    assert len(notifications.all) == told, "the same words come once in a minute"


async def test_the_first_start_greets_once(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, home: Path
) -> None:
    await shows(panel, "Ready on")
    await until(lambda: bool(notifications.all))
    assert notifications.all == [
        f"Claude answers on {tray.url}/v1: ANTHROPIC_API_KEY is set. Any key will do; Connect in "
        "this menu has what to paste into each client."
    ]
    await panel.click("Quit")
    assert await asyncio.to_thread(tray.process.wait, 20) == 0
    again = Tray(port=tray.port)
    try:
        await until(lambda: len(panel.items) == 2)
        await shows(panel, "Ready on")
        assert len(notifications.all) == 1
    finally:
        again.close()


async def test_without_a_way_to_claude_the_first_start_opens_the_set_up_page(
    panel: TrayHost,
    notifications: NotificationServer,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    tray = Tray("--backend", "anthropic")
    try:
        await shows(panel, "Keep a key from platform.claude.com")
        await looks(panel, "attention")
        assert f"{tray.url}/setup#ticket=" in await written(programs / "opened", "/setup#ticket=")
        assert await model_of(tray, "bridge-echo") == "bridge-echo"
        assert (await entry(panel, "Set up Claude")).visible
        assert len(notifications.all) == 1
    finally:
        tray.close()


async def test_claudes_hands_are_seen_allowed_and_stopped(
    panel: TrayHost, tray: Tray, notifications: NotificationServer
) -> None:
    """On the real screen of the test's X server, by a real chat."""
    await shows(panel, "Ready on")
    await panel.click("Computer use", "Ask me before each step")
    await checked(panel, "Computer use", "Ask me before each step")
    click = {"name": "key", "input": {"text": "Delete"}, "toolset_name": "computer"}
    chat = asyncio.create_task(ask(tray.url, "claude-opus-5-5+computer", tools=[click]))
    await looks(panel, "computer")
    await until(lambda: any("wants to use this computer" in text for text in notifications.all))
    batch = next(n for n in (await entry(panel, "Computer use")).children if n.label == "Approve")
    assert batch.enabled
    await notifications.press("Approve")
    await chat
    await looks(panel, "ready")
    await until(lambda: not any("wants" in said.text for said in notifications.shown.values()))

    refused = asyncio.create_task(ask(tray.url, "claude-opus-5-5+computer", tools=[click]))
    await looks(panel, "computer")
    await panel.click("Computer use", "Stop now")
    await asyncio.wait({refused}, timeout=15)
    assert refused.done()
    await shows(panel, "Ready on")
    await checked(panel, "Computer use", "Off")


async def test_the_door_of_a_tray_is_its_own(panel: TrayHost, tray: Tray, home: Path) -> None:
    await shows(panel, "Ready on")
    for name in ("tray.door", "control-token"):
        assert stat.S_IMODE((home / "data" / name).stat().st_mode) == 0o600


async def test_it_is_small_when_it_idles(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await asyncio.sleep(2)
    process = psutil.Process(tray.process.pid)
    assert process.memory_info().rss < 45_000_000
    before, started = process.cpu_times(), time.monotonic()
    await asyncio.sleep(5)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    # The benchmark says how little it is; this only finds a loop that spins.
    assert used / (time.monotonic() - started) < 0.05
