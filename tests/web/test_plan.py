"""What is left of a plan on the dashboard, in a real browser, and consent to extra usage."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.server.state import Bridge
from bridge.store.ledger import Entry
from tests.conftest import StartBridge
from tests.web.chromium import Page, run_chromium

HOUR = 3600
IS_SHOWN = "!document.querySelector('#plan').hidden"
BUTTONS = "[...document.querySelectorAll('#plan button')]"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


def note_use(
    bridge: Bridge,
    session: float,
    week: float = 0.31,
    *,
    extra: str = "allowed",
    account: str = "default",
) -> None:
    """Have Claude report the use of the plan."""
    now = int(time.time())
    windows = {
        "five_hour": {"utilization": session, "resetsAt": now + 2 * HOUR + 14 * 60 + 20},
        "seven_day": {"utilization": week, "resetsAt": now + 98 * HOUR},
    }
    bridge.plan.for_account(account).note({"unifiedWindows": windows, "overageStatus": extra})


def add_users(bridge: Bridge) -> None:
    """Have three clients ask through the plan, and one through an API key."""
    uses = [
        ("cursor", 9),
        ("open-webui", 4),
        ("<b>odd</b>", 1),
        *[(f"app-{n}", 1) for n in range(7)],
    ]
    for client, requests in uses:
        for _ in range(requests):
            bridge.ledger.put(make_entry(client, "claude-code"))
    bridge.ledger.put(make_entry("by-key", "anthropic"))


def make_entry(client: str, backend: str) -> Entry:
    return Entry(
        at=time.time() - 60,
        model="claude-opus-5-5",
        backend=backend,
        client=client,
        input_tokens=2400,
        cache_write_tokens=300,
        cache_read_tokens=9000,
        output_tokens=700,
        cost=36_000,
        outcome="stop",
        milliseconds=2100,
        first_chunk_milliseconds=640,
    )


async def open_signed_in(page: Page, bridge: Bridge) -> None:
    await page.open_with_session(bridge)
    await page.wait_for(IS_SHOWN)


async def list_buttons(page: Page) -> list[str]:
    shown = (
        f"{BUTTONS}.filter(button => button.checkVisibility()).map(button => button.textContent)"
    )
    return list(await page.evaluate(shown))


async def read_meters(page: Page) -> list[tuple[str, float]]:
    """Return names and values as a screen reader gets them."""
    nodes: Any = (await page.send_command("Accessibility.getFullAXTree"))["nodes"]
    meters = [node for node in nodes if node.get("role", {}).get("value") == "meter"]
    return [(node["name"]["value"], node["value"]["value"]) for node in meters]


async def test_each_window_has_a_bar_and_users(bridge: Bridge, page: Page) -> None:
    await page.open(f"{bridge.url}/")
    await page.wait_for("document.querySelector('#reason').textContent")
    assert not await page.evaluate(IS_SHOWN), "no plan is known"
    note_use(bridge, session=0.82, week=0.962)
    add_users(bridge)
    await page.open(f"{bridge.url}/?")
    await page.wait_for(IS_SHOWN)
    text = (await page.read_text("#plan")).replace("\n\n", "\n")
    assert "Session\n82 %, little left\nResets " in text
    assert ", in 2 h 14 min." in text
    assert "Week\n96 %, almost used up" in text
    assert ", in 4 days." in text
    assert "As of just now." in text
    assert (
        "On in your Claude account; it costs money. The bridge refuses it until you agree." in text
    )
    widths = "[...document.querySelectorAll('.meter div')].map(fill => fill.style.width)"
    assert await page.evaluate(widths) == ["82%", "96%"]
    assert await read_meters(page) == [("Session", 82), ("Week", 96)]
    rows = (await page.read_text("#plan-users tbody")).splitlines()
    assert rows[:3] == [
        "Session",
        "cursor claude-opus-5-5\t9\t30.6K\t$0.32",
        "open-webui claude-opus-5-5\t4\t13.6K\t$0.14",
    ]
    assert rows[6:8] == ["and 5 more", "Week"]
    assert await list_buttons(page) == []
    assert page.errors == []


async def test_the_plan_is_unknown_until_the_first_answer(claude_code: Bridge, page: Page) -> None:
    await page.open(f"{claude_code.url}/")
    await page.wait_for(IS_SHOWN)
    assert await page.read_text(".plan-as-of") == "Unknown until the first answer."
    assert await page.read_text(".plan-extra") == "Not known yet."
    assert await read_meters(page) == []
    note_use(claude_code, session=0.1, extra="rejected")
    await page.wait_for("document.querySelectorAll('.meter').length === 2")
    assert "Off in your Claude account" in await page.read_text(".plan-extra")


async def test_the_user_agrees_to_extra_usage_and_ends_it(bridge: Bridge, page: Page) -> None:
    note_use(bridge, session=1.02)
    await page.open(f"{bridge.url}/")
    await page.wait_for(IS_SHOWN)
    assert "Going on would be extra usage, which costs money." in await page.read_text("#plan")
    assert "Unlock this page to decide." in await page.read_text("#plan")
    assert await list_buttons(page) == []
    await open_signed_in(page, bridge)
    assert await list_buttons(page) == ["Allow until it resets", "Always allow"]
    await page.evaluate(f"{BUTTONS}[0].click()")
    result = "document.querySelector('#plan-result').textContent"
    await page.wait_for(f"{result} === 'Allowed until the plan resets.'")
    assert bridge.plan.for_account().build_report().agreement == "window"
    await page.wait_for("document.querySelector('.plan-refusal').hidden")
    assert "it costs money. You allow it until " in await page.read_text(".plan-extra")
    assert await list_buttons(page) == ["Stop allowing"]
    await page.evaluate(f"{BUTTONS}[2].click()")
    await page.wait_for("!document.querySelector('.plan-refusal').hidden")
    assert bridge.plan.for_account().build_report().agreement == "no"
    assert page.errors == []
    bridge.page_sessions.end_all()
    await page.evaluate(f"{BUTTONS}[1].click()")
    await page.wait_for(f"{result}.includes('control token')")
    assert bridge.plan.for_account().build_report().agreement == "no"
    await page.wait_for(f"{BUTTONS}.every(button => !button.checkVisibility())")


async def test_the_user_agrees_for_the_account_whose_button_it_is(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge(backend="offline", sign_ins={"work": "/made-up"})
    for account in ("default", "work"):
        note_use(bridge, session=1.02, account=account)
    await open_signed_in(page, bridge)
    buttons = "document.querySelectorAll('#plans article')[1].querySelectorAll('button')"
    await page.evaluate(f"{buttons}[0].click()")
    await page.wait_for("document.querySelector('#plan-result').textContent")
    assert bridge.plan.for_account("work").build_report().agreement == "window"
    assert bridge.plan.for_account().build_report().agreement == "no"


async def test_the_sign_in_is_switched_where_the_plans_are_shown(
    start_bridge: StartBridge, page: Page
) -> None:
    bridge = await start_bridge(backend="offline", sign_ins={"work": "/made-up"})
    await page.open(f"{bridge.url}/")
    choice = "document.querySelector('#sign-in-choice')"
    await page.wait_for(f"{choice}.value === 'default'")
    assert await page.evaluate(f"{choice}.disabled && !document.querySelector('#plan').hidden")
    await open_signed_in(page, bridge)
    names = await page.evaluate(f"[...{choice}.options].map(option => option.text)")
    assert names == ["default", "work"]
    change = f"{choice}.value = 'work', {choice}.dispatchEvent(new Event('change'))"
    await page.evaluate(change)
    result = "document.querySelector('#plan-result').textContent"
    await page.wait_for(f"{result} === 'The sign-in work is used from the next request on.'")
    assert bridge.switches.sign_in == "work"
    # It follows a switch in the tray.
    bridge.switches.sign_in = "default"
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for(f"{choice}.value === 'default'")
    assert page.errors == []
    bridge.page_sessions.end_all()
    await page.evaluate(change)
    await page.wait_for(f"{result}.includes('control token') && {choice}.disabled")
    assert bridge.switches.sign_in == "default"
