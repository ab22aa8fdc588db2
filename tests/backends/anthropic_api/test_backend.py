"""Warming up makes what all requests share, and sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from bridge.backends.anthropic_api.backend import MessagesApiBackend
from bridge.backends.anthropic_api.transport import DirectSender
from bridge.errors import NotSignedIn
from bridge.keys import NamedKey
from bridge.wire.messages import MessagesRequest
from tests.fake_anthropic.script import says
from tests.fake_anthropic.server import FakeAnthropic

HI = MessagesRequest(
    model="claude-opus-5-5",
    max_tokens=100,
    messages=({"role": "user", "content": [{"type": "text", "text": "Hi"}]},),
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[DirectSender]:
    """Each has a pool of connections of its own, and reads the certificates from disk."""
    found: list[DirectSender] = []
    really = DirectSender.__init__

    def noted(self: DirectSender, *given: Any) -> None:
        found.append(self)
        really(self, *given)

    monkeypatch.setattr(DirectSender, "__init__", noted)
    return found


@asynccontextmanager
async def backend_with(
    secret: str, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MessagesApiBackend]:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    backend = MessagesApiBackend(5.0, lambda part, type: None, NamedKey("work", secret))
    try:
        yield backend
    finally:
        await backend.close()


async def first_event(backend: MessagesApiBackend) -> str:
    async with aclosing(await backend.open(HI)) as stream:
        return (await anext(aiter(stream)))[0]["type"]


async def test_a_warm_backend_makes_no_sender_for_the_first_request(
    fake: FakeAnthropic, made: list[DirectSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with backend_with("sk-ant-test", fake, monkeypatch) as backend:
        await backend.warm()
        assert len(made) == 1
        assert fake.requests == []
        fake.script(says("Hello."))
        assert await first_event(backend) == "message_start"
        assert len(made) == 1


async def test_one_sender_is_made_for_concurrent_requests(
    fake: FakeAnthropic, made: list[DirectSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with backend_with("sk-ant-test", fake, monkeypatch) as backend:
        fake.script(says("Hello."), says("Hello."))
        await asyncio.gather(first_event(backend), backend.warm(), first_event(backend))
        assert len(made) == 1


async def test_a_key_that_cannot_be_sent_fails_the_request_and_not_the_warm_up(
    fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with backend_with("sk-ant-test\n", fake, monkeypatch) as backend:
        await backend.warm()
        with pytest.raises(NotSignedIn, match="control character"):
            await first_event(backend)
    assert fake.requests == []
