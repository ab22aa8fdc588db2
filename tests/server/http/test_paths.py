"""Each spelling of a path is the plain one, and no spelling goes around a check."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import aiohttp
import brotli
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from bridge.server.http.paths import NOT_OFFERED, normalize_path
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

CHAT: dict[str, Any] = {"model": "default", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend="anthropic")


async def send(
    bridge: Bridge, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, aiohttp.ClientResponse, str]:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    url = URL(bridge.url + path, encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=data, headers=sent) as answer,
    ):
        return answer.status, answer, await answer.text()


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/v1//chat/completions", "/v1/chat/completions"),
        ("/chat/completions", "/v1/chat/completions"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/responses", "/v1/responses"),
        ("/openai/v1/v1/chat/completions/", "/v1/chat/completions"),
        ("/v1/openai/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/v1", "/v1/models"),
        ("/openai//v1/", "/v1/models"),
        ("/v1/v1", "/v1/models"),
        ("/openai/realtime", "/v1/realtime"),
        ("/messages/batches", "/v1/messages/batches"),
        ("/videos", "/v1/videos"),
        ("/openai", "/openai"),
        ("/usage", "/usage"),
        ("/models", "/v1/models"),
        ("/models/gpt-4o", "/v1/models/gpt-4o"),
        ("/v1", "/v1/models"),
        ("/v1/", "/v1/models"),
        ("/images/generations", "/v1/images/generations"),
        ("/", "/"),
        ("/health/", "/health"),
        ("/control//stop/", "/control/stop"),
        ("/responses/resp_1/input_items", "/v1/responses/resp_1/input_items"),
        ("//evil.example/v1/models", "//evil.example/v1/models"),
        ("/modelsx", "/modelsx"),
        ("/v1beta/models", "/v1beta/models"),
        ("/openai/other", "/openai/other"),
        ("*", "*"),
    ],
)
def test_a_path_is_read_as_the_plain_one(path: str, plain: str) -> None:
    assert normalize_path(path) == (plain, None)


def test_azures_deployment_is_the_model() -> None:
    azure = "/openai/deployments/gpt%204o/chat/completions"
    assert normalize_path(azure) == ("/v1/chat/completions", "gpt 4o")
    for more in (
        f"/v1{azure}",
        f"/openai/v1{azure}",
        f"/v1/v1/{azure}/",
        azure.replace("/chat", "/v1/chat"),
    ):
        assert normalize_path(more) == ("/v1/chat/completions", "gpt 4o")


@given(
    st.lists(
        st.sampled_from(
            ["v1", "openai", "deployments", "x", "control", "stop", "models", "", "%2F"]
        )
    )
)
@example(["openai", "v1", "openai", "v1"])
def test_a_plain_path_stays_plain_and_control_is_never_reached_from_elsewhere(
    parts: list[str],
) -> None:
    path = "/" + "/".join(parts)
    plain, _ = normalize_path(path)
    assert normalize_path(plain)[0] == plain
    if plain.startswith("/control"):
        assert [part for part in parts if part][:1] == ["control"]


@pytest.mark.parametrize(
    "path",
    [
        "/chat/completions",
        "/v1/v1/chat/completions",
        "/v1//chat/completions/",
        "/openai/deployments/gpt-4o/chat/completions?api-version=2026-01-01",
        "/openai/v1/chat/completions",
    ],
)
async def test_a_chat_is_answered_at_each_spelling(bridge: Bridge, path: str) -> None:
    status, answer, text = await send(bridge, "POST", path, CHAT)
    assert status == 200, text
    assert answer.headers["x-request-id"].startswith("req_")


async def test_azures_deployment_answers_for_a_body_without_a_model(bridge: Bridge) -> None:
    path = "/openai/deployments/claude-haiku-5-5/chat/completions?api-version=1"
    status, _, text = await send(bridge, "POST", path, {"messages": CHAT["messages"]})
    assert (status, json.loads(text)["model"]) == (200, "claude-haiku-5-5")


@pytest.mark.parametrize("path", ["/", "/v1/models", "/health", "/v1", "/api/hello", "/docs"])
async def test_head_is_answered_where_get_is(bridge: Bridge, path: str) -> None:
    status, _, text = await send(bridge, "HEAD", path)
    assert (status, text) == (200, "")


@pytest.mark.parametrize("path", [f"{start}/x" for start in NOT_OFFERED])
async def test_what_is_not_offered_says_so(bridge: Bridge, path: str) -> None:
    status, _, text = await send(bridge, "POST", path.removeprefix("/v1"), {})
    assert status == 501
    assert json.loads(text)["error"]["message"] == NOT_OFFERED[path.removesuffix("/x")]


@pytest.mark.parametrize(
    ("path", "asks"),
    [
        ("/api/tags", True),
        ("/V1/chat/completions", True),
        ("/v1/chat/completions/chat/completions", True),
        ("/v1/embeddings/models", True),
        ("/v1/responses/resp_1/nothing", False),
        ("/v1/nothing", False),
    ],
)
async def test_an_unknown_path_asks_about_the_base_url(
    bridge: Bridge, path: str, asks: bool
) -> None:
    status, _, text = await send(bridge, "POST", path, {})
    assert status == 404
    assert ("Should your base URL end in /v1?" in text) is asks


@pytest.mark.parametrize("path", ["/v1/models", "/v1", "/nothing"])
async def test_options_of_a_program_are_answered(bridge: Bridge, path: str) -> None:
    status, answer, _ = await send(bridge, "OPTIONS", path)
    assert (status, answer.headers["Allow"]) == (204, "GET, HEAD, POST, DELETE, OPTIONS")
    status, _, text = await send(bridge, "OPTIONS", path, Origin="https://evil.example")
    assert status == 403
    assert "allowed_origins" in text


@pytest.mark.parametrize("path", ["/control/stop/", "//control/stop", "/control//stop"])
async def test_control_needs_its_token_at_each_spelling(bridge: Bridge, path: str) -> None:
    status, _, _ = await send(bridge, "POST", path, {})
    assert status in (401, 403, 404)
    assert not bridge.stopping


@pytest.mark.parametrize("path", ["/chat/completions", "/v1//models", "/v1/models/"])
async def test_a_foreign_host_is_refused_at_each_spelling(bridge: Bridge, path: str) -> None:
    status, _, text = await send(bridge, "GET", path, Host="evil.example")
    assert status == 403
    assert "allowed_hosts" in text


@pytest.mark.parametrize("stream", [False, True])
async def test_each_dialect_has_its_request_id(bridge: Bridge, stream: bool) -> None:
    for path in ("/v1/messages", "/v1/chat/completions"):
        body = {**CHAT, "max_tokens": 100, "stream": stream}
        status, answer, _ = await send(bridge, "POST", path, body)
        assert status == 200
        assert answer.headers["x-request-id"].startswith("req_")
        # Anthropic's clients get the id that Anthropic's support knows.
        upstream = answer.headers["x-upstream-request-id"]
        assert answer.headers.get("request-id") == (upstream if path == "/v1/messages" else None)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_errors_under_messages_are_anthropics(bridge: Bridge, method: str) -> None:
    path = "/v1/messages/nothing" if method == "POST" else "/v1/messages"
    _, answer, text = await send(bridge, method, path, None if method == "GET" else {})
    assert json.loads(text)["type"] == "error"
    assert answer.headers["request-id"].startswith("req_")


def compress_zstd(data: bytes) -> bytes:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", compress_zstd),
    ],
)
async def test_compressed_bodies_are_read(bridge: Bridge, encoding: str, compress: Any) -> None:
    body = compress(json.dumps(CHAT).encode())
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", "/v1/chat/completions", body, **headers)
    assert status == 200, text


@pytest.mark.parametrize("compress", [brotli.compress, compress_zstd, gzip.compress])
async def test_a_compressed_body_is_bounded(bridge: Bridge, compress: Any) -> None:
    encoding = {brotli.compress: "br", gzip.compress: "gzip"}.get(compress, "zstd")
    bomb = compress(b'"' + bytes(100 << 20) + b'"')
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", "/v1/chat/completions", bomb, **headers)
    assert status == 413, text[:200]


@pytest.mark.parametrize("encoding", ["gzip, br", "x-gzip", "compress", "rot13"])
async def test_an_encoding_that_is_not_supported_is_named(bridge: Bridge, encoding: str) -> None:
    body = brotli.compress(gzip.compress(json.dumps(CHAT).encode()))
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", "/v1/chat/completions", body, **headers)
    assert status == 415
    assert f"Content-Encoding {encoding} is not supported: use one of gzip" in text


@pytest.mark.parametrize("encoding", ["identity", "", "utf-8", "GZIP"])
async def test_odd_words_for_a_plain_or_known_encoding_are_read(
    bridge: Bridge, encoding: str
) -> None:
    body = json.dumps(CHAT).encode()
    sent = gzip.compress(body) if encoding == "GZIP" else body
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", "/v1/chat/completions", sent, **headers)
    assert status == 200, text


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/nothing"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_wrong_encoding_is_the_clients_fault(
    bridge: Bridge, path: str, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", path, CHAT, **headers)
    assert status == (404 if path == "/v1/nothing" else 400)
    assert status == 404 or "its encoding is not the declared one" in text
    # It is logged when the connection ends, which a second request waits for.
    await send(bridge, "GET", "/health")
    assert [record.message for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("encoding", "compress"), [("deflate", zlib.compress), ("zstd", compress_zstd)]
)
async def test_a_compressed_body_that_is_cut_off_is_named(
    bridge: Bridge, encoding: str, compress: Any
) -> None:
    body = compress(json.dumps(CHAT).encode())[:8]
    headers = {"Content-Encoding": encoding}
    status, _, text = await send(bridge, "POST", "/v1/chat/completions", body, **headers)
    assert status == 400
    assert "The body cannot be read: it is incomplete" in text
