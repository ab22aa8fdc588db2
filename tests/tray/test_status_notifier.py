"""The icon on Linux, shown and clicked by a panel over a real D-Bus."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.wire.computer_status import ComputerHealth, WaitingBatch
from tests.tray.statuses import BATCH, FABLE, OPUS, RUNNING, SONNET, view
from tests.tray_host.host import TrayHost, until
from tests.tray_host.notifications import NotificationServer
from tray.commands import Command, Copy, Decide, Refresh, Stop, Switch
from tray.icon.status_notifier import NO_HOST, NO_HOST_SECONDS, StatusNotifierIcon
from tray.icons import SIZES
from tray.notifications import Notice
from tray.status import Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="StatusNotifier is Linux's")


OTHER_BATCH = replace(BATCH, id="b2", what=["Delete everything."], digest="d2")


def wait_for(batch: WaitingBatch) -> Status:
    waiting = ComputerHealth(mode="ask", waiting=1)
    return replace(RUNNING, computer=waiting, batches=(batch,))


class RunningIcon:
    """An icon running on its own thread."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.slow = threading.Event()
        self.icon = StatusNotifierIcon(self._record)

    def _record(self, command: Command) -> None:
        if command != Refresh():
            self.commands.append(command)
        if isinstance(command, Stop):
            self.slow.wait(10)


@asynccontextmanager
async def show_icon(status: Status) -> AsyncIterator[RunningIcon]:
    running = RunningIcon()
    up = threading.Event()
    thread = threading.Thread(target=running.icon.run, args=(view(status), up.set))
    thread.start()
    try:
        assert await asyncio.to_thread(up.wait, 10)
        yield running
    finally:
        running.slow.set()
        running.icon.stop()
        await asyncio.to_thread(thread.join, 10)


@asynccontextmanager
async def start_desktop(
    bus: str, *, buttons: bool = True, markup: bool = False
) -> AsyncIterator[tuple[NotificationServer, RunningIcon]]:
    """A desktop that shows icons and notifications."""
    async with (
        TrayHost(bus),
        NotificationServer(bus, buttons=buttons, markup=markup) as notifications,
        show_icon(RUNNING) as running,
    ):
        yield notifications, running


async def test_the_menu_shows_the_status(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING):
        menu = await host.menu()
        assert [
            (node.label, node.enabled) for node in menu.children if node.label and node.visible
        ] == [
            ("Ready on http://127.0.0.1:8000 · API key", False),
            ("Start server", False),
            ("Stop server", True),
            ("Restart server", True),
            ("Pause requests", True),
            ("Model: Opus 5.5", True),
            ("Backend: API key", True),
            ("Computer use: off", True),
            ("Connect", True),
            ("Today: 3 requests · 12.4k tokens · $0.07", True),
            ("Open dashboard", True),
            ("Accounts & keys…", True),
            ("Show unlock code", True),
            ("Record requests for 30 minutes", True),
            ("Open log", True),
            ("Open settings file", True),
            ("Start at login", True),
            ("About", True),
            ("Quit", True),
        ]
        models = menu.find("Model").children
        assert [(m.label, m.kind, m.state) for m in models if m.state is not None] == [
            ("Use for all requests", "checkmark", 0),
            ("Opus 5.5", "radio", 1),
            ("Sonnet 5.5", "radio", 0),
            ("Bridge Echo (not Claude)", "radio", 0),
        ]
        assert (await host.icon("ToolTip"))[3] == "Ready on http://127.0.0.1:8000 · API key"
        assert [size for size, _, _ in await host.icon("IconPixmap")] == list(SIZES)


async def test_a_click_runs_its_command(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        await host.click("Model", "Sonnet 5.5")
        await until(lambda: running.commands == [Switch(model=SONNET["id"])])
        await host.click("Start")
        await asyncio.sleep(0.1)
        assert len(running.commands) == 1, "a disabled entry does nothing"


async def test_a_change_of_labels_does_not_rebuild_the_menu(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        before = (await host.menu()).find("Model").find("Sonnet 5.5")
        running.icon.show(view(replace(RUNNING, model=SONNET["id"])))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        assert "LayoutUpdated" not in host.signals
        after = (await host.menu()).find("Model").find("Sonnet 5.5")
        assert (after.id, before.state, after.state) == (before.id, 0, 1)


async def test_a_click_on_a_menu_opened_before_a_rebuild_runs_the_right_command(
    session_bus: str,
) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        sonnet = (await host.menu()).find("Model").find("Sonnet 5.5").id
        more = (FABLE, *RUNNING.models)
        running.icon.show(view(replace(RUNNING, models=more)))
        await until(lambda: "LayoutUpdated" in host.signals)
        await host.click_id(sonnet)
        await until(lambda: running.commands == [Switch(model=SONNET["id"])])


async def test_the_icon_changes_with_the_state(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        before = await host.icon("IconPixmap")
        running.icon.show(view(Status("failing", message="The server failed.")))
        await until(lambda: {"NewIcon", "NewToolTip"} <= set(host.signals))
        assert await host.icon("IconPixmap") != before
        assert (await host.icon("ToolTip"))[3] == "The server failed."


async def test_a_slow_command_does_not_freeze_the_menu(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        await host.click("Stop")
        await until(lambda: running.commands == [Stop()])
        started = time.monotonic()
        await host.menu()
        assert time.monotonic() - started < 5


async def test_the_icon_is_back_when_the_panel_starts_again(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING):
        await host.item()
        await host.vanish()
        await host.appear()
        assert (await host.menu()).find("Quit").enabled


async def test_the_entries_of_an_open_menu_do_not_move(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        sonnet = (await host.menu()).find("Model").find("Sonnet 5.5").id
        await host.event(0, "opened")
        more = replace(RUNNING, models=(FABLE, OPUS, SONNET), model=SONNET["id"])
        running.icon.show(view(more))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        models = (await host.menu()).find("Model")
        assert "Fable 5.2" not in [model.label for model in models.children]
        assert models.find("Sonnet 5.5").state == 1, "but the marks are up to date"
        assert "LayoutUpdated" not in host.signals
        await host.click_id(sonnet)
        await until(lambda: running.commands == [Switch(model=SONNET["id"])])
        await host.event(0, "closed")
        await until(lambda: "LayoutUpdated" in host.signals)
        assert (await host.menu()).find("Model").find("Fable 5.2").enabled


async def test_a_menu_opened_for_an_approval_approves_nothing_else(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(wait_for(BATCH)) as running:
        approve = (await host.menu()).find("Approve").id
        await host.event(0, "opened")
        running.icon.show(view(wait_for(OTHER_BATCH)))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        shown = await host.menu()
        assert not shown.find("Approve").enabled
        assert OTHER_BATCH.what[0] not in [node.label for node in shown.children]
        await host.click_id(approve)
        await host.event(0, "closed")
        await until(lambda: "LayoutUpdated" in host.signals)
        await host.click_id(approve)
        await host.click("Approve")
        await until(lambda: bool(running.commands))
        assert running.commands == [Decide("b2", approved=True, digest="d2")]


async def test_an_approval_that_comes_into_an_open_menu_waits_for_the_next_opening(
    session_bus: str,
) -> None:
    """Xfce's panel reports only that a menu is about to be shown."""
    async with TrayHost(session_bus) as host, show_icon(wait_for(BATCH)) as running:
        await host.about_to_show()
        assert (await host.menu()).find("Approve").enabled
        running.icon.show(view(wait_for(OTHER_BATCH)))
        await until(lambda: "LayoutUpdated" in host.signals)
        for label in ("Approve", "Deny"):
            entry = (await host.menu()).find(label)
            assert (entry.label, entry.enabled) == (f"{label}: open the menu again", False)
            await host.event(entry.id, "clicked")
        await host.about_to_show()
        approve = (await host.menu()).find("Approve")
        assert (approve.label, approve.enabled) == ("Approve", True)
        await host.event(approve.id, "clicked")
        await until(lambda: bool(running.commands))
        assert running.commands == [Decide("b2", approved=True, digest="d2")]


async def test_an_approval_is_offered_by_a_panel_that_only_reports_an_open_menu(
    session_bus: str,
) -> None:
    async with TrayHost(session_bus) as host, show_icon(wait_for(BATCH)):
        assert not (await host.menu()).find("Approve").enabled
        await host.event(0, "opened")
        assert (await host.menu()).find("Approve").enabled


async def test_a_changed_approval_is_not_given_by_the_menu_for_what_it_was(
    session_bus: str,
) -> None:
    changed = replace(BATCH, what=["Press Delete."], digest="d3")
    async with TrayHost(session_bus) as host, show_icon(wait_for(BATCH)) as running:
        approve = (await host.menu()).find("Approve").id
        await host.event(0, "opened")
        running.icon.show(view(wait_for(changed)))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        await host.click_id(approve)
        await host.event(0, "closed")
        await host.click("Approve")
        await until(lambda: bool(running.commands))
        assert running.commands == [Decide("b1", approved=True, digest="d3")]


async def test_opening_the_menu_refreshes_it(session_bus: str) -> None:
    seen: list[Command] = []
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        running.icon._on_command = seen.append
        await host.about_to_show()
        await until(lambda: seen == [Refresh()])


async def test_hidden_entries_are_hidden_and_shown(session_bus: str) -> None:
    async with TrayHost(session_bus) as host, show_icon(RUNNING) as running:
        assert not (await host.menu()).find("Set up Claude").visible
        running.icon.show(view(replace(RUNNING, ready=False)))
        await until(lambda: "ItemsPropertiesUpdated" in host.signals)
        assert (await host.menu()).find("Set up Claude").visible


async def test_a_button_of_a_notification_runs_its_command(session_bus: str) -> None:
    notice = Notice("Claude wants to click.", "batch 1", (("Approve", Copy("url")),), urgent=True)
    async with start_desktop(session_bus) as (desktop, running):
        running.icon.notify(notice)
        await until(lambda: len(desktop.shown) == 1)
        (notification,) = desktop.shown.values()
        assert (notification.text, notification.actions) == (
            "Claude wants to click.",
            ["0", "Approve"],
        )
        await desktop.press("Approve")
        await until(lambda: running.commands == [Copy("url")])


async def test_markup_in_a_notification_is_shown_as_it_is(session_bus: str) -> None:
    """Otherwise a text could hide a part of itself: `<!-- -->`, or `<a href="…">`."""
    notice = Notice("Type “a<!-- b -->&amp;c”.", "batch 1")
    async with start_desktop(session_bus, markup=True) as (desktop, running):
        running.icon.notify(notice)
        await until(lambda: len(desktop.shown) == 1)
        (notification,) = desktop.shown.values()
        assert notification.text == "Type “a&lt;!-- b --&gt;&amp;amp;c”."


async def test_a_withdrawn_notification_is_closed(session_bus: str) -> None:
    async with start_desktop(session_bus) as (desktop, running):
        running.icon.notify(Notice("Wants.", "batch 1", (("Approve", Stop()),)))
        await until(lambda: len(desktop.shown) == 1)
        running.icon.withdraw("batch 1")
        await until(lambda: not desktop.shown)


async def test_a_notification_is_withdrawn_even_while_it_is_being_shown(session_bus: str) -> None:
    async with start_desktop(session_bus) as (desktop, running):
        running.icon.notify(Notice("Wants.", "batch 1"))
        running.icon.withdraw("batch 1")
        running.icon.notify(Notice("Next.", "other"))
        await until(lambda: "Next." in desktop.all)
        assert [shown.text for shown in desktop.shown.values()] == ["Next."]


async def test_without_buttons_the_fallback_is_run(session_bus: str) -> None:
    notice = Notice("Wants.", "batch 1", (("Approve", Stop()),), fallback=Copy("key"))
    async with start_desktop(session_bus, buttons=False) as (desktop, running):
        running.icon.notify(notice)
        await until(lambda: running.commands == [Copy("key")])
        assert [shown.actions for shown in desktop.shown.values()] == [[]]


async def test_a_missing_panel_is_reported_in_one_line(
    session_bus: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with show_icon(RUNNING) as running:
        assert not running.icon.visible
        await asyncio.sleep(NO_HOST_SECONDS / 2)
        assert capfd.readouterr().err == "", "at login a panel may come later than the tray"
        await asyncio.sleep(NO_HOST_SECONDS / 2 + 0.5)
    assert capfd.readouterr().err == NO_HOST + "\n"
