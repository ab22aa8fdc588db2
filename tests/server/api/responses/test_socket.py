"""The Responses API on a WebSocket, with a plain socket and with the real client."""

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

    async def create_response(self, **more: Any) -> list[Any]:
        """The events of one turn, to its last."""
        body = {"type": "response.create", "model": MODEL, "input": "Hi", **more}
        await self.raw.send_json(body)
        return await self.receive()

    async def receive(self) -> list[Any]:
        events: list[Any] = []
        async with asyncio.timeout(20):
            while not events or not _is_last(events[-1]):
                events.append(json.loads((await self.raw.receive()).data))
        return events


def _is_last(event: Any) -> bool:
    ends = ("error", *(f"response.{word}" for word in ("completed", "incomplete", "failed")))
    return event["type"] in ends


@asynccontextmanager
async def open_socket(bridge: Bridge, **headers: str) -> AsyncIterator[Socket]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{bridge.url}/v1/responses", headers=headers) as socket,
    ):
        yield Socket(socket)


def get_sent_body(fake: FakeAnthropic) -> dict[str, Any]:
    return fake.bodies()[-1]


async def test_a_response_that_a_failed_request_continued_is_forgotten(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    async with open_socket(bridge) as socket:
        first = (await socket.create_response(store=False))[-1]["response"]["id"]
        output = {"type": "function_call_output", "call_id": "call_missing", "output": "?"}
        (failed,) = await socket.create_response(
            store=False, previous_response_id=first, input=[output]
        )
        assert (failed["status"], failed["error"]["param"]) == (400, "input[0].call_id")
        (gone,) = await socket.create_response(store=False, previous_response_id=first)
        assert gone["error"]["code"] == "previous_response_not_found"
        assert (await socket.create_response(store=False))[-1]["type"] == "response.completed"


async def test_a_compacted_conversation_continues(
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
    # The client's type has no user message in an output.
    output = [item.model_dump(exclude_none=True, warnings=False) for item in short.output]
    async with open_socket(bridge) as socket:
        again: Any = [*output, {"role": "user", "content": "Which?"}]
        events = await socket.create_response(store=False, tools=[], input=again)
    assert events[-1]["type"] == "response.completed"
    (create_response,) = get_sent_body(fake)["messages"]
    assert [block["text"] for block in create_response["content"]] == [
        "The code word is slate.",
        "Summary of the conversation so far:\n\nThe code word is slate.",
        "Which?",
    ]


async def test_several_responses_on_one_connection(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(says("one two"), says("three"))
    async with open_socket(bridge) as socket:
        first = await socket.create_response(store=False)
        assert [event["sequence_number"] for event in first] == list(range(len(first)))
        words = [e["delta"] for e in first if e["type"] == "response.output_text.delta"]
        assert words == ["one", " two"]
        id = first[-1]["response"]["id"]
        second = await socket.create_response(input="And?", previous_response_id=id, store=False)
        assert second[-1]["response"]["output"][0]["content"][0]["text"] == "three"
    assert [create_response["role"] for create_response in get_sent_body(fake)["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
    assert await bridge.responses.get(id) is None


async def test_a_call_continues_with_its_output_alone(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(calls(ToolUse("now")), says("Noon."))
    tools = [{"type": "function", "name": "now", "parameters": {"type": "object"}}]
    async with open_socket(bridge) as socket:
        (call,) = (await socket.create_response(tools=tools))[-1]["response"]["output"]
        first = (await bridge.ledger.list_recent(1))[0]
        assert first.outcome == "tool_use"
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "12:00"}
        kept = call["id"]
        reference = [{"type": "item_reference", "id": kept}]
        hi = {"role": "user", "content": "Hi"}
        last = await socket.create_response(tools=tools, input=[hi, *reference, output])
    assert last[-1]["type"] == "response.completed"
    assert get_sent_body(fake)["messages"][2]["content"][0]["type"] == "tool_result"


async def test_a_prepared_response_can_be_continued(bridge: Bridge, fake: FakeAnthropic) -> None:
    async with open_socket(bridge) as socket:
        prepared = await socket.create_response(input="Remember 7.", generate=False, store=False)
        assert [event["type"] for event in prepared] == ["response.created", "response.completed"]
        assert fake.requests == []
        id = prepared[-1]["response"]["id"]
        await socket.create_response(input="Which number?", previous_response_id=id)
    texts = [block["text"] for block in get_sent_body(fake)["messages"][0]["content"]]
    assert texts == ["Remember 7.", "Which number?"]


async def test_errors_are_sent_and_the_connection_stays_open(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(overloaded(), Reply((Text("one two three"),), fault=Drop(2)), says("fine"))
    async with open_socket(bridge) as socket:
        (refused,) = await socket.create_response()
        assert (refused["status"], refused["error"]["code"]) == (503, "overloaded")
        assert (await socket.create_response())[-1]["type"] == "response.failed"
        (lost,) = await socket.create_response(previous_response_id="resp_none")
        assert lost["error"]["code"] == "previous_response_not_found"
        await socket.raw.send_str("{")
        assert (await socket.receive())[0]["error"]["message"] == "The message is not valid JSON."
        await socket.raw.send_str('{"type": "response.stop"}')
        assert (await socket.receive())[0]["error"]["param"] == "type"
        await socket.raw.send_bytes(b"x")
        assert (await socket.receive())[0]["status"] == 400
        assert (await socket.create_response())[-1]["type"] == "response.completed"


async def test_an_unexpected_error_is_sent_too(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    async with open_socket(bridge) as socket:
        with monkeypatch.context() as patched:
            patched.setattr("bridge.server.answers.response.as_chat", broken)
            (event,) = await socket.create_response()
        assert (event["status"], event["error"]["code"]) == (500, "internal_error")
        assert (await socket.create_response())[-1]["type"] == "response.completed"


async def test_a_client_that_leaves_ends_generation(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(Reply((Text("word " * 500),), delay=0.01))
    async with open_socket(bridge) as socket:
        await socket.raw.send_json({"type": "response.create", "model": MODEL, "input": "Hi"})
        async with asyncio.timeout(20):
            await socket.raw.receive()
    await fake.wait_closed(1, timeout=30)
    assert [request.closed_early for request in fake.requests] == [True]


async def test_a_page_of_another_site_gets_no_socket(bridge: Bridge) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with open_socket(bridge, Origin="http://evil.example"):
            pass
    assert caught.value.status == 403


async def test_a_plain_get_is_rejected_with_an_explanation(bridge: Bridge) -> None:
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
        texts = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                texts += event.delta
            if event.type == "response.completed":
                break
    assert texts == "one two"
