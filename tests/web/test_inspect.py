"""The page of recorded requests, in a real browser."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.computer.desktop import Window
from bridge.computer.screen.geometry import Rect
from bridge.server.state import Bridge
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.web.chromium import Page, run_chromium
from tests.web.exchanges import CHAT, COUNT, REJECTED, fill_recorder
from tests.web.test_accessibility import axe, find_violations  # noqa: F401 - a fixture

COUNT_TEXT = "document.querySelector('#list-count').textContent"
ITEMS = "document.querySelectorAll('#exchanges li')"
VIEW = "document.querySelector('#view')"
EVIL = "<img src=x onerror=window.pwned=1>"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with run_chromium(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
async def bridge(pretended: FakeDesktop, start_anthropic: StartBridge) -> Bridge:
    pretended.shown.append(Window("Notes", "notes", Rect(0, 0, 1920, 1080), active=True))
    return await start_anthropic(upstream_silence_seconds=1, max_streams=64)


async def open_page(page: Page, bridge: Bridge) -> None:
    await page.open_with_session(bridge, "/inspect")
    await page.wait_for("document.querySelector('#recorder-state').textContent !== 'Connecting…'")


async def set_value(page: Page, selector: str, value: Any) -> None:
    await page.evaluate(
        f"""(() => {{ const field = document.querySelector({json.dumps(selector)});
        if (typeof {json.dumps(value)} === 'boolean') field.checked = {json.dumps(value)};
        else field.value = {json.dumps(value)};
        field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"""
    )


async def open_view(page: Page, number: int) -> str:
    await page.evaluate(f"document.querySelector('#view-{number}').click()")
    return await page.read_text("#view")


async def choose(page: Page, position: int) -> None:
    await page.evaluate(f"{ITEMS}[{position}].click()")
    id = await page.evaluate(f"{ITEMS}[{position}].id.replace('exchange-', '')")
    await page.wait_for(
        f"document.querySelector('#detail-heading').textContent.startsWith('{id}: ')"
    )


async def test_list_detail_filters_again_and_export(
    bridge: Bridge,
    fake: FakeAnthropic,
    page: Page,
    axe: str,  # noqa: F811
) -> None:
    await fill_recorder(bridge, fake)
    await open_page(page, bridge)
    await page.wait_for(f"{ITEMS}.length === {COUNT}")
    assert (await page.read_text("#recorder-state")).startswith("Recording until ")

    # Filters.
    for selector, value, expected in (
        ("#filter-status", "cut", 1),
        ("#filter-status", "rejected", REJECTED),
        ("#filter-status", "", COUNT),
        ("#filter-text", "nobody-knows-this", 1),
        ("#filter-text", "", COUNT),
    ):
        await set_value(page, selector, value)
        await page.wait_for(f"{ITEMS}.length === {expected}")
    await set_value(page, "#filter-status", "failed")
    failed = await page.read_text("#exchanges")
    assert "429" in failed
    assert "504" in failed or "upstream" in failed
    await set_value(page, "#filter-status", "")
    await set_value(page, "#filter-model", "claude-haiku-5-5")
    await set_value(page, "#filter-notices", True)
    assert await page.evaluate(f"{ITEMS}.length") < COUNT
    await set_value(page, "#filter-model", "")
    await set_value(page, "#filter-notices", False)

    # What was not let in, and why; and a run with what Claude did.
    await set_value(page, "#filter-status", "rejected")
    await page.wait_for(f"{ITEMS}.length === {REJECTED}")
    await choose(page, REJECTED - 1)
    overview = await open_view(page, 0)
    assert "Unknown path /v2/chat/completions" in overview
    assert "rejected this request before it read the body" in overview
    await set_value(page, "#filter-status", "")
    await set_value(page, "#filter-text", "I click.")
    await page.wait_for(f"{ITEMS}.length === 1")
    await choose(page, 0)
    assert "left_click" in await open_view(page, 3)
    await open_view(page, 4)
    await page.wait_for(f"{VIEW}.innerText.includes('run.acted')")
    assert await find_violations(page, axe) == []
    await set_value(page, "#filter-text", "")
    await page.wait_for(f"{ITEMS}.length === {COUNT}")

    # The newest one, with its views.
    await choose(page, 0)
    overview = await open_view(page, 0)
    assert "tools changed: `search` was added" in overview
    assert "First chunk written" in overview
    fields = await open_view(page, 1)
    assert "not supported by Claude" in fields
    assert "stop_sequences" in fields
    request = await open_view(page, 2)
    assert '"verbosity": "low"' in request
    assert "editor/1.0" in request
    assert "Keep your answers short" in await open_view(page, 3)
    await open_view(page, 4)
    await page.wait_for(f"{VIEW}.innerText.includes('message_start')")
    assert "chat.completion.chunk" in await page.read_text("#view")
    for number in range(6):
        await open_view(page, number)
        assert (number, await find_violations(page, axe)) == (number, [])

    # Keyboard.
    await page.evaluate("document.querySelector('#exchanges').focus()")
    event = "new KeyboardEvent('keydown', {key: KEY, bubbles: true})"
    key = f"document.activeElement.dispatchEvent({event})"
    await page.evaluate(key.replace("KEY", "'ArrowDown'"))
    await page.wait_for(f"{ITEMS}[1].getAttribute('aria-selected') === 'true'")
    await page.evaluate(key.replace("KEY", "'ArrowUp'"))
    await page.wait_for(f"{ITEMS}[0].getAttribute('aria-selected') === 'true'")
    await page.evaluate(key.replace("KEY", "'2'"))
    await page.wait_for(
        "document.querySelector('#view-1').getAttribute('aria-selected') === 'true'"
    )
    await page.evaluate(key.replace("KEY", "'/'"))
    assert await page.evaluate("document.activeElement.id") == "filter-text"

    # Again: nothing is sent before the estimate was shown.
    await open_view(page, 5)
    await page.wait_for("document.querySelector('#again-model').options.length > 3")
    sent = len(fake.requests)
    await set_value(page, "#again-model", "claude-haiku-4-5")
    await set_value(page, "#again-tool", "search")
    await set_value(page, "#again-temperature", "0.5")
    assert await page.evaluate("document.querySelector('#again-send').hidden")
    await page.evaluate("document.querySelector('#again-form').requestSubmit()")
    await page.wait_for("!document.querySelector('#again-send').hidden")
    estimate = await page.read_text("#again-status")
    assert "claude-haiku-4-5 answers, by anthropic." in estimate
    assert "tokens" in estimate
    posted = [r for r in fake.requests[sent:] if "max_tokens" in r.body]
    assert posted == []
    fake.script(says("The capital of France is Lyon."))
    await page.evaluate("document.querySelector('#again-send').click()")
    await page.wait_for("document.querySelector('#again-difference') !== null")
    again = fake.requests[-1].body
    assert (again["model"], again["temperature"]) == ("claude-haiku-4-5", 0.5)
    assert "tools" not in again
    assert await page.evaluate("document.querySelector('#again-difference del').textContent") == (
        "Paris."
    )
    assert await find_violations(page, axe) == []
    await page.wait_for(f"{ITEMS}[0].textContent.includes('again: ')")

    # Export.
    await page.evaluate("URL.createObjectURL = blob => { window.saved = blob; return '#'; }")
    await page.evaluate(
        "[...document.querySelectorAll('#view button')]"
        ".find(button => button.textContent.startsWith('Save as')).click()"
    )
    case = json.loads(await page.wait_for("window.saved && window.saved.text()"))
    (step,) = case["steps"]
    assert step["request"]["messages"][1]["content"] == "Xxxx xx xxx xxxxxxx xx Xxxxxx?"
    assert step["notices"]
    assert page.errors == []


async def test_the_recorder_is_turned_on_and_off_here(
    bridge: Bridge,
    fake: FakeAnthropic,
    page: Page,
    axe: str,  # noqa: F811
) -> None:
    await page.open(f"{bridge.url}/inspect")
    await page.wait_for("!document.querySelector('#unlock').hidden")
    assert await page.evaluate("document.querySelector('#recorder-switch').disabled")
    assert await find_violations(page, axe) == []
    await open_page(page, bridge)
    await page.wait_for(f"{COUNT_TEXT}.startsWith('Start recording')")
    await page.evaluate("document.querySelector('#recorder-form').requestSubmit()")
    await page.wait_for(f"{COUNT_TEXT}.startsWith('Nothing was requested')")
    assert bridge.recorder.is_on
    async with aiohttp.ClientSession(bridge.url) as session:
        async with session.post("/v1/chat/completions", json=CHAT):
            pass
        # Live, without a reload.
        await page.wait_for(f"{ITEMS}.length === 1 && {ITEMS}[0].textContent.includes('200 stop')")
    await page.evaluate("document.querySelector('#recorder-form').requestSubmit()")
    await page.wait_for(f"{ITEMS}.length === 0")
    assert not bridge.recorder.is_on
    await page.open_with_session(bridge)
    link = "document.querySelector('#recorder-link').textContent"
    await page.wait_for(f"{link} === 'Requests'")
    bridge.recorder.turn_on(5)
    await page.wait_for(f"{link} === '● Recording requests'")
    assert page.errors == []


async def test_the_page_says_why_it_has_no_connection(bridge: Bridge, page: Page) -> None:
    bridge.recorder.turn_on(30)
    await open_page(page, bridge)
    state = "document.querySelector('#recorder-state').textContent"
    # A bridge that is busy answers late: the page waits for it, as long as the connection is there.
    await page.evaluate(
        """(() => { const get = fetch; window.fetch = async (...words) => {
        await new Promise(resolve => { window.answer = resolve; }); return get(...words); }; })()"""
    )
    bridge.request_stop()
    await page.wait_for(f"{state} === 'The connection has ended; trying again…'")
    await page.wait_for("window.answer !== undefined")
    assert await page.evaluate(state) == "The connection has ended; trying again…"
    await page.evaluate("window.answer()")
    await page.wait_for(f"{state} !== 'The connection has ended; trying again…'")
    assert "not running" not in await page.evaluate(state)


async def test_ten_thousand_events_are_a_few_rows(
    bridge: Bridge, fake: FakeAnthropic, page: Page
) -> None:
    bridge.recorder.turn_on(30)
    words = tuple(f"w{number} " for number in range(10_000))
    fake.script(Reply((Text("".join(words), pieces=words),)))
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/v1/chat/completions", json={**CHAT, "stream": True}) as answer,
    ):
        await answer.read()
    await open_page(page, bridge)
    await page.wait_for(f"{ITEMS}.length === 1 && {ITEMS}[0].textContent.includes('200 stop')")
    await choose(page, 0)
    await open_view(page, 4)
    rows = "document.querySelectorAll('.events-rows [role=option]')"
    await page.wait_for(f"{rows}.length > 5")
    assert await page.evaluate(f"{rows}.length") < 60
    # Each frame is drawn in time: the longest of a hundred while it scrolls from end to end.
    longest = await page.evaluate(
        """(async () => {
          const box = document.querySelector('.events-box'), times = [];
          for (let step = 0; step <= 100; step += 1) {
            const begun = performance.now();
            box.scrollTop = box.scrollHeight * step / 100;
            box.getBoundingClientRect();
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            times.push((performance.now() - begun) / 2);
          }
          return times.sort((a, b) => a - b)[95];
        })()"""
    )
    print(f"95 % of the frames took at most {longest:.1f} ms")
    await page.wait_for(f"{rows}[{rows}.length - 1].textContent.includes('message_stop')")
    await page.evaluate(f"{rows}[{rows}.length - 1].click()")
    assert '"type": "message_stop"' in await page.read_text("#view .two")
    assert page.errors == []


async def test_the_copied_code_sends_the_request(
    bridge: Bridge, fake: FakeAnthropic, page: Page
) -> None:
    bridge.recorder.turn_on(30)
    body = {**CHAT, "messages": [{"role": "user", "content": 'It\'s "quoted" \\ and ünï'}]}
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/v1/chat/completions", json=body) as answer,
    ):
        await answer.read()
    await open_page(page, bridge)
    await page.wait_for(f"{ITEMS}.length === 1")
    await choose(page, 0)
    for button, command in (("curl", ["sh", "-c"]), ("python", [sys.executable, "-c"])):
        await page.evaluate(
            f"""(async () => {{ window.copied = null;
            navigator.clipboard.writeText = async text => {{ window.copied = text; }};
            document.querySelector('#copy-{button}').click(); }})()"""
        )
        code = await page.wait_for("window.copied")
        sent = len(fake.requests)
        await run_code([*command, code])
        assert fake.requests[sent].body == fake.requests[0].body
    assert page.errors == []


async def run_code(command: list[str]) -> None:
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_nothing_that_is_shown_is_html(
    bridge: Bridge, fake: FakeAnthropic, page: Page
) -> None:
    bridge.recorder.turn_on(30)
    tool = {"type": "function", "function": {"name": "search", "description": EVIL}}
    body = {
        "model": "default",
        "messages": [{"role": "user", "content": EVIL}],
        "tools": [tool],
        EVIL: EVIL,
        "user": EVIL,
    }
    headers = {"User-Agent": f"{EVIL}/1", "x-note": EVIL}
    fake.default = says(f"{EVIL} one two")
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:
        for sent in (
            {**body, "tools": [{**tool, "function": {**tool["function"], "name": EVIL}}]},  # type: ignore[dict-item]
            {**body, "model": EVIL},
            {**body, "stream": True},
            {**body, "stream": True},
        ):
            async with session.post(f"/v1/chat/completions?{EVIL}", json=sent) as answer:
                await answer.read()
        # One that is rejected, with a path of its own in the reason.
        async with session.post(f"/v2/{EVIL}", json=body) as answer:
            assert answer.status == 404
        # The newest is one that can be sent again.
        async with session.post("/v1/chat/completions", json={**body, "stream": True}) as answer:
            await answer.read()
    await open_page(page, bridge)
    await page.wait_for(f"{ITEMS}.length === 6")
    for position in range(6):
        await choose(page, position)
        for number in range(6):
            await open_view(page, number)
    await choose(page, 0)
    await open_view(page, 5)
    await page.evaluate("document.querySelector('#again-form').requestSubmit()")
    await page.wait_for("!document.querySelector('#again-send').hidden")
    await page.evaluate("document.querySelector('#again-send').click()")
    await page.wait_for("document.querySelector('#again-results').children.length > 0")
    assert EVIL in await page.read_text("#again-results")
    assert await page.evaluate("document.querySelectorAll('main img').length") == 0
    assert await page.evaluate("window.pwned === undefined")
    assert page.errors == []
