"""The icon on Linux, seen and clicked by a panel over a real D-Bus."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.tray_host.host import TrayHost, until
from tray.commands import ChooseModel, Command, Stop
from tray.icon.base import View
from tray.icon.status_notifier import NO_HOST, StatusNotifierIcon
from tray.menu import Status, describe, entries_of, look_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="StatusNotifier is Linux's")

RUNNING = Status(
    "running",
    url="http://127.0.0.1:8000",
    ready=True,
    model="claude-opus-5-5",
    models=("claude-opus-5-5", "claude-sonnet-5-5"),
    backend="anthropic",
)


def view(status: Status) -> View:
    return View(look_of(status), describe(status), entries_of(status))


class Shown:
    """An icon that runs on a thread of its own."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.slow = threading.Event()
        self.icon = StatusNotifierIcon(self._obey)

    def _obey(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, Stop):
            self.slow.wait(10)


@asynccontextmanager
async def shown(status: Status) -> AsyncIterator[Shown]:
    one = Shown()
    up = threading.Event()
    thread = threading.Thread(target=one.icon.run, args=(view(status), up.set))
    thread.start()
    try:
        assert await asyncio.to_thread(up.wait, 10)
        yield one
    finally:
        one.slow.set()
        one.icon.stop()
        await asyncio.to_thread(thread.join, 10)


async def test_the_menu_is_what_the_status_says(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING):
        menu = await host.menu()
        assert [(node.label, node.enabled) for node in menu.children if node.label] == [
            ("Ready on http://127.0.0.1:8000 · Anthropic API", False),
            ("Start", False),
            ("Stop", True),
            ("Restart", True),
            ("Model: claude-opus-5-5", True),
            ("Copy base URL", True),
            ("Open in browser", True),
            ("Quit", True),
        ]
        models = menu.find("Model").children
        assert [(m.label, m.kind, m.state) for m in models] == [
            ("claude-opus-5-5", "radio", 1),
            ("claude-sonnet-5-5", "radio", 0),
        ]
        assert (await host.icon("ToolTip"))[3] == "Ready on http://127.0.0.1:8000 · Anthropic API"
        assert [size for size, _, _ in await host.icon("IconPixmap")] == [16, 22, 24, 32, 48, 64]


async def test_a_click_gives_its_command(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING) as one:
        await host.click("Model", "claude-sonnet-5-5")
        await until(lambda: one.commands == [ChooseModel("claude-sonnet-5-5")])
        await host.click("Start")
        await asyncio.sleep(0.1)
        assert len(one.commands) == 1, "a disabled entry does nothing"


async def test_a_change_of_words_leaves_an_open_menu_open(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING) as one:
        before = (await host.menu()).find("Model").find("claude-sonnet-5-5")
        one.icon.show(view(replace(RUNNING, model="claude-sonnet-5-5")))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        assert "LayoutUpdated" not in host.signals
        after = (await host.menu()).find("Model").find("claude-sonnet-5-5")
        assert (after.id, before.state, after.state) == (before.id, 0, 1)


async def test_a_click_on_a_menu_opened_before_a_rebuild_still_hits(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING) as one:
        sonnet = (await host.menu()).find("Model").find("claude-sonnet-5-5").id
        more = ("claude-fable-5-2", *RUNNING.models)
        one.icon.show(view(replace(RUNNING, models=more)))
        await until(lambda: "LayoutUpdated" in host.signals)
        await host.click_id(sonnet)
        await until(lambda: one.commands == [ChooseModel("claude-sonnet-5-5")])


async def test_the_icon_follows_the_state(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING) as one:
        running = await host.icon("IconPixmap")
        one.icon.show(view(Status("failing", sentence="The server failed.")))
        await until(lambda: {"NewIcon", "NewToolTip"} <= set(host.signals))
        assert await host.icon("IconPixmap") != running
        assert (await host.icon("ToolTip"))[3] == "The server failed."


async def test_a_slow_command_does_not_freeze_the_menu(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING) as one:
        await host.click("Stop")
        await until(lambda: one.commands == [Stop()])
        started = time.monotonic()
        await host.menu()
        assert time.monotonic() - started < 5


async def test_the_icon_is_back_when_the_panel_starts_again(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, shown(RUNNING):
        await host.item()
        await host.vanish()
        await host.appear()
        assert (await host.menu()).find("Quit").enabled


async def test_no_panel_is_said_in_one_line(
    session_bus: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with shown(RUNNING):
        pass
    assert capfd.readouterr().err == NO_HOST + "\n"
