"""Background responses: queued, refused in time, and never lost without a trace."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI, InternalServerError

from bridge.server.state import Bridge
from bridge.store.response_table import ResponseTable
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Reply, Text, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.test_stored import restart

MODEL = "claude-opus-5-5"
LONG = Reply((Text("word " * 5_000),), delay=0.01)


async def post(bridge: Bridge, **more: Any) -> tuple[int, Any, Any]:
    """Create a background response on a connection that is closed at once."""
    body = {"model": MODEL, "input": "Hi", "background": True, **more}
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/v1/responses", json=body) as response,
    ):
        return response.status, await response.json(), response.headers


async def get(bridge: Bridge, id: str) -> Any:
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.get(f"/v1/responses/{id}") as response,
    ):
        return {**await response.json(), "http": response.status}


async def wait_for_end(bridge: Bridge, id: str) -> Any:
    async with asyncio.timeout(30):
        while (found := await get(bridge, id))["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.01)
    return found


async def start_small(start_bridge: StartBridge, **settings: Any) -> Bridge:
    return await start_bridge(backend="anthropic", max_streams=2, **settings)


async def test_more_than_max_streams_wait_and_still_more_are_refused(
    bridge: Bridge, fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    small = await start_small(start_bridge)
    fake.script(LONG, LONG, says("three"), says("four"))
    answers = await asyncio.gather(*(post(small) for _ in range(7)))
    accepted = [body["id"] for status, body, _ in answers if status == 200]
    refused = [(body, headers) for status, body, headers in answers if status == 503]
    assert (len(accepted), len(refused)) == (4, 3)
    for body, headers in refused:
        assert body["error"]["code"] == "too_many_streams"
        assert int(headers["retry-after"]) > 0
    await fake.wait_requests(2, 20)
    states = [(await get(small, id))["status"] for id in accepted]
    assert sorted(states) == ["in_progress", "in_progress", "queued", "queued"]
    async with AsyncOpenAI(base_url=f"{small.url}/v1", api_key="x", max_retries=0) as client:
        for id, state in zip(accepted, states, strict=True):
            if state == "in_progress":
                assert (await client.responses.cancel(id)).status == "cancelled"
        for id, state in zip(accepted, states, strict=True):
            if state == "queued":
                assert (await wait_for_end(small, id))["status"] == "completed"
    assert small.background == {}


async def test_none_is_accepted_while_the_bridge_is_paused(bridge: Bridge) -> None:
    bridge.switches.paused = True
    assert (await post(bridge))[0] == 503


@pytest.mark.parametrize("more", [{}, {"store": True}], ids=["memory", "disk"])
async def test_a_stop_leaves_no_response_without_an_end(
    bridge: Bridge, fake: FakeAnthropic, start_bridge: StartBridge, more: Any
) -> None:
    small = await start_small(start_bridge, drain_seconds=0.2)
    fake.script(LONG, LONG, LONG)
    ids = [(await post(small, instructions="Secret.", **more))[1]["id"] for _ in range(3)]
    await fake.wait_requests(2, 20)
    later = await restart(small, start_bridge)
    for id in ids:
        found = await get(later, id)
        assert (found["http"], found["status"], found["output"]) == (200, "failed", [])
        assert "stopped before this answer ended" in found["error"]["message"]
        assert found["instructions"] == ("Secret." if more else None)
    async with aiohttp.ClientSession(later.url) as session:
        async with session.post(f"/v1/responses/{ids[0]}/cancel", json={}) as response:
            assert response.status == 400, "it is known, but does not run"
        async with session.delete(f"/v1/responses/{ids[0]}") as response:
            assert response.status == 200
    assert (await get(later, ids[0]))["http"] == 404


async def test_a_complete_one_that_is_in_memory_only_is_explained_after_a_restart(
    bridge: Bridge, fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    _, made, _ = await post(bridge)
    assert made["store"] is False
    assert (await wait_for_end(bridge, made["id"]))["status"] == "completed"
    later = await restart(bridge, start_bridge)
    found = await get(later, made["id"])
    assert found["http"] == 404
    assert "in memory only, until the bridge restarts" in found["error"]["message"]
    assert "Send `store: true` to keep it on disk for 30 days" in found["error"]["message"]


async def test_a_deleted_one_is_cancelled_and_does_not_come_back(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(LONG)
    _, made, _ = await post(bridge, store=True)
    await fake.wait_requests(1, 20)
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        await client.responses.delete(made["id"])
    await fake.wait_closed(1, timeout=30)
    assert (await get(bridge, made["id"]))["http"] == 404


# --- when the disk refuses


async def fill_disk(bridge: Bridge, most: int = 1) -> None:
    disk = bridge.responses._disk
    assert isinstance(disk, ResponseTable)
    await disk.run(lambda opened: opened.execute(f"PRAGMA max_page_count = {most}").fetchall())


async def test_an_answer_that_cannot_be_stored_is_given_and_says_so(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await fill_disk(bridge)
    long = "word " * 20_000
    options: Any = {"model": MODEL, "input": long, "store": True}
    raw = await client.responses.with_raw_response.create(**options)
    whole: Any = raw.parse()
    assert whole.output_text
    assert whole.store is False
    assert "could not be written to disk" in raw.headers["x-bridge-notice"]
    events: list[Any] = [e async for e in await client.responses.create(**options, stream=True)]
    last = events[-1].response
    assert (last.status, last.store) == ("completed", False)
    assert "database or disk is full" in last.bridge_notice
    again = await client.responses.create(model=MODEL, input="And?", previous_response_id=last.id)
    assert again.previous_response_id == last.id, "from memory"
    await fill_disk(bridge, 1_000_000)
    stored: Any = await client.responses.create(model=MODEL, input="Now.", store=True)
    assert stored.store is True


async def test_a_stored_response_after_one_in_memory_has_a_notice(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    first = await client.responses.create(model=MODEL, input="One.")
    raw = await client.responses.with_raw_response.create(
        model=MODEL, input="Two.", previous_response_id=first.id, store=True
    )
    assert (
        "after a restart, this one can be read, but not continued"
        in (raw.headers["x-bridge-notice"])
    )


async def test_a_store_that_cannot_be_read_is_a_503(
    bridge: Bridge, client: AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(bridge.responses._disk, "get", refuse)
    with pytest.raises(InternalServerError, match="the disk is gone") as caught:
        await client.responses.retrieve("resp_1")
    assert (caught.value.status_code, caught.value.code) == (503, "storage_unavailable")
