"""Each menu entry is clicked by a panel; the real server and the icon change."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import psutil
import pytest
from openai import APIStatusError

from bridge.settings import find_paths
from tests.end_to_end.tray import Tray, ask, entry, read_opened_pages, shows
from tests.tray_host.host import TrayHost, until
from tests.tray_host.notifications import NotificationServer
from tray.icon.status_notifier import draw_pixmaps
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
    """A browser, a file opener and a clipboard tool that record their input."""
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
    """Started after the notification server, which records its first notification."""
    started = Tray()
    yield started
    started.close()


async def fetch_health(tray: Tray) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{tray.url}/health") as answer,
    ):
        return await answer.json()


async def wait_for_health(tray: Tray, name: str, value: object) -> None:
    async with asyncio.timeout(10):
        while (await fetch_health(tray))[name] != value:
            await asyncio.sleep(0.05)


async def wait_for_look(panel: TrayHost, look: Look, seconds: float = 10) -> None:
    """Wait until the icon on the panel is that of the look, pixel by pixel."""
    expected = [bytes(pixels) for _, _, pixels in draw_pixmaps(look)]
    async with asyncio.timeout(seconds):
        while [bytes(pixels) for _, _, pixels in await panel.icon("IconPixmap")] != expected:
            await asyncio.sleep(0.05)


async def wait_until_checked(panel: TrayHost, *labels: str, state: int = 1) -> None:
    async with asyncio.timeout(10):
        while (await entry(panel, *labels)).state != state:
            await asyncio.sleep(0.05)


async def wait_for_text(path: Path, words: str) -> str:
    await until(lambda: path.exists() and words in path.read_text())
    return path.read_text()


async def ask_for_model(tray: Tray, asked: str) -> str:
    body = {"model": asked, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{tray.url}/v1/chat/completions", json=body) as answer,
    ):
        return str((await answer.json())["model"])


async def test_the_model_is_switched_for_default_or_for_all_requests(
    panel: TrayHost, tray: Tray
) -> None:
    await shows(panel, "Ready on")
    await wait_for_look(panel, "ready")
    labels = [node.label for node in (await entry(panel, "Model")).children if node.label]
    assert labels[:2] == ["Use for all requests", "Opus 5.5"]
    assert not [label for label in labels if "embedding" in label or label == "default"]
    await panel.click("Model", "Haiku 5.5")
    await wait_until_checked(panel, "Model", "Haiku 5.5")
    await wait_for_health(tray, "model", "claude-haiku-5-5")
    assert await ask_for_model(tray, "default") == "claude-haiku-5-5"
    assert await ask_for_model(tray, "gpt-5.4") == "claude-haiku-5-5"
    assert await ask_for_model(tray, "claude-opus-5-5") == "claude-opus-5-5"
    await panel.click("Model", "Use for all requests")
    await wait_for_health(tray, "use_for_everything", True)
    assert await ask_for_model(tray, "claude-opus-5-5") == "claude-haiku-5-5"
    before = tray.server().pid
    await panel.click("Restart")
    await until(lambda: not psutil.pid_exists(before))
    await shows(panel, "Ready on")
    assert await ask_for_model(tray, "claude-opus-5-5") == "claude-haiku-5-5", (
        "the choice survives a restart"
    )
    await panel.click("Model", "Use for all requests")
    await wait_for_health(tray, "use_for_everything", False)


async def test_the_backend_is_switched_and_its_reason_shown(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    reason = (await entry(panel, "Backend")).children[0]
    assert reason.label == "Using API key: ANTHROPIC_API_KEY is set, not checked yet"
    await panel.click("Backend", "Offline echo")
    await wait_until_checked(panel, "Backend", "Offline echo")
    await shows(panel, "offline echo")
    assert await ask_for_model(tray, "default") == "bridge-echo"
    await panel.click("Backend", "Automatic")
    await shows(panel, "API key")


async def test_paused_requests_are_rejected_until_resumed(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await panel.click("Pause requests")
    await shows(panel, "Paused on")
    await wait_for_look(panel, "paused")
    with pytest.raises(APIStatusError, match="The bridge is paused"):
        await ask(tray.url, "default", text="No.")
    await panel.click("Resume requests")
    await shows(panel, "Ready on")
    assert await ask(tray.url, "default", text="Yes.") == "Yes."


async def test_an_active_request_is_shown_and_counted(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    answer = asyncio.create_task(ask(tray.url, "default", text="word " * 60, delay=0.05))
    await shows(panel, "1 active request")
    await wait_for_look(panel, "busy")
    await answer
    await wait_for_look(panel, "ready")
    await panel.about_to_show()
    async with asyncio.timeout(10):
        while not (await entry(panel, "Today:")).label.startswith("Today: 1 request ·"):
            await asyncio.sleep(0.05)


async def test_the_connect_entries_copy_working_values(
    panel: TrayHost, tray: Tray, programs: Path
) -> None:
    await shows(panel, "Ready on")
    clipboard = programs / "clipboard"
    await panel.click("Connect", "Copy base URL")
    assert await wait_for_text(clipboard, "http") == f"{tray.url}/v1"
    await panel.click("Connect", "Copy access key")
    assert await wait_for_text(clipboard, "any") == "any"
    clients = [n.label for n in (await entry(panel, "Connect")).children if "Copy for" in n.label]
    assert {"Copy for openai-python", "Copy for curl"} <= set(clients)
    for label in clients:
        clipboard.unlink(missing_ok=True)
        await panel.click("Connect", label)
        assert str(tray.port) in await wait_for_text(clipboard, str(tray.port)), label


def split_tickets(record: Path) -> list[tuple[str, str]]:
    """Return address and ticket of each page that was opened."""
    pages = [urlsplit(link) for link in read_opened_pages(record)]
    return [
        (page._replace(fragment="").geturl(), parse_qs(page.fragment)["ticket"][0])
        for page in pages
    ]


async def test_pages_and_files_are_opened(
    panel: TrayHost, tray: Tray, programs: Path, home: Path
) -> None:
    await shows(panel, "Ready on")
    token = (home / "data" / "control-token").read_text().strip()
    for label in ("Open dashboard", "Accounts & keys", "Today:"):
        await panel.click(label)
        opened = await wait_for_text(programs / "opened", "/pages/open-")
        place = "&page=%2F%23accounts" if "Accounts" in label else "&page=%2F"
        assert read_opened_pages(programs / "opened")[0].endswith(place)
        ((link, ticket),) = split_tickets(programs / "opened")
        assert link == f"{tray.url}/open"
        for secret in (token, ticket):
            assert secret not in opened, "other users can see the command line of a browser"
        (programs / "opened").unlink()
    await panel.click("Open log")
    await wait_for_text(programs / "opened", str(home / "logs" / "bridge.log"))
    await panel.click("Open settings file")
    await wait_for_text(programs / "opened", str(home / "config" / "config.toml"))
    assert "# port = 8000" in (home / "config" / "config.toml").read_text()


async def test_start_at_login_writes_and_removes_the_autostart_entry(
    panel: TrayHost, tray: Tray, tmp_path: Path
) -> None:
    await shows(panel, "Ready on")
    entry_file = tmp_path / ".config" / "autostart" / "claude-bridge.desktop"
    await panel.click("Start at login")
    words = f"Exec={sys.executable} -P -m bridge tray --port {tray.port}\n"
    assert words in await wait_for_text(entry_file, "Exec="), "with the flags of this tray"
    await wait_until_checked(panel, "Start at login")
    await panel.click("Start at login")
    await until(lambda: not entry_file.exists())
    await wait_until_checked(panel, "Start at login", state=0)


async def test_talon_commands_are_installed_or_the_problem_is_shown(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, tmp_path: Path
) -> None:
    await shows(panel, "Ready on")
    await panel.click("Connect", "Install Talon commands")
    missing = "Install Talon from talonvoice.com"
    await until(lambda: any(missing in text for text in notifications.all))
    (tmp_path / ".talon" / "user").mkdir(parents=True)
    await panel.click("Connect", "Install Talon commands")
    installed = tmp_path / ".talon" / "user" / "claude-bridge"
    await until(lambda: any(str(installed) in text for text in notifications.all))
    assert (installed / "claude.talon").exists()


async def test_a_failed_command_is_explained_once_a_minute(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, programs: Path
) -> None:
    await shows(panel, "Ready on")
    (programs / "programs" / "xclip").write_text("#!/bin/sh\nexit 3\n")
    await panel.click("Connect", "Copy base URL")
    words = f"The text is: {tray.url}/v1"
    await until(lambda: any(text.endswith(words) for text in notifications.all))
    shown = len(notifications.all)
    await panel.click("Connect", "Copy base URL")
    await asyncio.sleep(0.5)
    assert len(notifications.all) == shown, "the same notification is shown once a minute"


async def test_the_first_start_greets_once(
    panel: TrayHost, tray: Tray, notifications: NotificationServer, home: Path
) -> None:
    await shows(panel, "Ready on")
    await until(lambda: bool(notifications.all))
    assert notifications.all == [
        f"Ready at {tray.url}/v1. Choose Connect in the tray menu to set up an editor."
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


async def test_without_a_connection_to_claude_the_first_start_opens_the_setup_page(
    panel: TrayHost,
    notifications: NotificationServer,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    tray = Tray("--backend", "anthropic")
    try:
        await shows(panel, "key from platform.claude.com with `claude-bridge key")
        await wait_for_look(panel, "attention")
        await wait_for_text(programs / "opened", "/pages/open-")
        (link,) = read_opened_pages(programs / "opened")
        assert link.startswith(f"{tray.url}/open#ticket=")
        assert link.endswith("&page=%2Fsetup")
        assert await ask_for_model(tray, "bridge-echo") == "bridge-echo"
        assert (await entry(panel, "Set up Claude")).visible
        assert len(notifications.all) == 1
    finally:
        tray.close()


async def test_computer_use_is_shown_approved_and_stopped(
    panel: TrayHost, tray: Tray, notifications: NotificationServer
) -> None:
    """On the real screen of the test's X server, by a real chat."""
    await shows(panel, "Ready on")
    await panel.click("Computer use", "Ask me before each step")
    await wait_until_checked(panel, "Computer use", "Ask me before each step")
    key = find_paths().control_token.read_text("ascii").strip()
    click = {"name": "key", "input": {"text": "Delete"}, "toolset_name": "computer"}
    chat = asyncio.create_task(ask(tray.url, "claude-opus-5-5+computer", key=key, tools=[click]))
    await wait_for_look(panel, "computer")
    await until(lambda: any("Waiting for your approval" in text for text in notifications.all))
    await shows(panel, "Claude needs your approval (")
    await panel.about_to_show()
    assert (await entry(panel, "Approve")).enabled
    await notifications.press("Approve")
    await chat
    await wait_for_look(panel, "ready")
    await until(lambda: not any("approval" in shown.text for shown in notifications.shown.values()))

    stopped = asyncio.create_task(ask(tray.url, "claude-opus-5-5+computer", key=key, tools=[click]))
    await wait_for_look(panel, "computer")
    await panel.click("Stop Claude")
    await asyncio.wait({stopped}, timeout=15)
    assert stopped.done()
    await shows(panel, "Ready on")
    await wait_until_checked(panel, "Computer use", "Off")


async def test_other_users_cannot_read_the_secrets_of_the_tray(
    panel: TrayHost, tray: Tray, home: Path
) -> None:
    await shows(panel, "Ready on")
    for name in ("tray.port", "control-token"):
        assert stat.S_IMODE((home / "data" / name).stat().st_mode) == 0o600


async def test_the_idle_tray_needs_little_memory_and_time(panel: TrayHost, tray: Tray) -> None:
    await shows(panel, "Ready on")
    await asyncio.sleep(2)
    process = psutil.Process(tray.process.pid)
    assert process.memory_info().rss < 45_000_000
    before, started = process.cpu_times(), time.monotonic()
    await asyncio.sleep(5)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    # The benchmark measures how little it is; this only detects a busy loop.
    assert used / (time.monotonic() - started) < 0.05
