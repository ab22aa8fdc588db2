"""The list of models, as pickers and clients that check a name read it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import aiohttp
import anthropic
import openai
import pytest
from openai import AsyncOpenAI
from yarl import URL

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, RawHttp
from tests.fake_anthropic.server import FakeAnthropic


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    aliases = {"Fast": "haiku", "gone": "claude-nobody", "claude-opus-4-6": "sonnet"}
    return await start_bridge(backend="anthropic", model_aliases=aliases)


async def list_models(client: AsyncOpenAI) -> list[Any]:
    return [model.model_dump() async for model in client.models.list()]


def list_only(ids: list[str], **more: Any) -> RawHttp:
    """Return an upstream's list with just these models."""
    rows = [{"type": "model", "id": id, "display_name": id, **more} for id in ids]
    body = json.dumps({"data": rows, "has_more": False}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return RawHttp(head.encode() + b"\r\n\r\n" + body)


async def test_default_comes_first_and_then_the_users_own_names(client: AsyncOpenAI) -> None:
    first, second, *others = await list_models(client)
    assert (first["id"], first["alias_of"]) == ("default", "claude-sonnet-5-5")
    assert (second["id"], second["alias_of"]) == ("fast", "claude-haiku-5-5")
    assert "gone" not in [model["id"] for model in others], "no model answers for it"


async def test_pickers_can_leave_embeddings_out(client: AsyncOpenAI) -> None:
    kinds = {model["id"]: model["type"] for model in await list_models(client)}
    assert kinds["claude-opus-5-5"] == kinds["default"] == "chat"
    assert kinds["text-embedding-3-small"] == "embedding"


async def test_default_is_there_though_upstream_lists_other_models(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.models = list_only(["claude-opus-9"])
    listed = await list_models(client)
    assert listed[0]["id"] == "default"
    assert (await client.models.retrieve("default")).id == "default"


async def test_dated_and_undated_ids_are_found_whichever_is_listed(
    client: AsyncOpenAI, bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.models = list_only(["claude-haiku-4-5-20251001", "claude-opus-5-5"])
    for name in ("claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-opus-5-5-20260101"):
        assert (await client.models.retrieve(name)).id == name
    async with anthropic.AsyncAnthropic(base_url=bridge.url, api_key="x") as other:
        assert (await other.models.retrieve("claude-haiku-4-5")).id == "claude-haiku-4-5-20251001"


async def test_default_is_there_while_upstream_lists_nothing(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.models = Failure(500)
    assert (await list_models(client))[0]["id"] == "default"
    fake.models = list_only([])
    assert (await list_models(client))[0]["id"] == "default"


NAMES = (
    "gpt-4o",
    "sonnet",
    "claude-opus-4.8",
    "Fast",
    "anthropic/claude-haiku-5.5",
    "openrouter/anthropic/claude-opus-5.5:thinking",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "claude-opus-4-1@20250805",
    "claude-3-7-sonnet-latest",
    "Claude Sonnet 5.5",
    "claude-sonnet-5-5[1m]",
    "default",
)


async def test_every_name_that_a_chat_accepts_can_be_retrieved(client: AsyncOpenAI) -> None:
    for name in NAMES:
        assert (await client.models.retrieve(name)).id == name
    listed = [model["id"] for model in await list_models(client)]
    for name in listed:
        assert (await client.models.retrieve(name)).id == name
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("llama-3")


async def test_slashes_in_a_name_need_no_escape(bridge: Bridge) -> None:
    async with aiohttp.ClientSession() as session:
        for name in ("anthropic/claude-haiku-5.5", "anthropic%2Fclaude-haiku-5.5"):
            url = URL(f"{bridge.url}/v1/models/{name}", encoded=True)
            async with session.get(url) as answer:
                model = await answer.json()
            assert (model["id"], model["alias_of"]) == (
                "anthropic/claude-haiku-5.5",
                "claude-haiku-5-5",
            )


async def request(bridge: Bridge, path: str, name: str, **more: Any) -> tuple[int, str]:
    """Send a request for a model, and return the status and the notices."""
    body = {"model": name, **BODIES[path], **more}
    url = f"{bridge.url}/v1/{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status, answer.headers.get("x-bridge-notice", "")


BODIES: dict[str, dict[str, Any]] = {
    "chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "completions": {"prompt": "Hi"},
    "responses": {"input": "Hi"},
    "messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 99},
}


@pytest.mark.parametrize("path", BODIES)
async def test_every_endpoint_resolves_names_alike(
    bridge: Bridge, fake: FakeAnthropic, path: str
) -> None:
    async def request_model(name: str) -> tuple[int, str]:
        return await request(bridge, path, name)

    for name, model in (("claude-opus-4.8", "claude-opus-4-8"), ("Fast", "claude-haiku-5-5")):
        status, notice = await request_model(name)
        assert (status, "model:" in notice) == (200, False)
        assert fake.bodies()[-1]["model"] == model
    _, notice = await request_model("openai/gpt-4o")
    assert "model: claude-sonnet-5-5 is used instead of openai/gpt-4o" in notice
    assert (await request_model("llama-3"))[0] == 404
    bridge.read_today = lambda: date(2026, 11, 30)
    fake.today = date(2026, 11, 30)
    status, notice = await request_model("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert status == 200
    assert "claude-sonnet-4-5-20250929 is retired; claude-sonnet-5-5 is used instead" in notice


@pytest.mark.parametrize("path", BODIES)
async def test_an_effort_in_the_name_is_sent_to_claude(
    bridge: Bridge, fake: FakeAnthropic, path: str
) -> None:
    for name, effort in (("claude-opus-5-5-low", "low"), ("claude-sonnet-5-thinking", "high")):
        assert await request(bridge, path, name) == (200, "")
        assert fake.bodies()[-1]["output_config"] == {"effort": effort}
    status, notice = await request(bridge, path, "claude-opus-4-8-thinking")
    sent = fake.bodies()[-1]
    if path == "messages":
        # Such a model may refuse to think in the conversation that the client sends.
        assert "thinking" not in sent
        assert "the effort in claude-opus-4-8-thinking is ignored" in notice
    else:
        assert (status, sent["thinking"]["type"], notice) == (200, "adaptive", "")


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("chat/completions", {"reasoning_effort": "low"}),
        ("chat/completions", {"reasoning": {"effort": "low"}}),
        ("completions", {"reasoning_effort": "low"}),
        ("responses", {"reasoning": {"effort": "low"}}),
        ("messages", {"output_config": {"effort": "low"}}),
    ],
)
async def test_an_effort_of_the_request_wins_over_that_of_the_name(
    bridge: Bridge, fake: FakeAnthropic, path: str, own: dict[str, Any]
) -> None:
    assert (await request(bridge, path, "claude-opus-5-5-max", **own))[0] == 200
    assert fake.bodies()[-1]["output_config"]["effort"] == "low"


async def test_a_name_with_an_effort_turns_thinking_off(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    assert await request(bridge, "chat/completions", "claude-opus-5-no-thinking") == (200, "")
    assert fake.bodies()[-1]["thinking"] == {"type": "disabled"}


async def test_embeddings_keep_the_name_that_was_sent(client: AsyncOpenAI) -> None:
    listed = [m["id"] for m in await list_models(client) if m["type"] == "embedding"]
    for name in listed:
        assert (await client.models.retrieve(name)).id == name


async def test_open_webui_finds_the_ids_it_checks(client: AsyncOpenAI) -> None:
    """It takes `id` and `name` or `id` of each entry, and keeps what it knows by id."""
    listed = await list_models(client)
    assert all(isinstance(model["id"], str) and model["object"] == "model" for model in listed)
    assert len({model["id"] for model in listed}) == len(listed)


async def test_an_own_name_replaces_the_listed_model_of_that_name(client: AsyncOpenAI) -> None:
    by_id = {model["id"]: model for model in await list_models(client)}
    assert by_id["claude-opus-4-6"]["alias_of"] == "claude-sonnet-5-5"
    retrieved = await client.models.retrieve("claude-opus-4-6")
    assert retrieved.model_dump()["alias_of"] == "claude-sonnet-5-5"


async def test_offline_has_no_other_models_than_the_echo(start_bridge: StartBridge) -> None:
    offline = await start_bridge(backend="offline", model_aliases={"fast": "haiku"})
    async with AsyncOpenAI(base_url=f"{offline.url}/v1", api_key="x", max_retries=0) as client:
        ids = [model["id"] for model in await list_models(client) if model["type"] == "chat"]
        assert ids == ["default", "bridge-echo"]
        with pytest.raises(openai.NotFoundError, match="offline"):
            await client.models.retrieve("claude-opus-5-5")


async def test_a_model_leaves_the_list_on_the_day_it_retires(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    fake.models = list_only(
        ["claude-opus-4-8", "claude-sonnet-5-5"], retires_at="2027-03-01T00:00:00Z"
    )
    bridge.switches.model = "claude-opus-4-8"
    bridge.read_today = lambda: date(2027, 2, 28)
    by_id = {model["id"]: model for model in await list_models(client)}
    assert by_id["claude-opus-4-8"]["retires"] == "2027-03-01"
    assert bridge.active_model == "claude-opus-4-8"
    # The server runs on past midnight.
    bridge.read_today = lambda: date(2027, 3, 1)
    listed = await list_models(client)
    assert "claude-opus-4-8" not in [model["id"] for model in listed]
    assert (listed[0]["id"], listed[0]["alias_of"]) == ("default", "claude-opus-5-5")
    assert bridge.active_model == "claude-opus-5-5"


async def test_a_model_that_upstream_calls_retired_is_replaced(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.models = list_only(["claude-opus-4-7"], lifecycle="retired")
    await list_models(client)
    await client.chat.completions.create(
        model="claude-opus-4-7", messages=[{"role": "user", "content": "Hi"}]
    )
    assert fake.bodies()[-1]["model"] == "claude-opus-5-5"
