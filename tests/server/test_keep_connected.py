"""With the profile `fast`, a connection to Claude is open before the first request."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.wire.routing.rule import parse_rules
from tests.conftest import StartBridge
from tests.fake_anthropic.server import FakeAnthropic

DICTATION = {"name": "Dictation", "client": "handy*", "profile": "fast"}
CHAT: Any = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "Correct this dictation."},
        {"role": "user", "content": "so uhm hello"},
    ],
}


class Upstream(FakeAnthropic):
    """The fake, which remembers the connection of each request, also of those without a key."""

    def application(self) -> web.Application:
        self.used: list[tuple[str, str, int]] = []
        self.opened = asyncio.Event()
        app = super().application()
        app.middlewares.insert(0, self._note_connection)
        return app

    @web.middleware
    async def _note_connection(self, request: web.Request, handler: Any) -> web.StreamResponse:
        port = request.transport.get_extra_info("peername")[1] if request.transport else 0
        self.used.append((request.method, request.headers.get("authorization", ""), port))
        if request.method == "HEAD":
            self.opened.set()
        response: web.StreamResponse = await handler(request)
        return response


@pytest.fixture
def fake() -> FakeAnthropic:
    return Upstream()


async def test_the_first_request_needs_no_new_connection(
    start_anthropic: StartBridge, fake: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
        bridge = await start_anthropic(profile="fast")
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            await fake.opened.wait()
            async with session.post(f"{bridge.url}/v1/chat/completions", json=CHAT) as answer:
                assert answer.status == 200
                notice = answer.headers["x-bridge-notice"]
                assert (await answer.json())["model"] == "claude-haiku-5-5"
        assert fake.used[-1][2] in {port for _, _, port in fake.used[:-1]}
        # Without the key: it is sent where it is needed.
        assert {key for method, key, _ in fake.used if method == "HEAD"} == {""}
        (body,) = fake.bodies()
    assert notice == (
        "model: claude-haiku-5-5 is used instead of gpt-4o (rule \\u201csetting profile\\u201d); "
        "effort: the rule \\u201csetting profile\\u201d asks for none"
    )
    assert body["thinking"] == {"type": "disabled"}
    marker = {"type": "ephemeral"}
    assert body["system"] == [
        {"type": "text", "text": "Correct this dictation.", "cache_control": marker}
    ]
    assert "cache_control" not in body


async def test_a_rule_that_is_saved_later_opens_one_too(
    start_anthropic: StartBridge, fake: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.server.keep_connected.SECONDS", 0.02)
    async with fake:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
        bridge = await start_anthropic()
        assert not fake.opened.is_set()
        await asyncio.to_thread(bridge.routing.save, parse_rules([DICTATION]))
        async with asyncio.timeout(30):
            await fake.opened.wait()


async def test_an_upstream_that_cannot_be_reached_is_tried_again(
    start_anthropic: StartBridge, fake: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.server.keep_connected.SECONDS", 0.02)
    async with fake:
        port = int(fake.url.rpartition(":")[2])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    await start_anthropic(profile="fast")
    async with Upstream(port=port) as back, asyncio.timeout(30):
        await back.opened.wait()
