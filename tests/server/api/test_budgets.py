"""Budgets from the settings to the clients: refused, answered by a cheaper model, and reported."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI

from bridge.compose import make_bridge
from bridge.errors import SettingsError
from bridge.keys import NamedKey
from bridge.server.api.routes import ENDPOINTS
from bridge.server.http.endpoint import Endpoint
from bridge.server.state import Bridge
from bridge.settings import find_paths, load_settings
from bridge.store.ledger import Entry
from tests.computer.fake_desktop import FakeDesktop
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Drop, Reply, Usage, overloaded, says
from tests.fake_anthropic.server import FakeAnthropic

HAIKU, SONNET, OPUS = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"
HI: list[Any] = [{"role": "user", "content": "Hi"}]
REFUSED = "The budget of $1.00 a day is used up ($1.00); it resets "


def costs_a_dollar() -> Reply:
    """Answer with as many tokens of Sonnet's as cost a dollar."""
    return replace(says("Hello."), usage=Usage(input_tokens=0, output_tokens=100_000))


def set_budgets(*tables: dict[str, Any]) -> str:
    return json.dumps(tables)


def a_dollar(**fields: Any) -> str:
    return set_budgets({"dollars": 1.0, "per": "day", **fields})


async def spend(bridge: Bridge, dollars: float, **fields: Any) -> None:
    """Book what another request has cost."""
    await bridge.budgets.load()
    entry = Entry(
        time.time(), SONNET, "curl", "anthropic", 1, 0, 0, 1, round(dollars * 1e6), "stop", 1, None
    )
    bridge.budgets.book(replace(entry, **fields))


async def ask(bridge: Bridge, key: str = "any", model: str = SONNET) -> Any:
    """Ask through the real client; return the raw response."""
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key=key, max_retries=0) as client:
        return await client.chat.completions.with_raw_response.create(model=model, messages=HI)


async def read_usage(bridge: Bridge) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{bridge.url}/usage") as response,
    ):
        assert response.status == 200
        return dict(await response.json())


async def test_one_key_runs_out_the_other_goes_on_and_a_restart_knows_it(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    fake.default = costs_a_dollar()
    budgets = a_dollar(key="*", each=True)
    bridge = await start_anthropic(budgets=budgets)
    for name in ("cursor", "ada"):
        await bridge.keys.save_key("bridge", NamedKey(name, f"cb-{name}"))
    await ask(bridge, "cb-cursor")
    for server in (bridge, await restart(bridge, start_anthropic, budgets)):
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(server, "cb-cursor")
        error = caught.value
        assert (error.code, error.type) == ("budget_spent", "insufficient_quota")
        assert "$1.00 a day for access key “cursor” is used up ($1.00)" in error.message
        assert 0 < int(error.response.headers["retry-after"]) <= 25 * 3600
        assert error.response.headers["x-should-retry"] == "false"
        await ask(server, "cb-ada")
        fake.default = says("Hello.")
    budgets_now = (await read_usage(server))["budgets"]
    assert next((each["key"], each["spent"]) for each in budgets_now) == ("cursor", 1.0)
    assert len(fake.requests) == 3, "nothing was sent for those that were refused"


async def restart(bridge: Bridge, start: StartBridge, budgets: str) -> Bridge:
    # Its rows are written; it stays, as the fixture stops it.
    await bridge.ledger.sum_today()
    return await start(budgets=budgets)


async def test_a_cheaper_model_answers_with_a_notice_and_is_booked_as_itself(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    fake.default = costs_a_dollar()
    bridge = await start_anthropic(budgets=a_dollar(client="*openai*", at_limit="haiku"))
    await ask(bridge)
    notice = f"model: {HAIKU} answers, as the budget of $1.00 a day for client *openai* is used up"
    raw = await ask(bridge, model=OPUS)
    assert (raw.parse().model, raw.headers["x-bridge-notice"]) == (HAIKU, notice)
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any") as client:
        response = await client.responses.create(model=OPUS, input="Hi")
    assert response.model == HAIKU
    assert "x-bridge-notice" not in (await ask(bridge, model=HAIKU)).headers
    usage = await read_usage(bridge)
    rows = [(row["model"], row["cost"]) for row in usage["recent"]]
    assert rows == [(HAIKU, 0.05), (HAIKU, 0.05), (HAIKU, 0.05), (SONNET, 1.0)]
    (report,) = usage["budgets"]
    assert (report["spent"], report["at_limit"]) == (1.15, HAIKU)
    async with aiohttp.ClientSession(headers={"User-Agent": "curl/8"}) as session:
        body = {"model": OPUS, "max_tokens": 10, "messages": HI}
        async with session.post(f"{bridge.url}/v1/messages", json=body) as answer:
            assert (await answer.json())["model"] == OPUS, "it is another client"


async def test_a_fallback_model_is_booked_as_itself(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_anthropic(fallback_model=HAIKU, budgets=a_dollar())
    fake.script(overloaded(), costs_a_dollar())
    await ask(bridge, model=OPUS)
    usage = await read_usage(bridge)
    assert [row["model"] for row in usage["recent"]] == [HAIKU]
    assert usage["budgets"][0]["spent"] == 0.05


async def test_a_fallback_keeps_to_the_budgets_too(
    start_anthropic: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    bridge = await start_anthropic(
        fallback="claude-code",
        budgets=set_budgets(
            {"dollars": 1.0, "per": "day", "backend": "anthropic"},
            {"dollars": 2.0, "per": "day", "backend": "claude-code"},
        ),
    )
    await spend(bridge, 1)
    raw = await ask(bridge)
    assert raw.headers["x-bridge-notice"] == (
        "backend: anthropic failed (budget_spent); claude-code answers"
    )
    await spend(bridge, 2, backend="claude-code")
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    assert caught.value.code == "budget_spent"
    first, _, second = caught.value.message.partition(" There is no fallback: ")
    assert "The budget of $1.00 a day for backend anthropic is used up" in first
    assert second.startswith("The budget of $2.00 a day for backend claude-code is used up ($2.00)")


async def test_a_step_for_a_model_is_not_answered_by_another_one(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_anthropic(
        fallback=f"model:{SONNET}", budgets=a_dollar(at_limit=HAIKU), model=OPUS
    )
    await spend(bridge, 1)
    fake.script(overloaded())
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(bridge, model=OPUS)
    assert caught.value.code == "overloaded"
    assert " There is no fallback: The budget of $1.00 a day is used up" in caught.value.message
    assert [body["model"] for body in fake.bodies()] == [HAIKU]


async def test_requests_under_way_at_the_limit_finish(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_anthropic(budgets=a_dollar())
    fake.default = replace(costs_a_dollar(), first_delay=1.0)
    asking = [asyncio.create_task(ask(bridge)) for _ in range(3)]
    await asyncio.gather(*asking)
    (report,) = (await read_usage(bridge))["budgets"]
    assert report["spent"] == 3.0


async def test_deleting_usage_records_does_not_reset_a_running_budget(
    start_anthropic: StartBridge, fake: FakeAnthropic
) -> None:
    fake.default = costs_a_dollar()
    bridge = await start_anthropic(budgets=a_dollar())
    await ask(bridge)
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{bridge.url}/control/forget", json={"all": True, "usage": True}) as response,
    ):
        assert (await response.json())["usage"] == 1
    with pytest.raises(openai.RateLimitError, match="The budget of"):
        await ask(bridge)


# --- every endpoint

SPENDING = [row for row in ENDPOINTS if 429 in row.failures]
FREE = {
    "/v1/embeddings": "does not ask Claude",
    "/inspect/exchanges/{id}/estimate": "counting is free",
    "/v1/responses/input_tokens": "counting is free",
    "/v1/messages/count_tokens": "counting is free",
}


@pytest.fixture
async def spent(
    start_anthropic: StartBridge, pretended: FakeDesktop, fake: FakeAnthropic
) -> Bridge:
    """A bridge whose budget for everything is used up, and that has recorded a request."""
    bridge = await start_anthropic(budgets=a_dollar())
    bridge.recorder.turn_on(30)
    chat = next(row for row in SPENDING if row.path == "/v1/chat/completions")
    assert (await send(bridge, chat))[0] == 200
    fake.requests.clear()
    await spend(bridge, 1)
    return bridge


async def send(bridge: Bridge, row: Endpoint, **more: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(
            row.method,
            # The exchange that `spent` has recorded.
            bridge.url + row.path.replace("{id}", "1"),
            json={**row.example, **more},
        ) as response,
    ):
        text = await response.text()
        return response.status, json.loads(text) if text else None


@pytest.mark.parametrize("row", SPENDING, ids=lambda row: row.path)
async def test_every_endpoint_that_asks_claude_keeps_to_the_budgets(
    row: Endpoint, spent: Bridge, fake: FakeAnthropic
) -> None:
    status, body = await send(spent, row)
    if row.path in FREE:
        assert status != 429, FREE[row.path]
    else:
        assert (status, REFUSED in json.dumps(body)) == (429, True), body
    assert fake.bodies("/v1/messages") == []


def test_no_endpoint_asks_claude_without_saying_so() -> None:
    asking = [row.path for row in ENDPOINTS if row.method == "POST" and row.path.startswith("/v1/")]
    assert set(asking) - {row.path for row in SPENDING} == {"/v1/responses/{id}/cancel"}


async def test_a_socket_and_the_background_keep_to_the_budgets(
    spent: Bridge, fake: FakeAnthropic
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{spent.url}/v1/responses") as socket,
    ):
        await socket.send_json({"type": "response.create", "model": OPUS, "input": "Hi"})
        event = await socket.receive_json(timeout=30)
    assert (event["status"], event["error"]["code"]) == (429, "budget_spent")
    async with AsyncOpenAI(base_url=f"{spent.url}/v1", api_key="any") as client:
        queued = await client.responses.create(model=OPUS, input="Hi", background=True)
        async with asyncio.timeout(30):
            while (response := await client.responses.retrieve(queued.id)).status != "failed":
                await asyncio.sleep(0.01)
    assert response.error is not None
    assert response.error.message.startswith(REFUSED)
    assert fake.requests == []


async def test_a_computer_run_is_done_by_the_cheaper_model(
    start_anthropic: StartBridge, fake: FakeAnthropic, pretended: FakeDesktop
) -> None:
    bridge = await start_anthropic(budgets=a_dollar(at_limit=HAIKU))
    await spend(bridge, 1)
    fake.default = costs_a_dollar()
    headers = {"Authorization": f"Bearer {bridge.control_token}"}
    async with aiohttp.ClientSession(bridge.url, headers=headers) as session:
        on = {"computer": {"mode": "allowed", "minutes": 5}}
        async with session.post("/control/switches", json=on) as switched:
            assert switched.status == 200, await switched.text()
        run = {"prompt": "Click.", "model": SONNET}
        async with session.post("/computer/runs", json=run) as answer:
            events = await answer.text()
    assert answer.headers["x-bridge-notice"].startswith(f"model: {HAIKU} answers, as the budget")
    assert f'"model": "{HAIKU}"' in events or f'"model":"{HAIKU}"' in events
    assert [body["model"] for body in fake.bodies()] == [HAIKU]
    assert (await read_usage(bridge))["budgets"][0]["spent"] == 1.05


# --- the settings

WRONG = {
    "not cheaper": (SONNET, f"at_limit: {SONNET} is not cheaper than {SONNET}"),
    "dearer": ("opus", f"entry 1, at_limit: {OPUS} is not cheaper than {SONNET}"),
    "free": ("bridge-echo", f"bridge-echo is not cheaper than {SONNET}"),
    "unknown": ("gemini-9", "at_limit: The model `gemini-9` does not exist"),
    "an effort": ("claude-haiku-5-5-high", f"without an effort: {HAIKU}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_model_that_is_not_cheaper_is_refused_at_the_start(name: str) -> None:
    model, words = WRONG[name]
    settings = load_settings(budgets=a_dollar(at_limit=model))
    with pytest.raises(SettingsError, match="setting budgets, entry 1") as caught:
        make_bridge(settings, find_paths())
    assert words in str(caught.value)


@pytest.mark.parametrize("second", [Drop(4), "refused"])
async def test_the_turns_before_a_failure_are_booked(
    start_anthropic: StartBridge, fake: FakeAnthropic, second: Any
) -> None:
    bridge = await start_anthropic(budgets=a_dollar())
    last = overloaded() if second == "refused" else replace(says("More."), fault=second)
    fake.script(replace(costs_a_dollar(), stop_reason="pause_turn"), last)
    with pytest.raises(openai.APIStatusError):
        await ask(bridge)
    (entry,) = await bridge.ledger.list_recent(1)
    assert entry.output_tokens >= 100_000
    with pytest.raises(openai.RateLimitError, match=r"The budget of \$1.00 a day is used up"):
        await ask(bridge)
