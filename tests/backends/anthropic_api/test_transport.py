"""Both senders send the same to upstream, with the SDK and without it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import anthropic
import pytest
from aiohttp.client_proto import ResponseHandler

from bridge.backends.anthropic_api import transport
from bridge.backends.anthropic_api.address import build_address
from bridge.backends.anthropic_api.answer_start import CheckedAnswer
from bridge.backends.anthropic_api.errors import from_response
from bridge.backends.anthropic_api.responses import read_page, read_token_count
from bridge.backends.anthropic_api.sdk_sender import SdkSender
from bridge.backends.anthropic_api.tls import get_tls_context
from bridge.backends.anthropic_api.transport import DirectSender, Sender
from bridge.errors import (
    BillingFailed,
    BridgeError,
    ContextTooLong,
    GatewayFailed,
    InvalidRequest,
    KeyRejected,
    NotSignedIn,
    Overloaded,
    RateLimited,
    StreamBroken,
    UpstreamEncoded,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamUnreachable,
)
from bridge.keys import NamedKey
from bridge.wire.messages import Block, Message, MessagesRequest
from tests.fake_anthropic.oddities import http
from tests.fake_anthropic.script import Drop, Hang, says
from tests.fake_anthropic.server import FakeAnthropic

HI = MessagesRequest(
    model="claude-opus-5-5",
    max_tokens=100,
    messages=({"role": "user", "content": [{"type": "text", "text": "Grüße, \U0001f600"}]},),
    headers={"anthropic-beta": "files-api-2025-04-14", "Anthropic-Version": "2023-06-01"},
)
KEY = NamedKey("test", "sk-ant-test")
OF_A_CONNECTION = {"host", "connection", "content-length", "accept-encoding", "user-agent"}


@asynccontextmanager
async def direct_to(
    url: str,
    *,
    silence_seconds: float = 5.0,
    key: NamedKey | None = KEY,
    environ: Mapping[str, str] = {},
) -> AsyncIterator[DirectSender]:
    address = build_address(key, {"ANTHROPIC_BASE_URL": url, **environ})
    tls = await asyncio.to_thread(get_tls_context)
    sender = DirectSender(address, silence_seconds, tls)
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def sdk_to(url: str, **options: Any) -> AsyncIterator[SdkSender]:
    options = {"api_key": KEY.secret, **options}
    async with anthropic.AsyncAnthropic(base_url=url, max_retries=0, **options) as client:
        yield SdkSender(client)


async def pieces_of(answer: CheckedAnswer) -> AsyncIterator[bytes]:
    while piece := await answer.read():
        yield piece


async def everything(sender: Sender, request: MessagesRequest = HI) -> bytes:
    answer = await sender.send(request)
    try:
        return b"".join([piece async for piece in pieces_of(answer)])
    finally:
        await answer.close()


ENVIRONMENTS: dict[str, dict[str, str]] = {
    "key": {"ANTHROPIC_API_KEY": "sk-ant-test"},
    "token": {"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-made-up"},
    "both": {"ANTHROPIC_API_KEY": "sk-ant-test", "ANTHROPIC_AUTH_TOKEN": "other"},
    "own headers": {
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "ANTHROPIC_CUSTOM_HEADERS": "X-Team: voice\nno colon\nAnthropic-Beta:  a:b ",
    },
    "own login": {
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer gateway",
    },
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("in_url", ["", "user:pass%40word@"])
async def test_the_sdk_sends_the_same(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch, name: str, in_url: str
) -> None:
    fake.keys = ("sk-ant-test", "gateway", "Basic dXNlcjpwYXNzQHdvcmQ=")
    environ = ENVIRONMENTS[name]
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    url = fake.url.replace("//", f"//{in_url}") + "/"

    async with direct_to(url, key=None, environ=environ) as direct:
        assert b"message_stop" in await everything(direct)
        found = await count(direct), await list_models(direct)
    async with sdk_to(url, api_key=None) as by_sdk:
        assert b"message_stop" in await everything(by_sdk)
        assert (await count(by_sdk), await list_models(by_sdk)) == found

    ours, theirs = fake.requests[:2], fake.requests[2:]
    assert [request.path for request in ours] == [request.path for request in theirs]
    assert [request.body for request in ours] == [request.body for request in theirs]
    assert [kept(request.headers) for request in ours] == [
        kept(request.headers) for request in theirs
    ]
    assert fake.listings[0] == fake.listings[1]
    assert ours[0].body["messages"][0]["content"][0]["text"] == "Grüße, \U0001f600"
    assert ours[0].headers["accept-encoding"] == theirs[0].headers["accept-encoding"] == "identity"


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that say something to upstream; the SDK describes itself in the others."""
    return {
        name: value
        for name, value in headers.items()
        if name not in OF_A_CONNECTION and not name.startswith("x-stainless-")
    }


async def count(sender: Sender) -> int:
    answer = await sender.count(HI)
    return read_token_count(answer.status, answer.headers, answer.body)


async def list_models(sender: Sender) -> list[str]:
    answer = await sender.list_models({"limit": 100})
    page = read_page(answer.status, answer.headers, answer.body)
    return [model.id for model in page.models]


async def test_a_base_url_with_a_path() -> None:
    seen: list[bytes] = []
    async with (
        listening(seen, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n") as url,
        direct_to(f"{url}/claude/") as sender,
    ):
        assert await everything(sender) == b"data: ok\n"
    head = seen[0].partition(b"\r\n\r\n")[0].decode().lower()
    assert head.startswith("post /claude/v1/messages http/1.1")
    assert "authorization: bearer sk-ant-test" in head


async def test_a_profile_with_a_renewed_token_uses_the_sdk(fake: FakeAnthropic) -> None:
    asked: list[str] = []

    async def provider(**_: object) -> anthropic.AccessToken:
        asked.append("token")
        return anthropic.AccessToken(token="sk-ant-oat01-made-up", expires_at=None)

    fake.script(says("One two"))
    async with sdk_to(fake.url, api_key=None, credentials=provider) as sender:
        assert b"One" in await everything(sender)
    assert asked == ["token"]
    assert fake.requests[0].headers["authorization"] == "Bearer sk-ant-oat01-made-up"


@pytest.mark.parametrize("length", [100, 600_000, 3_500_000])
async def test_a_body_of_any_length_arrives_as_it_is(fake: FakeAnthropic, length: int) -> None:
    text = "Grüße, 1." * (length // 11)
    source = {"type": "text", "media_type": "text/plain", "data": "Words. " * (length // 11)}
    blocks: list[Block] = [{"type": "text", "text": text}, {"type": "document", "source": source}]
    said: Message = {"role": "user", "content": blocks}
    async with direct_to(fake.url) as sender:
        await everything(sender, replace(HI, messages=(said,)))
    assert fake.requests[0].body["messages"] == [said]
    headers = fake.requests[0].headers
    assert headers["content-type"] == "application/json"
    assert not headers.keys() & {"transfer-encoding", "content-disposition"}


async def test_connections_are_reused(fake: FakeAnthropic) -> None:
    seen: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n"
    async with listening(seen, answer) as url, direct_to(url) as sender:
        for _ in range(3):
            await everything(sender)
    assert [len(connection.split(b"POST /v1/messages")) for connection in seen] == [4]


@pytest.mark.parametrize("open_sender", [direct_to, sdk_to])
async def test_a_drop_in_the_middle_is_a_broken_stream(
    fake: FakeAnthropic, open_sender: Callable[[str], AbstractAsyncContextManager[Sender]]
) -> None:
    fake.script(says("One two three", fault=Drop(2)))
    async with open_sender(fake.url) as sender:
        with pytest.raises(StreamBroken, match="broke off"):
            await everything(sender)


async def test_silence_is_an_error_before_and_in_an_answer(fake: FakeAnthropic) -> None:
    async with direct_to(fake.url, silence_seconds=0.2) as sender:
        fake.script(says("One two three", fault=Hang(2)))
        with pytest.raises(UpstreamSilent, match="silent"):
            await everything(sender)
    async with listening([], b"") as url, direct_to(url, silence_seconds=0.2) as sender:
        with pytest.raises(UpstreamSilent, match="silent"):
            await everything(sender)


async def test_a_refused_connection_is_an_error_with_the_address() -> None:
    async with direct_to("http://127.0.0.1:9") as sender:
        with pytest.raises(UpstreamUnreachable, match=r"at http://127\.0\.0\.1:9: \[Errno"):
            await everything(sender)


async def test_the_proxy_of_the_environment_is_used_except_for_this_machine(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    async with listening(seen, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: ok\n") as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with direct_to("http://claude.invalid") as sender:
            assert await everything(sender) == b"data: ok\n"
        assert seen[0].startswith(b"POST http://claude.invalid/v1/messages HTTP/1.1\r\n")
        fake.script(says("One two"))
        async with direct_to(fake.url) as sender:
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
    async with listening([], head + chunks + b"0\r\n\r\n") as url, direct_to(url) as sender:
        answer = await sender.send(HI)
        # More arrives than may wait to be read.
        await asyncio.sleep(0.2)
        assert b"".join([piece async for piece in pieces_of(answer)]) == event * count
        await answer.close()
    assert bool(paused) == bool(resumed) == pauses
    # aiohttp resumes reading for each of the pieces; here it is done once for each pause.
    assert len(resumed) <= len(paused) + 1


async def test_an_error_response_is_the_same_with_both_senders(fake: FakeAnthropic) -> None:
    errors = []
    async with (
        direct_to(fake.url, key=NamedKey("test", "wrong")) as direct,
        sdk_to(fake.url, api_key="wrong") as by_sdk,
    ):
        for sender in (direct, by_sdk):
            for ask in (everything, count, list_models):
                with pytest.raises(KeyRejected) as caught:
                    await ask(sender)
                errors.append((caught.value.message, {*caught.value.headers}))
    assert errors[:3] == errors[3:]


@pytest.mark.parametrize("text", ["api.anthropic.com", "http://[broken", "file:///etc/passwd"])
def test_a_base_url_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UpstreamUnreachable, match="ANTHROPIC_BASE_URL is no address"):
        build_address(KEY, {"ANTHROPIC_BASE_URL": text})


async def test_a_whole_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MAX_WHOLE_BYTES", 1000)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"
    async with listening([], head + b" " * 9000) as url, direct_to(url) as sender:
        with pytest.raises(UpstreamFailed, match="longer answer"):
            await sender.count(HI)


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


@asynccontextmanager
async def proxying(seen: list[bytes], status: bytes) -> AsyncIterator[str]:
    """A proxy that refuses each request; yields its host and port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"


@pytest.mark.parametrize("login", ["", "user:proxy-password@"])
@pytest.mark.parametrize("ask", [everything, count, list_models])
async def test_a_proxy_sees_only_the_host(
    monkeypatch: pytest.MonkeyPatch, login: str, ask: Callable[[Sender], Awaitable[object]]
) -> None:
    seen: list[bytes] = []
    environ = {"ANTHROPIC_CUSTOM_HEADERS": "CF-Access-Client-Secret: gateway-secret"}
    async with proxying(seen, b"407 Proxy Authentication Required") as proxy:
        monkeypatch.setenv("https_proxy", f"http://{login}{proxy}")
        async with direct_to("https://claude.invalid", environ=environ) as sender:
            with pytest.raises(UpstreamUnreachable, match="status 407") as caught:
                await ask(sender)
    assert seen[0].startswith(b"CONNECT claude.invalid:443 ")
    names = {line.partition(b":")[0].lower() for line in seen[0].split(b"\r\n")[1:] if line}
    assert names <= {b"host", b"accept", b"accept-encoding", b"user-agent", b"proxy-authorization"}
    assert (b"proxy-authorization" in names) == bool(login)
    assert b"sk-ant-test" not in seen[0]
    assert "proxy-password" not in caught.value.message


@pytest.mark.parametrize(
    "proxy", ["http://user:proxy-password@127.0.0.1:999999", "http://user:proxy-pass/word@h"]
)
async def test_the_login_of_an_odd_proxy_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    async with direct_to("http://claude.invalid") as sender:
        with pytest.raises(UpstreamUnreachable) as caught:
            await everything(sender)
    assert "proxy-pass" not in caught.value.message


async def test_a_proxy_without_a_scheme_is_used_except_for_what_no_proxy_names(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    async with proxying(seen, b"502 Bad Gateway") as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        async with direct_to("http://claude.invalid") as sender:
            with pytest.raises(BridgeError):
                await everything(sender)
        assert seen[0].startswith(b"POST http://claude.invalid/v1/messages ")
        monkeypatch.setenv("no_proxy", fake.url.removeprefix("http://"))
        fake.script(says("One two"))
        async with direct_to(fake.url) as sender:
            assert b"One" in await everything(sender)
    assert len(seen) == 1


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
async def test_a_host_that_is_no_name_is_an_error_with_it(host: str) -> None:
    with pytest.raises(UpstreamUnreachable):
        async with direct_to(f"http://{host}") as sender:
            await everything(sender)


def test_a_custom_header_without_a_name_is_an_error() -> None:
    with pytest.raises(NotSignedIn, match="ANTHROPIC_CUSTOM_HEADERS"):
        build_address(KEY, {"ANTHROPIC_CUSTOM_HEADERS": "X-\x00Bad: 1"})


@pytest.mark.parametrize("ask", [everything, count, list_models])
async def test_an_answer_that_is_compressed_too_much_is_not_decoded(
    fake: FakeAnthropic, ask: Callable[[Sender], Awaitable[object]]
) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    for status in ("200 OK", "500 Internal Server Error"):
        fake.everywhere = http(status, bomb, content_encoding="gzip")
        async with direct_to(fake.url) as sender:
            with pytest.raises(UpstreamEncoded):
                await ask(sender)


async def test_a_key_that_a_gateway_quotes_is_hidden(fake: FakeAnthropic) -> None:
    key = NamedKey("gateway", "gw-key-123")
    for raw in (
        http("401 Unauthorized", b'{"error": {"message": "no key gw-key-123"}}'),
        http("500 Oops", b"Bearer gw-key-123 is unknown"),
        http("302 Found", location="https://elsewhere/?key=gw-key-123"),
    ):
        fake.everywhere = raw
        async with direct_to(fake.url, key=key) as sender:
            with pytest.raises(BridgeError) as caught:
                await everything(sender)
        assert "gw-key-123" not in f"{caught.value.message} {caught.value.original}"


async def test_a_success_without_a_body_is_no_answer_of_claudes(fake: FakeAnthropic) -> None:
    fake.everywhere = http("204 No Content")
    async with direct_to(fake.url) as sender:
        with pytest.raises(BridgeError) as streamed:
            await everything(sender)
        counted = await sender.count(HI)
    assert "answered with status 204 and no content" in streamed.value.message
    assert (counted.status, counted.body) == (204, b"")
