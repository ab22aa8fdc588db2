"""No response with content may be stored by a cache; only the pages' own files may."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp

from bridge.server.api.routes import ENDPOINTS
from bridge.server.state import Bridge
from tests.fake_anthropic import oddities
from tests.fake_anthropic.server import FakeAnthropic

NO_STORE = "no-store"


async def test_every_endpoint_forbids_storing(bridge: Bridge) -> None:
    async with aiohttp.ClientSession() as session:
        for endpoint in ENDPOINTS:
            headers = {"Authorization": f"Bearer {bridge.control_token}"}
            url = bridge.url + endpoint.path.replace("{name}", "dashboard.css")
            if endpoint.path in ("/control/stop", "/control/restart", "/control/login"):
                continue
            body = endpoint.example if endpoint.method == "POST" else None
            async with session.request(
                endpoint.method, url, json=body, headers=headers, allow_redirects=False
            ) as response:
                found = response.headers["Cache-Control"]
            expected = "no-cache" if endpoint.path.startswith("/assets/") else NO_STORE
            assert found == expected, (endpoint.method, endpoint.path)


async def test_streams_and_errors_forbid_it_too(bridge: Bridge, fake: FakeAnthropic) -> None:
    chat = {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": "Hi"}]}
    messages = {**chat, "max_tokens": 9}
    async with aiohttp.ClientSession() as session:
        for raw in (None, oddities.http("429 Slow down", oddities.LIMITED)):
            fake.everywhere = raw
            for path, body in (
                ("/v1/chat/completions", chat),
                ("/v1/messages", messages),
                ("/v1/responses", {"model": "claude-opus-5-5", "input": "Hi"}),
                ("/v1/completions", {"model": "claude-opus-5-5", "prompt": "Hi"}),
                ("/v1/unknown", {}),
            ):
                sent = {**body, "stream": True}
                async with session.post(bridge.url + path, json=sent) as response:
                    await response.read()
                    assert response.headers["Cache-Control"] == NO_STORE, path
        async with session.put(f"{bridge.url}/v1/models") as response:
            assert (response.status, response.headers["Cache-Control"]) == (405, NO_STORE)
        async with session.post(f"{bridge.url}/v1/chat/completions", data="{") as response:
            assert (response.status, response.headers["Cache-Control"]) == (415, NO_STORE)
        async with session.ws_connect(f"{bridge.url}/v1/responses") as socket:
            assert socket._response.headers["Cache-Control"] == NO_STORE


async def test_what_is_not_http_forbids_it_too(bridge: Bridge) -> None:
    address = urlsplit(bridge.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"GET / HTTP/1.1\r\nbroken\x00header\r\n\r\n")
    assert b"cache-control: no-store" in (await reader.read()).lower()
    writer.close()
