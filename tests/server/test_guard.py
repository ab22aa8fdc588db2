"""Programs on this machine may call; web pages may not."""

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
        ({"Origin": "http://127.0.0.1:8000"}, 200),
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
async def test_a_post_that_needs_no_preflight_is_refused(
    start_bridge: StartBridge, kind: str
) -> None:
    bridge = await start_bridge(backend="offline")
    headers = {"Content-Type": kind}
    status, body = await post(bridge.url, "/v1/chat/completions", headers, data="{}")
    assert (status, body["error"]["code"]) == (415, "unsupported_media_type")
