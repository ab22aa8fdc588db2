"""Programs on this computer may call; web pages may not."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.conftest import StartBridge

CHAT = {"model": "bridge-echo", "messages": [{"role": "user", "content": "hi"}]}


async def post(url: str, path: str, headers: dict[str, str], **body: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, headers=headers, **body) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8000"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "0.0.0.0"}, 403),
        ({"Host": "["}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8000", "Host": "localhost:8000"}, 200),
        ({"Origin": "http://127.0.0.1:3000", "Host": "localhost:8000"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_who_may_call(
    start_bridge: StartBridge, headers: dict[str, str], status: int
) -> None:
    bridge = await start_bridge(backend="offline")
    answered, body = await post(bridge.url, "/v1/chat/completions", headers, json=CHAT)
    assert answered == status
    if status == 403:
        assert body["error"]["code"] == "forbidden"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_post_without_a_preflight_is_rejected(start_bridge: StartBridge, kind: str) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Content-Type": kind}
    status, body = await post(bridge.url, "/v1/chat/completions", headers, data="{}")
    assert (status, body["error"]["code"]) == (415, "unsupported_media_type")


async def test_allowed_hosts_are_accepted(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", allowed_hosts="bridge.test, other.test")
    for host, expected in (("bridge.test:8000", 200), ("OTHER.test", 200), ("third.test", 403)):
        status, _ = await post(bridge.url, "/v1/chat/completions", {"Host": host}, json=CHAT)
        assert (host, status) == (host, expected)


@pytest.mark.parametrize("host", ["me@127.0.0.1", "127.0.0.1@evil.example", "", "localhost.evil"])
async def test_names_that_only_look_like_ours_are_rejected(
    start_bridge: StartBridge, host: str
) -> None:
    bridge = await start_bridge(backend="offline")
    status, _ = await post(bridge.url, "/v1/chat/completions", {"Host": host}, json=CHAT)
    assert status in (400, 403)


ORIGINS = "vscode-webview://*,https://app.example"
WEBVIEW = "vscode-webview://1a2b"


async def test_a_page_of_an_allowed_origin_can_read_the_answer(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline", allowed_origins=ORIGINS)
    url = f"{bridge.url}/v1/chat/completions"
    headers = {"Origin": WEBVIEW, "Sec-Fetch-Site": "cross-site"}
    for stream in (False, True):
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, headers=headers, json={**CHAT, "stream": stream}) as answer,
        ):
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == WEBVIEW
            assert "x-bridge-notice" in answer.headers["Access-Control-Expose-Headers"]
            assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("origin", "status"),
    [(WEBVIEW, 204), ("https://app.example", 204), ("https://evil.example", 403)],
)
async def test_a_preflight_of_an_allowed_origin_is_answered(
    start_bridge: StartBridge, origin: str, status: int
) -> None:
    bridge = await start_bridge(backend="offline", allowed_origins=ORIGINS)
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
        "Access-Control-Request-Private-Network": "true",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.options(f"{bridge.url}/v1/chat/completions", headers=headers) as answer,
    ):
        assert answer.status == status
        if status == 204:
            assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
            assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
        else:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_by_default_no_origin_is_allowed(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Origin": "none", "Access-Control-Request-Method": "POST"}
    async with (
        aiohttp.ClientSession() as session,
        session.options(f"{bridge.url}/v1/chat/completions", headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_too_many_active_requests_are_rejected_with_retry_after(
    start_bridge: StartBridge,
) -> None:
    bridge = await start_bridge(backend="offline", max_streams=1)
    url = f"{bridge.url}/v1/chat/completions"
    long = {**CHAT, "stream": True, "messages": [{"role": "user", "content": "word " * 200}]}
    async with aiohttp.ClientSession() as session, session.post(url, json=long) as first:
        assert first.status == 200
        async with session.post(url, json=CHAT) as second:
            assert second.status == 503
            assert (await second.json())["error"]["code"] == "too_many_streams"
            assert second.headers["Retry-After"] == "1"
