"""What the echo plays for "say `prove …`", as OpenAI's client sees it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from openai import APIError, AsyncOpenAI, RateLimitError

from bridge.backends.phenomena import BEGINNING, END, PHENOMENA, Phenomena
from bridge.errors import RateLimited
from bridge.server.state import Bridge
from tests.conftest import StartBridge

TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("list_files", "read_file")
]


@pytest.fixture
async def bridge(start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    monkeypatch.setattr("bridge.backends.phenomena.SILENT_SECONDS", 0.3)
    return await start_bridge(backend="offline", keep_alive_seconds=0.1)


async def ask(bridge: Bridge, name: str) -> tuple[str, str | None, list[str]]:
    """Ask for a phenomenon; return the text, the finish_reason and the names of called tools."""
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        text, reason, called = "", None, []
        chunks = await client.chat.completions.create(
            model="bridge-echo", stream=True, tools=TOOLS,
            messages=[{"role": "user", "content": f"say `prove {name}`"}],
        )  # fmt: skip
        async for chunk in chunks:
            for choice in chunk.choices:
                text += choice.delta.content or choice.delta.refusal or ""
                reason = choice.finish_reason or reason
                called += [
                    call.function.name
                    for call in choice.delta.tool_calls or ()
                    if call.function and call.function.name
                ]
    return text, reason, called


@pytest.mark.parametrize("name", ["stream", "thinking"])
async def test_a_complete_answer_ends_with_the_mark(bridge: Bridge, name: str) -> None:
    text, reason, called = await ask(bridge, name)
    assert (text.endswith(END), reason, called) == (True, "stop", [])


async def test_two_tools_are_called_at_once(bridge: Bridge) -> None:
    _, reason, called = await ask(bridge, "tools")
    assert (reason, called) == ("tool_calls", ["list_files", "read_file"])


async def test_a_refusal_is_filtered_content(bridge: Bridge) -> None:
    _, reason, _ = await ask(bridge, "refusal")
    assert reason == "content_filter"


async def test_a_stream_ends_with_an_error_event(bridge: Bridge) -> None:
    with pytest.raises(APIError, match="The echo plays an error"):
        await ask(bridge, "error")


CUT = "say `prove cut`"
CHAT: Any = {"model": "bridge-echo", "messages": [{"role": "user", "content": CUT}]}
CUTS: dict[str, tuple[str, Any]] = {
    "chat": ("chat/completions", CHAT),
    "completions": ("completions", {"model": "bridge-echo", "prompt": CUT}),
    "responses": ("responses", {"model": "bridge-echo", "input": CUT}),
    "messages": ("messages", {**CHAT, "max_tokens": 1000}),
}


@pytest.mark.parametrize("name", CUTS)
async def test_a_cut_stream_has_no_end(bridge: Bridge, name: str) -> None:
    path, body = CUTS[name]
    received = await read_raw(bridge, path, {**body, "stream": True})
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert BEGINNING.encode() in received
    # Neither an error, nor the last chunk, which is empty.
    assert b"The echo plays" not in received
    assert not received.endswith(b"0\r\n\r\n")
    assert bridge.last_failure is not None
    assert bridge.last_failure.code == "connection_dropped"


@pytest.mark.parametrize("name", CUTS)
async def test_a_whole_answer_that_is_cut_never_comes(bridge: Bridge, name: str) -> None:
    path, body = CUTS[name]
    assert await read_raw(bridge, path, body) == b""


async def test_a_cut_socket_has_no_end(bridge: Bridge) -> None:
    async with (
        asyncio.timeout(30),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{bridge.url}/v1/responses") as socket,
    ):
        await socket.send_json({"type": "response.create", "model": "bridge-echo", "input": CUT})
        events = [message.json()["type"] async for message in socket]
        assert events[-1] == "response.output_text.delta"
        # It ended without a close frame.
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def read_raw(bridge: Bridge, path: str, body: Any) -> bytes:
    """Send a request, and return every byte up to the end of the connection."""
    host, port = bridge.url.removeprefix("http://").split(":")
    content = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/{path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)
    async with asyncio.timeout(30):
        received = await reader.read()
    writer.close()
    return received


async def test_a_limit_names_the_pause_and_then_answers(bridge: Bridge) -> None:
    with pytest.raises(RateLimitError) as caught:
        await ask(bridge, "429")
    assert caught.value.response.headers["retry-after"] == "2"
    text, _, _ = await ask(bridge, "429")
    assert text.endswith(END)


def test_a_limit_that_was_left_alone_is_played_again() -> None:
    clock = iter((0.0, 100.0, 102.0))
    phenomena = Phenomena(lambda: next(clock))
    start: Any = {"type": "message_start"}
    for _ in range(2):
        with pytest.raises(RateLimited):
            phenomena.play("429", "say `prove 429`", (), start)
    assert phenomena.play("429", "say `prove 429`", (), start)


async def test_other_messages_are_echoed(bridge: Bridge) -> None:
    assert (await ask(bridge, "nothing"))[0].endswith("say `prove nothing`")
    assert "nothing" not in PHENOMENA
