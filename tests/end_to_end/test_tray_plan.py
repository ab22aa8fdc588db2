"""What is left of a plan in the menu, its notifications, and consent to extra usage."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import pytest

from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import PlanTracker
from bridge.settings import find_paths
from tests.end_to_end.tray import Tray
from tests.tray_host.host import TrayHost, until
from tests.tray_host.notifications import NotificationServer

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="the fake panel is Linux's"),
]


@pytest.fixture
async def notifications(session_bus: str) -> AsyncIterator[NotificationServer]:
    async with NotificationServer(session_bus) as server:
        yield server


async def store_plan() -> None:
    """Store what Claude reported to an earlier server: the session is used up."""
    paths = find_paths()
    await asyncio.to_thread(paths.data.mkdir, parents=True, exist_ok=True)
    tracker = PlanTracker("ask", PlanStorage(paths.plan))
    resets_at = int(time.time()) + 3 * 3600
    tracker.for_account().note(
        {
            "rateLimitType": "five_hour",
            "resetsAt": resets_at,
            "isUsingOverage": True,
            "unifiedWindows": {
                "five_hour": {"utilization": 1.02, "resetsAt": resets_at},
                "seven_day": {"utilization": 0.31, "resetsAt": resets_at + 86_400},
            },
        }
    )
    await tracker.close()


async def list_labels(panel: TrayHost) -> list[str]:
    return [node.label for node in (await panel.menu()).children if node.visible]


async def wait_for_entry(panel: TrayHost, label: str) -> list[str]:
    """Wait until the menu has an entry that begins with the label; return all labels."""
    async with asyncio.timeout(60):
        while True:
            labels = await list_labels(panel)
            if any(each.startswith(label) for each in labels):
                return labels
            await asyncio.sleep(0.05)


async def test_extra_usage_is_notified_once_and_allowed_in_the_menu(
    panel: TrayHost, notifications: NotificationServer, upstream: str
) -> None:
    await store_plan()
    tray = Tray()
    try:
        labels = await wait_for_entry(panel, "Plan: Session 102 %, resets ")
        assert "Refused until you agree: extra usage, which costs money" in labels
        begun = "Extra usage has begun: requests cost money beyond your plan."
        await until(lambda: begun in notifications.all)
        await until(lambda: any("Agree in the tray menu" in text for text in notifications.all))
        await panel.click("Allow extra usage until it resets")
        labels = await wait_for_entry(panel, "Stop allowing extra usage")
        assert "Always allow extra usage" not in labels
        await until(
            lambda: not any("Agree" in shown.text for shown in notifications.shown.values())
        )
        tray.process.terminate()
        await asyncio.to_thread(tray.process.wait, 30)
    finally:
        tray.close()
    panel.items.clear()
    before = notifications.all.copy()
    tray = Tray()
    try:
        await wait_for_entry(panel, "Stop allowing extra usage")
        # A later notification shows that none is on its way.
        await panel.click("Connect", "Copy access key")
        await until(lambda: len(notifications.all) > len(before))
        assert [text for text in notifications.all[len(before) :] if "sage" in text] == []
    finally:
        tray.close()
