"""Both senders send the same to upstream, with the SDK and without it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anthropic
import pytest
from aiohttp.client_proto import ResponseHandler

from bridge.backends.anthropic_api.answer_start import CheckedAnswer
from bridge.backends.anthropic_api.errors import from_response
from bridge.backends.anthropic_api.transport import (
    DirectSender,
    SdkSender,
    Sender,
    create_sender,
)
from bridge.errors import (
    BillingFailed,
    BridgeError,
    ContextTooLong,
    GatewayFailed,
    InvalidRequest,
    KeyRejected,
    Overloaded,
    RateLimited,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamUnreachable,
)
from bridge.wire.messages import MessagesRequest
from tests.fake_anthropic.script import Drop, Hang, says
from tests.fake_anthropic.server import FakeAnthropic

HI = MessagesRequest(
    model="claude-opus-5-5",
    max_tokens=100,
    messages=({"role": "user", "content": [{"type": "text", "text": "Grüße, \U0001f600"}]},),
    headers={"anthropic-beta": "files-api-2025-04-14", "Anthropic-Version": "2023-06-01"},
)
OF_A_CONNECTION = {"host", "connection", "content-length", "accept-encoding"}


@asynccontextmanager
async def sender_of(
    client: anthropic.AsyncAnthropic, silence_seconds: float = 5.0
) -> AsyncIterator[Sender]:
    sender = await create_sender(client, silence_seconds)
    try:
        yield sender
    finally:
        await sender.close()
        await client.close()


async def pieces_of(answer: CheckedAnswer) -> AsyncIterator[bytes]:
    while piece := await answer.read():
        yield piece


def key(fake: FakeAnthropic) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="sk-ant-test", base_url=fake.url, max_retries=0)


async def everything(sender: Sender, request: MessagesRequest = HI) -> bytes:
    answer = await sender.send(request)
    try:
        return b"".join([piece async for piece in pieces_of(answer)])
    finally:
        await answer.close()


@pytest.mark.parametrize("custom", ["", "X-Team: voice\nX-Stainless-Lang: none"])
async def test_both_senders_send_the_same(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, custom: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", custom)
    client = key(fake)
    fake.script(says("One two"), says("One two"))
    async with sender_of(client) as direct:
        assert isinstance(direct, DirectSender)
        text = await everything(direct)
        assert b"One" in text
        assert await everything(SdkSender(client))
    by_us, by_sdk = fake.requests
    assert by_us.body == by_sdk.body
    assert by_us.body["messages"][0]["content"][0]["text"] == "Grüße, \U0001f600"
    assert kept(by_us.headers) == kept(by_sdk.headers)
    assert by_us.headers["accept-encoding"] == by_sdk.headers["accept-encoding"] == "identity"
    assert by_us.headers.get("x-team") == ("voice" if custom else None)


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_A_CONNECTION}


async def test_capturing_the_headers_sends_nothing(fake: FakeAnthropic) -> None:
    async with sender_of(key(fake)):
        pass
    assert fake.requests == []


async def test_a_base_url_with_a_path_and_a_token_in_place_of_a_key() -> None:
    seen: list[bytes] = []
    async with listening(seen, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n") as url:
        client = anthropic.AsyncAnthropic(
            auth_token="sk-ant-oat01-made-up", base_url=f"{url}/claude/", max_retries=0
        )
        async with sender_of(client) as sender:
            assert await everything(sender) == b"data: ok\n"
    head = seen[0].partition(b"\r\n\r\n")[0].decode().lower()
    assert head.startswith("post /claude/v1/messages http/1.1")
    assert "authorization: bearer sk-ant-oat01-made-up" in head


async def test_a_profile_with_a_renewed_token_uses_the_sdk(fake: FakeAnthropic) -> None:
    asked: list[str] = []

    async def provider(**_: object) -> anthropic.AccessToken:
        asked.append("token")
        return anthropic.AccessToken(token="sk-ant-oat01-made-up", expires_at=None)

    client = anthropic.AsyncAnthropic(credentials=provider, base_url=fake.url, max_retries=0)
    fake.script(says("One two"))
    async with sender_of(client) as sender:
        assert isinstance(sender, SdkSender)
        assert b"One" in await everything(sender)
    assert asked == ["token"]
    assert fake.requests[0].headers["authorization"] == "Bearer sk-ant-oat01-made-up"


async def test_connections_are_reused(fake: FakeAnthropic) -> None:
    seen: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n"
    async with listening(seen, answer) as url:
        client = anthropic.AsyncAnthropic(api_key="sk-ant-test", base_url=url, max_retries=0)
        async with sender_of(client) as sender:
            for _ in range(3):
                await everything(sender)
    assert [len(connection.split(b"POST /v1/messages")) for connection in seen] == [4]


@pytest.mark.parametrize("kind", [DirectSender, SdkSender])
async def test_a_drop_in_the_middle_is_a_broken_stream(fake: FakeAnthropic, kind: type) -> None:
    fake.script(says("One two three", fault=Drop(2)))
    client = key(fake)
    async with sender_of(client) as direct:
        with pytest.raises(StreamBroken, match="broke off"):
            await everything(direct if kind is DirectSender else SdkSender(client))


async def test_silence_is_an_error_before_and_in_an_answer(fake: FakeAnthropic) -> None:
    async with sender_of(key(fake), silence_seconds=0.2) as sender:
        fake.script(says("One two three", fault=Hang(2)))
        with pytest.raises(UpstreamSilent, match="silent"):
            await everything(sender)
    async with listening([], b"") as url:
        client = anthropic.AsyncAnthropic(api_key="sk-ant-test", base_url=url, max_retries=0)
        async with sender_of(client, silence_seconds=0.2) as sender:
            with pytest.raises(UpstreamSilent, match="silent"):
                await everything(sender)


async def test_a_refused_connection_is_an_error_with_the_address() -> None:
    client = anthropic.AsyncAnthropic(
        api_key="sk-ant-test", base_url="http://127.0.0.1:9", max_retries=0
    )
    async with sender_of(client) as sender:
        with pytest.raises(UpstreamUnreachable, match=r"at http://127\.0\.0\.1:9: \[Errno"):
            await everything(sender)


async def test_the_proxy_of_the_environment_is_used_except_for_this_machine(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    async with listening(seen, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n") as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        away = anthropic.AsyncAnthropic(
            api_key="sk-ant-test", base_url="http://claude.invalid", max_retries=0
        )
        async with sender_of(away) as sender:
            assert await everything(sender) == b"data: ok\n"
        assert seen[0].startswith(b"POST http://claude.invalid/v1/messages HTTP/1.1\r\n")
        fake.script(says("One two"))
        async with sender_of(key(fake)) as sender:
            assert b"One" in await everything(sender)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (400, {"type": "invalid_request_error", "message": "no"}, InvalidRequest, "no"),
        (
            400,
            {"type": "invalid_request_error", "message": "prompt is too long: 2 > 1"},
            ContextTooLong,
            "too long",
        ),
        (
            401,
            {"type": "authentication_error", "message": "bad"},
            KeyRejected,
            "rejected the API key",
        ),
        (400, {"type": "billing_error", "message": "no credit"}, BillingFailed, "no credit"),
        (529, {"type": "overloaded_error", "message": "busy"}, Overloaded, "busy"),
        (429, {"type": "something_new", "message": "slow"}, RateLimited, "slow"),
        (502, None, GatewayFailed, "status 502"),
        (503, "a sentence", Overloaded, "a sentence"),
        (418, {"type": ["odd"], "message": 7}, UpstreamFailed, "status 418"),
    ],
)
def test_an_error_response_becomes_the_error_of_its_type(
    status: int, error: object, kind: type[BridgeError], words: str
) -> None:
    headers = {"request-id": "req_1", "retry-after": "7"}
    body = b"<html>Bad gateway</html>" if error is None else json.dumps({"error": error}).encode()
    found = from_response(status, headers, body)
    assert type(found) is kind
    assert words in found.message
    assert found.headers["retry-after"] == "7"


@pytest.mark.parametrize(("count", "pauses"), [(300, False), (40_000, True)])
async def test_reading_is_resumed_only_if_it_was_paused(
    monkeypatch: pytest.MonkeyPatch, count: int, pauses: bool
) -> None:
    resumed, paused = [], []
    resume, pause = ResponseHandler.resume_reading, ResponseHandler.pause_reading

    def note_resume(self: ResponseHandler, resume_parser: bool = True) -> None:
        resumed.append(self)
        resume(self, resume_parser)

    def note_pause(self: ResponseHandler) -> None:
        paused.append(self)
        pause(self)

    monkeypatch.setattr(ResponseHandler, "resume_reading", note_resume)
    monkeypatch.setattr(ResponseHandler, "pause_reading", note_pause)
    event = b'event: ping\ndata: {"type": "ping", "padding": "%s"}\n\n' % (b"a" * 100)
    chunks = b"%x\r\n%s\r\n" % (len(event), event) * count
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with listening([], head + chunks + b"0\r\n\r\n") as url:
        client = anthropic.AsyncAnthropic(api_key="sk-ant-test", base_url=url, max_retries=0)
        async with sender_of(client) as sender:
            answer = await sender.send(HI)
            # More arrives than may wait to be read.
            await asyncio.sleep(0.2)
            assert b"".join([piece async for piece in pieces_of(answer)]) == event * count
            await answer.close()
    assert bool(paused) == bool(resumed) == pauses
    # aiohttp resumes reading for each of the pieces; here it is done once for each pause.
    assert len(resumed) <= len(paused) + 1


async def test_an_error_response_is_the_same_with_both_senders(fake: FakeAnthropic) -> None:
    client = anthropic.AsyncAnthropic(api_key="wrong", base_url=fake.url, max_retries=0)
    errors = []
    async with sender_of(client) as direct:
        for sender in (direct, SdkSender(client)):
            with pytest.raises(KeyRejected) as caught:
                await everything(sender)
            errors.append((caught.value.message, {*caught.value.headers}))
    assert errors[0] == errors[1]


@asynccontextmanager
async def listening(seen: list[bytes], answer: bytes) -> AsyncIterator[str]:
    """A server that gives each request the same bytes; what a connection said is one of `seen`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = len(seen)
        seen.append(b"")
        while piece := await reader.read(65536):
            seen[at] += piece
            if seen[at].endswith(b"}"):
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.close()
