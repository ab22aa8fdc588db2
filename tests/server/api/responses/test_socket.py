"""The Responses API on a WebSocket: by a plain socket, and by the real client's `connect`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Drop, Reply, Text, ToolUse, calls, overloaded, says
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"


class Socket:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = socket

    async def turn(self, **more: Any) -> list[Any]:
        """The events of one turn, to its last."""
        body = {"type": "response.create", "model": MODEL, "input": "Hi", **more}
        await self.raw.send_json(body)
        return await self.heard()

    async def heard(self) -> list[Any]:
        events: list[Any] = []
        async with asyncio.timeout(20):
            while not events or not _is_last(events[-1]):
                events.append(json.loads((await self.raw.receive()).data))
        return events


def _is_last(event: Any) -> bool:
    ends = ("error", *(f"response.{word}" for word in ("completed", "incomplete", "failed")))
    return event["type"] in ends


@asynccontextmanager
async def connected(bridge: Bridge, **headers: str) -> AsyncIterator[Socket]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{bridge.url}/v1/responses", headers=headers) as socket,
    ):
        yield Socket(socket)


def sent(fake: FakeAnthropic) -> dict[str, Any]:
    return fake.bodies()[-1]


async def test_what_could_not_be_gone_on_from_is_forgotten(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    async with connected(bridge) as socket:
        first = (await socket.turn(store=False))[-1]["response"]["id"]
        output = {"type": "function_call_output", "call_id": "call_missing", "output": "?"}
        (failed,) = await socket.turn(store=False, previous_response_id=first, input=[output])
        assert (failed["status"], failed["error"]["param"]) == (400, "input[0].call_id")
        (gone,) = await socket.turn(store=False, previous_response_id=first)
        assert gone["error"]["code"] == "previous_response_not_found"
        assert (await socket.turn(store=False))[-1]["type"] == "response.completed"


async def test_a_conversation_made_short_goes_on(
    bridge: Bridge, client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says("The code word is slate."))
    short = await client.responses.compact(
        model=MODEL,
        input=[
            {"role": "user", "content": "The code word is slate."},
            {"role": "assistant", "content": "OK."},
        ],
    )
    # The client's type knows no message of a person's in an output.
    output = [item.model_dump(exclude_none=True, warnings=False) for item in short.output]
    async with connected(bridge) as socket:
        again: Any = [*output, {"role": "user", "content": "Which?"}]
        events = await socket.turn(store=False, tools=[], input=again)
    assert events[-1]["type"] == "response.completed"
    (turn,) = sent(fake)["messages"]
    assert [block["text"] for block in turn["content"]] == [
        "The code word is slate.",
        "Summary of the conversation so far:\n\nThe code word is slate.",
        "Which?",
    ]


async def test_turn_after_turn_on_one_connection(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(says("one two"), says("three"))
    async with connected(bridge) as socket:
        first = await socket.turn(store=False)
        assert [event["sequence_number"] for event in first] == list(range(len(first)))
        words = [e["delta"] for e in first if e["type"] == "response.output_text.delta"]
        assert words == ["one", " two"]
        id = first[-1]["response"]["id"]
        second = await socket.turn(input="And?", previous_response_id=id, store=False)
        assert second[-1]["response"]["output"][0]["content"][0]["text"] == "three"
    assert [turn["role"] for turn in sent(fake)["messages"]] == ["user", "assistant", "user"]
    assert await bridge.responses.get(id) is None


async def test_a_call_goes_on_with_its_output_alone(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(calls(ToolUse("now")), says("Noon."))
    tools = [{"type": "function", "name": "now", "parameters": {"type": "object"}}]
    async with connected(bridge) as socket:
        (call,) = (await socket.turn(tools=tools))[-1]["response"]["output"]
        first = (await bridge.ledger.list_recent(1))[0]
        assert first.outcome == "tool_use"
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "12:00"}
        kept = call["id"]
        reference = [{"type": "item_reference", "id": kept}]
        hi = {"role": "user", "content": "Hi"}
        last = await socket.turn(tools=tools, input=[hi, *reference, output])
    assert last[-1]["type"] == "response.completed"
    assert sent(fake)["messages"][2]["content"][0]["type"] == "tool_result"


async def test_what_was_prepared_is_gone_on_from(bridge: Bridge, fake: FakeAnthropic) -> None:
    async with connected(bridge) as socket:
        prepared = await socket.turn(input="Remember 7.", generate=False, store=False)
        assert [event["type"] for event in prepared] == ["response.created", "response.completed"]
        assert fake.requests == []
        id = prepared[-1]["response"]["id"]
        await socket.turn(input="Which number?", previous_response_id=id)
    said = [block["text"] for block in sent(fake)["messages"][0]["content"]]
    assert said == ["Remember 7.", "Which number?"]


async def test_failures_are_told_and_the_connection_goes_on(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(overloaded(), Reply((Text("one two three"),), fault=Drop(2)), says("fine"))
    async with connected(bridge) as socket:
        (refused,) = await socket.turn()
        assert (refused["status"], refused["error"]["code"]) == (503, "overloaded")
        assert (await socket.turn())[-1]["type"] == "response.failed"
        (lost,) = await socket.turn(previous_response_id="resp_none")
        assert lost["error"]["code"] == "previous_response_not_found"
        await socket.raw.send_str("{")
        assert (await socket.heard())[0]["error"]["message"] == "The message is not valid JSON."
        await socket.raw.send_str('{"type": "response.stop"}')
        assert (await socket.heard())[0]["error"]["param"] == "type"
        await socket.raw.send_bytes(b"x")
        assert (await socket.heard())[0]["status"] == 400
        assert (await socket.turn())[-1]["type"] == "response.completed"


async def test_a_fault_of_the_bridge_is_told_too(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    async with connected(bridge) as socket:
        with monkeypatch.context() as patched:
            patched.setattr("bridge.server.answers.response.as_chat", broken)
            (told,) = await socket.turn()
        assert (told["status"], told["error"]["code"]) == (500, "internal_error")
        assert (await socket.turn())[-1]["type"] == "response.completed"


async def test_who_hangs_up_ends_generation(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(Reply((Text("word " * 500),), delay=0.01))
    async with connected(bridge) as socket:
        await socket.raw.send_json({"type": "response.create", "model": MODEL, "input": "Hi"})
        async with asyncio.timeout(20):
            await socket.raw.receive()
    await fake.wait_closed(1, timeout=5)
    assert [request.closed_early for request in fake.requests] == [True]


async def test_a_page_of_another_site_gets_no_socket(bridge: Bridge) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connected(bridge, Origin="http://evil.example"):
            pass
    assert caught.value.status == 403


async def test_a_plain_get_is_told_what_it_is(bridge: Bridge) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{bridge.url}/v1/responses") as answer,
    ):
        assert answer.status == 404
        assert "WebSocket" in (await answer.json())["error"]["message"]


async def test_the_real_client_connects(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    pytest.importorskip("websockets")
    fake.script(says("one two"))
    async with client.responses.connect() as connection:
        await connection.response.create(model=MODEL, input="Hi")
        said = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "response.completed":
                break
    assert said == "one two"
