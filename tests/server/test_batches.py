"""Events travel in the batches they were read in: one write each, and none is lost to an error."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio.selector_events import _SelectorSocketTransport  # type: ignore[attr-defined]
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bridge.server.http.event_stream import KeepAlive
from bridge.server.http.recording.stream import EventStreamResponse
from bridge.server.state import Bridge
from tests import scripts
from tests.conftest import StartBridge

MODEL = "claude-opus-5-5"
TEXTS = ["Grüße, ", "all ", "of you."]
BEGIN = [scripts.start(), *scripts.text(0, *TEXTS)]
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", CHAT),
    "several choices": ("/v1/chat/completions", {**CHAT, "n": 2}),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
    "responses": ("/v1/responses", {"input": "Hi"}),
    "messages": ("/v1/messages", {**CHAT, "max_tokens": 100}),
}


def as_bytes(*events: Any) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[bytes]]:
    """The writes of an upstream that answers every request with them, as one piece each."""
    writes: list[bytes] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for write in writes:
            await response.write(write)
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_post("/v1/messages", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    yield writes
    await runner.cleanup()


@pytest.fixture
async def bridge(upstream: list[bytes], start_bridge: StartBridge) -> Bridge:
    return await start_bridge(backend="anthropic")


async def read_chunks(bridge: Bridge, path: str, body: dict[str, Any]) -> list[bytes]:
    """The chunks of a streamed answer: each is what the bridge wrote at once."""
    body = {"model": MODEL, "stream": True, **body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}{path}", json=body) as response,
    ):
        assert response.status == 200
        pieces, chunks = b"", []
        async for piece, is_last in response.content.iter_chunks():
            pieces += piece
            if is_last:
                chunks.append(pieces)
                pieces = b""
        return chunks


def texts_in(answer: bytes) -> list[str]:
    """The pieces of text in an answer, in any endpoint's format."""
    texts = []
    for line in answer.splitlines():
        event = json.loads(line[6:]) if line.startswith(b"data: {") else {}
        if event.get("type") == "response.output_text.delta":
            texts.append(event["delta"])
        elif event.get("type") == "content_block_delta":
            texts.append(event["delta"]["text"])
        for choice in event.get("choices", ()):
            texts.append(choice.get("text") or choice.get("delta", {}).get("content"))
    return [text for text in texts if text]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_the_headers_are_written_with_the_first_events(
    upstream: list[bytes], bridge: Bridge, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.append(as_bytes(*BEGIN))
    written: list[bytes] = []
    write = _SelectorSocketTransport.write

    def note(transport: _SelectorSocketTransport, data: bytes) -> None:
        written.append(bytes(data))
        write(transport, data)

    monkeypatch.setattr(_SelectorSocketTransport, "write", note)
    await read_chunks(bridge, *ENDPOINTS[endpoint])
    heads = [data for data in written if b"X-Accel-Buffering" in data]
    assert len(heads) == 1
    assert b"\r\n\r\n" in heads[0].strip()
    assert b"data: {" in heads[0]


async def test_a_client_that_leaves_before_the_headers_causes_no_failure(
    upstream: list[bytes], bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.append(as_bytes(*BEGIN))
    failures: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))

    async def leave(response: EventStreamResponse, request: web.BaseRequest) -> Any:
        writer = await prepare(response, request)
        assert request.transport is not None
        request.transport.abort()
        # As if the first events were not there yet.
        asyncio.get_running_loop().call_soon(turn.set)
        return writer

    async def enter_later(keep_alive: KeepAlive) -> KeepAlive:
        await turn.wait()
        return await enter(keep_alive)

    turn = asyncio.Event()
    prepare, enter = EventStreamResponse.prepare, KeepAlive.__aenter__
    monkeypatch.setattr(EventStreamResponse, "prepare", leave)
    monkeypatch.setattr(KeepAlive, "__aenter__", enter_later)
    with pytest.raises(aiohttp.ClientError):
        await read_chunks(bridge, *ENDPOINTS["chat"])
    await asyncio.sleep(0.05)
    assert not failures


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_events_before_an_error_event_are_written(
    upstream: list[bytes], bridge: Bridge, endpoint: str
) -> None:
    upstream.append(as_bytes(*BEGIN, OVERLOADED))
    answer = b"".join(await read_chunks(bridge, *ENDPOINTS[endpoint]))
    texts = texts_in(answer)
    # With several choices, the failure of one may come when another has written less.
    assert ([*dict.fromkeys(texts)] if "choices" in endpoint else texts) == TEXTS
    last = json.loads(answer.strip().splitlines()[-1].removeprefix(b"data: "))
    assert "Overloaded" in json.dumps(last)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_events_before_invalid_data_are_written(
    upstream: list[bytes], bridge: Bridge, endpoint: str
) -> None:
    upstream.append(as_bytes(*BEGIN) + b"event: x\ndata: {\n\n")
    answer = b"".join(await read_chunks(bridge, *ENDPOINTS[endpoint]))
    texts = texts_in(answer)
    # With several choices, the failure of one may come when another has written less.
    assert ([*dict.fromkeys(texts)] if "choices" in endpoint else texts) == TEXTS
    assert b"not JSON" in answer


@pytest.fixture(autouse=True)
def short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.server.http.protocol._LINGER_SECONDS", 0.2)


async def open_connection(
    bridge: Bridge,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = URL(bridge.url)
    return await asyncio.open_connection(url.host, url.port)


def as_request(path: str, body: dict[str, Any]) -> bytes:
    payload = json.dumps({"model": MODEL, "stream": True, **body})
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(payload)}\r\n\r\n{payload}".encode()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_unexpected_failure_ends_the_stream_and_closes_the_connection(
    upstream: list[bytes], bridge: Bridge, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: KeepAlive) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(KeepAlive, "reset", fail)
    upstream.append(as_bytes(*BEGIN))
    reader, writer = await open_connection(bridge)
    writer.write(as_request(*ENDPOINTS[endpoint]))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert texts_in(answer)[0] == "Grüße, "
    assert b"Internal error; the bridge's log has details" in answer
    assert answer.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_known_failure_closes_the_connection(
    upstream: list[bytes], bridge: Bridge, endpoint: str
) -> None:
    upstream.append(as_bytes(*BEGIN, OVERLOADED))
    reader, writer = await open_connection(bridge)
    writer.write(as_request(*ENDPOINTS[endpoint]))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b"Overloaded" in answer
    assert answer.endswith(b"0\r\n\r\n")


async def test_a_client_that_reuses_the_connection_at_once_gets_its_answer(
    upstream: list[bytes], bridge: Bridge
) -> None:
    upstream.append(as_bytes(*BEGIN, OVERLOADED))
    reader, writer = await open_connection(bridge)
    writer.write(as_request(*ENDPOINTS["chat"]))
    await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 10)
    upstream[:] = [as_bytes(*BEGIN, *scripts.end("end_turn"))]
    writer.write(as_request(*ENDPOINTS["chat"]))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert b"Connection: close" in answer
    assert answer.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


async def test_a_request_that_waits_on_a_busy_loop_is_answered(
    upstream: list[bytes], bridge: Bridge
) -> None:
    upstream.append(as_bytes(*BEGIN, OVERLOADED))
    reader, writer = await open_connection(bridge)
    writer.write(as_request(*ENDPOINTS["chat"]))
    await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 10)
    upstream[:] = [as_bytes(*BEGIN, *scripts.end("end_turn"))]
    writer.write(as_request(*ENDPOINTS["chat"]))
    # Longer than the connection stays open: when the loop goes on, both are due.
    time.sleep(0.3)  # noqa: ASYNC251 - the busy loop
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


async def test_what_comes_behind_an_answer_does_not_hold_it_up(
    upstream: list[bytes], bridge: Bridge
) -> None:
    upstream += [as_bytes(*BEGIN, *scripts.end("end_turn")), b"data: [DONE]\n\n", b"\x00" * 500_000]
    for endpoint, (path, body) in ENDPOINTS.items():
        answer = b"".join(await read_chunks(bridge, path, body))
        assert b"error" not in answer.replace(b'"error":null', b""), endpoint


async def test_text_before_a_format_error_is_written(upstream: list[bytes], bridge: Bridge) -> None:
    body = {**CHAT, "response_format": {"type": "json_object"}}
    upstream.append(
        as_bytes(scripts.start(), *scripts.text(0, '{"a": ', "1"), *scripts.end("end_turn"))
    )
    answer = b"".join(await read_chunks(bridge, "/v1/chat/completions", body))
    assert texts_in(answer) == ['{"a": ', "1"]
    assert b"is not valid JSON" in answer


async def test_events_before_an_error_event_are_sent_on_a_socket(
    upstream: list[bytes], bridge: Bridge
) -> None:
    upstream.append(as_bytes(*BEGIN, OVERLOADED))
    url = f"{bridge.url}/v1/responses".replace("http", "ws")
    types = []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"type": "response.create", "model": MODEL, "input": "Hi"})
        async for message in socket:
            types.append(json.loads(message.data)["type"])
            if types[-1] == "response.failed":
                break
    assert types.count("response.output_text.delta") == 3


@pytest.mark.parametrize("endpoint", ["chat", "completions", "responses", "messages"])
async def test_events_that_were_read_together_are_written_at_once(
    upstream: list[bytes], bridge: Bridge, endpoint: str
) -> None:
    upstream.append(as_bytes(*BEGIN, *scripts.end("end_turn")))
    chunks = await read_chunks(bridge, *ENDPOINTS[endpoint])
    end = [b"data: [DONE]\n\n"] if endpoint in ("chat", "completions") else []
    assert chunks[2:] == end
    assert [texts_in(chunk) for chunk in chunks[:2]] == [["Grüße, "], ["all ", "of you."]]
