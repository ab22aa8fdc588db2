"""The list of models, as pickers and clients that check a name read it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import anthropic
import openai
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import RawHttp
from tests.fake_anthropic.server import FakeAnthropic


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(
        backend="anthropic", model_aliases={"Fast": "haiku", "gone": "claude-nobody"}
    )


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


async def test_every_name_that_a_chat_accepts_can_be_retrieved(client: AsyncOpenAI) -> None:
    for name in ("gpt-4o", "sonnet", "claude-opus-4.8", "anthropic/claude-haiku-5.5", "Fast"):
        assert (await client.models.retrieve(name)).id == name
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("llama-3")


async def test_open_webui_finds_the_ids_it_checks(client: AsyncOpenAI) -> None:
    """It takes `id` and `name` or `id` of each entry, and keeps what it knows by id."""
    listed = await list_models(client)
    assert all(isinstance(model["id"], str) and model["object"] == "model" for model in listed)
    assert len({model["id"] for model in listed}) == len(listed)


async def test_a_model_leaves_the_list_on_the_day_it_retires(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.models = list_only(
        ["claude-opus-4-8", "claude-sonnet-5-5"], retires_at="2027-03-01T00:00:00Z"
    )

    def pass_to(day: date) -> None:
        for module in ("bridge.models.names", "bridge.server.api.models"):
            monkeypatch.setattr(f"{module}.read_today", lambda: day)

    pass_to(date(2027, 2, 28))
    by_id = {model["id"]: model for model in await list_models(client)}
    assert by_id["claude-opus-4-8"]["retires"] == "2027-03-01"
    assert bridge.resolve("claude-opus-4-8").model == "claude-opus-4-8"
    pass_to(date(2027, 3, 1))
    assert "claude-opus-4-8" not in [model["id"] for model in await list_models(client)]
    assert bridge.resolve("claude-opus-4-8").model == "claude-opus-5-5"
