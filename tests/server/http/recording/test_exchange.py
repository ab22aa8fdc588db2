"""Requests are recorded only while the user has it on, whatever they are and however they end."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import APIError, APIStatusError, AsyncOpenAI

from bridge.inspect.exchange import Exchange
from bridge.inspect.recorder import MOST_REJECTED
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Drop, Failure, Reply, Text, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.inspect.search import is_stored

WORD = "Swordfish7391"
CHAT: dict[str, Any] = {"model": "default", "messages": [{"role": "user", "content": WORD}]}


async def send_all(bridge: Bridge, client: AsyncOpenAI) -> None:
    """Send the word to each endpoint that is answered by Claude."""
    await client.chat.completions.create(**CHAT)
    async for _ in await client.chat.completions.create(**CHAT, stream=True):
        pass
    await client.completions.create(model="default", prompt=WORD)
    await client.responses.create(model="default", input=WORD)
    body = {**CHAT, "max_tokens": 100}
    async with aiohttp.ClientSession(bridge.url) as session:
        for path in ("/v1/messages", "/v1/messages/count_tokens"):
            sent = body if path == "/v1/messages" else CHAT
            async with session.post(path, json=sent) as answer:
                assert answer.status == 200


async def test_nothing_is_stored_anywhere_while_it_is_off(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bridge")
    fake.default = says(WORD)
    await send_all(bridge, client)
    assert not is_stored(bridge.recorder, WORD)
    bridge.recorder.turn_on(30)
    await send_all(bridge, client)
    # The search finds it, if it is there.
    assert is_stored(bridge.recorder, WORD)
    assert len(bridge.recorder.list_exchanges()) == 6
    bridge.recorder.turn_off()
    assert not is_stored(bridge.recorder, WORD)
    await send_all(bridge, client)
    assert not is_stored(bridge.recorder, WORD)
    assert WORD not in caplog.text
    assert find_files_with(WORD, find_paths().data) == []


def find_files_with(word: str, folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


async def test_stopping_drops_everything(bridge: Bridge, client: AsyncOpenAI) -> None:
    bridge.recorder.turn_on(30)
    await client.chat.completions.create(**CHAT)
    assert is_stored(bridge.recorder, WORD)
    bridge.request_stop()
    async with asyncio.timeout(30):
        with bridge.recorder.watch() as watcher:
            while bridge.recorder.is_on:
                await watcher.wait()
    assert not is_stored(bridge.recorder, WORD)


async def record_one(bridge: Bridge) -> Exchange:
    """Wait until the only exchange has ended: the client may have its answer before."""
    async with asyncio.timeout(30):
        with bridge.recorder.watch() as watcher:
            while any(e.outcome is None for e in bridge.recorder.list_exchanges()):
                await watcher.wait()
    (exchange,) = bridge.recorder.list_exchanges()
    return exchange


async def test_a_stream_is_recorded_on_both_sides(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI
) -> None:
    fake.script(says("Four."))
    bridge.recorder.turn_on(30)
    stream = await client.chat.completions.create(**CHAT, stream=True, seed=7)
    chunks = [chunk async for chunk in stream]
    exchange = await record_one(bridge)
    assert json.loads(exchange.request.body) == {**CHAT, "stream": True, "seed": 7}
    assert exchange.request.client == "openai-python"
    assert dict(exchange.request.headers)["Authorization"] == "[secret]"
    assert exchange.notices == ("seed ignored: not supported by Claude",)
    (call,) = exchange.calls
    assert {**json.loads(call.body), "stream": True} == fake.requests[0].body
    kinds = [json.loads(event.data)["type"] for event in call.list_events()]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    written = b"".join(moment.data for moment in exchange.written)
    assert written.count(b"data: {") == len(chunks)
    assert written.endswith(b"data: [DONE]\n\n")
    outcome = exchange.outcome
    assert outcome is not None
    assert (outcome.status, outcome.outcome, outcome.backend) == (200, "stop", "anthropic")
    assert outcome.usages
    assert outcome.output_tokens
    times = [exchange.request.read_at, call.sent_at, call.opened_at, exchange.written[0].at]
    assert times == sorted(times, key=lambda at: at or 0)


async def test_failures_are_recorded(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI
) -> None:
    fake.script(Failure(429, message="Slow down."))
    bridge.recorder.turn_on(30)
    with pytest.raises(APIStatusError):
        await client.chat.completions.create(**CHAT)
    exchange = await record_one(bridge)
    assert exchange.outcome is not None
    assert (exchange.outcome.status, exchange.outcome.failed) == (429, True)
    failure = exchange.calls[0].failure
    assert failure is not None
    assert "Slow down." in failure.reason
    assert b"Slow down." in exchange.written[0].data
    assert exchange.calls[0].opened_at is None


async def test_an_answer_that_breaks_off_is_recorded_up_to_there(
    bridge: Bridge, fake: FakeAnthropic, client: AsyncOpenAI
) -> None:
    fake.script(Reply((Text("one two three four"),), fault=Drop(2)))
    bridge.recorder.turn_on(30)
    with pytest.raises(APIError):
        async for _ in await client.chat.completions.create(**CHAT, stream=True):
            pass
    exchange = await record_one(bridge)
    assert exchange.outcome is not None
    assert exchange.outcome.failed
    assert exchange.calls[0].failure
    assert b'"error"' in exchange.written[-1].data


async def test_a_client_that_leaves_is_recorded(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(Reply((Text("one two three"),), delay=30))
    bridge.recorder.turn_on(30)
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.post("/v1/chat/completions", json={**CHAT, "stream": True}),
    ):
        pass
    exchange = await record_one(bridge)
    assert exchange.outcome is not None
    assert (exchange.outcome.status, exchange.outcome.outcome) == ("client left", "cut")
    failure = exchange.calls[0].failure
    assert failure is not None
    assert (failure.reason, failure.ending) == ("left before its end", "left")


async def test_a_message_on_a_websocket_is_an_exchange(bridge: Bridge) -> None:
    bridge.recorder.turn_on(30)
    async with (
        aiohttp.ClientSession(bridge.url) as session,
        session.ws_connect("/v1/responses") as socket,
    ):
        await socket.send_json({"type": "response.create", "model": "default", "input": WORD})
        async with asyncio.timeout(30):
            while (await socket.receive_json())["type"] != "response.completed":
                pass
        exchange = await record_one(bridge)
    assert exchange.via == "socket"
    assert WORD in exchange.request.body.decode()
    events = [json.loads(moment.data)["type"] for moment in exchange.written]
    assert (events[0], events[-1]) == ("response.created", "response.completed")
    assert len(exchange.calls) == 1


async def test_an_answer_in_the_background_is_an_exchange_of_its_own(
    bridge: Bridge, client: AsyncOpenAI
) -> None:
    bridge.recorder.turn_on(30)
    queued = await client.responses.create(model="default", input=WORD, background=True)
    async with asyncio.timeout(30):
        with bridge.recorder.watch() as watcher:
            while any(e.outcome is None for e in bridge.recorder.list_exchanges()):
                await watcher.wait()
    request, work = bridge.recorder.list_exchanges()
    assert (request.via, request.calls) == ("http", ())
    assert queued.id in request.written[0].data.decode()
    assert (work.via, len(work.calls)) == ("background", 1)
    assert json.loads(work.written[0].data)["status"] == "completed"
    assert work.request.body == request.request.body


KEY = "sk-ant-api03-notarealkey"
OWN_KEY = "cb-right-right-right-right"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "reason"),
    [
        ("POST", "/v1/chat/completions", {}, 401, "key"),
        ("GET", "/v1/models", {"Authorization": f"Bearer {KEY}"}, 401, "key"),
        ("POST", "/v1/chat/completions", {"Origin": "https://example.com"}, 403, "origin"),
        ("OPTIONS", "/v1/messages", {"Origin": "https://example.com"}, 403, "origin"),
        ("POST", "/v1/messages", {"Host": "example.com"}, 403, "host"),
        ("POST", f"/chat/completions/{KEY}", {}, 404, "path"),
        ("GET", "/v1/embeddings", {}, 405, "method"),
    ],
)
async def test_a_rejected_request_is_recorded_without_its_body(
    start_anthropic: StartBridge,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    reason: str,
) -> None:
    keys = Keys().with_key("bridge", NamedKey("a", OWN_KEY))
    await asyncio.to_thread(KeyChain(find_paths().data).save, keys)
    bridge = await start_anthropic()
    bridge.recorder.turn_on(30)
    if reason != "key":
        headers = {"Authorization": f"Bearer {OWN_KEY}", **headers}
    async with (
        aiohttp.ClientSession(bridge.url, headers={"User-Agent": "editor/1", **headers}) as session,
        session.request(method, f"{path}?key={KEY}", json=CHAT) as answer,
    ):
        assert answer.status == status, await answer.text()
    (exchange,) = bridge.recorder.list_exchanges()
    assert exchange.is_rejected
    assert exchange.outcome is not None
    assert (exchange.outcome.status, exchange.request.client) == (status, "editor")
    token = {"Authorization": f"Bearer {bridge.control_token}"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=token) as session,
        session.get(f"/inspect/exchanges/{exchange.id}") as answer,
    ):
        text = await answer.text()
    detail = json.loads(text)
    assert detail["rejected"]
    assert detail["reason"], detail
    assert KEY not in text
    assert not is_stored(bridge.recorder, WORD)
    assert not is_stored(bridge.recorder, OWN_KEY)


async def test_requests_that_are_let_in_are_no_rejections(bridge: Bridge) -> None:
    bridge.recorder.turn_on(30)
    async with aiohttp.ClientSession(bridge.url) as session:
        for path in ("/v1/models", "/health", "/v1/models/nobody-knows-this"):
            async with session.get(path) as answer:
                await answer.read()
    assert bridge.recorder.list_exchanges() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{" + b" " * (2 << 20), 413), (b'{"model": ', 400), (b"[]", 400)],
    ids=["too large", "cut", "no object"],
)
async def test_a_body_that_is_refused_is_recorded(
    start_anthropic: StartBridge, body: bytes, status: int
) -> None:
    bridge = await start_anthropic(max_body_mb=1)
    bridge.recorder.turn_on(30)
    typed = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(bridge.url, headers=typed) as session,
        session.post("/v1/chat/completions", data=body) as answer,
    ):
        assert answer.status == status
    (exchange,) = bridge.recorder.list_exchanges()
    assert exchange.outcome is not None
    assert (exchange.outcome.status, exchange.is_rejected) == (status, False)
    assert b"message" in exchange.written[0].data


async def test_rejected_requests_push_out_no_others(bridge: Bridge, client: AsyncOpenAI) -> None:
    bridge.recorder.turn_on(30)
    await client.chat.completions.create(**CHAT)
    async with aiohttp.ClientSession(bridge.url, headers={"Origin": "https://a.com"}) as session:
        for _ in range(MOST_REJECTED + 200):
            async with session.get("/v1/models") as answer:
                assert answer.status == 403
    first, *rejected = bridge.recorder.list_exchanges()
    assert not first.is_rejected
    assert len(rejected) == MOST_REJECTED
