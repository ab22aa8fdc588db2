"""The resilient backend over HTTP: retries, breakers, several keys, and what is reported."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from bridge.backends.anthropic_api.backend import MessagesApiBackend
from bridge.backends.base import EventStream
from bridge.errors import RateLimited
from bridge.keys import KeyChain, Keys, NamedKey
from bridge.resilience.backend import ResilientBackend, Route
from bridge.resilience.policy import RetryPolicy
from bridge.server.state import Bridge
from bridge.settings import find_paths
from bridge.wire.messages import MessagesRequest
from tests.conftest import StartBridge
from tests.fake_anthropic.script import (
    Drop,
    Failure,
    Reply,
    Text,
    overloaded,
    rate_limited,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture(autouse=True)
def upstream(fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")


async def keep(*secrets: str) -> None:
    keys = tuple(NamedKey(f"k{number}", secret) for number, secret in enumerate(secrets, 1))
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(anthropic=keys))


async def ask(bridge: Bridge, **more: Any) -> Any:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        return await client.chat.completions.with_raw_response.create(
            **{"model": "default", "messages": HI, **more}
        )


def said(raw: Any) -> str:
    return str(raw.parse().choices[0].message.content)


def posts(fake: FakeAnthropic) -> list[int | None]:
    return [request.status for request in fake.requests if request.method == "POST"]


@pytest.mark.parametrize(
    "failure", [Failure(500), overloaded(), rate_limited(0), Failure(529), Failure(408)]
)
async def test_a_transient_failure_is_retried_unseen(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic, failure: Failure
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=2)
    fake.script(failure, says("Fine."))
    assert said(await ask(bridge)) == "Fine."
    assert posts(fake) == [failure.status, 200]


async def test_the_last_failure_is_reported_when_retries_run_out(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=1)
    fake.script(overloaded(), overloaded(), says("Too late."))
    with pytest.raises(openai.InternalServerError) as caught:
        await ask(bridge)
    assert caught.value.code == "overloaded"
    assert posts(fake) == [529, 529]


async def test_a_wait_that_is_too_long_is_passed_on_to_the_client(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=5, retry_seconds=3)
    fake.script(rate_limited(20))
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    assert caught.value.response.headers["retry-after"] == "20"
    assert posts(fake) == [429]


async def test_an_answer_that_has_begun_is_not_retried(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=5)
    fake.script(Reply((Text("one two three"),), fault=Drop(2)), says("Again."))
    with pytest.raises(openai.InternalServerError):
        await ask(bridge)
    assert posts(fake) == [200]


async def test_the_breaker_opens_after_failures_in_a_row(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=0)
    fake.script(*[Failure(500)] * 5)
    for _ in range(5):
        with pytest.raises(openai.InternalServerError):
            await ask(bridge)
    with pytest.raises(
        openai.InternalServerError, match="After several failures in a row"
    ) as caught:
        await ask(bridge)
    assert caught.value.status_code == 502, "what upstream said last is kept"
    assert "fake 500" in str(caught.value)
    assert caught.value.response.headers["retry-after"] == "10", "rounded up"
    assert len(posts(fake)) == 5
    (route,) = bridge.selection.list_routes("anthropic")
    assert route.breaker == "open"
    fake.script(says("Another model."))
    assert said(await ask(bridge, model="claude-haiku-5-5")) == "Another model."


@pytest.mark.parametrize("busy", [overloaded(), rate_limited(6), Failure(401), Failure(400)])
async def test_a_busy_upstream_or_a_refusal_opens_no_breaker(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic, busy: Failure
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=0)
    fake.script(*[busy] * 6, says("Here again."))
    for _ in range(6):
        with pytest.raises(openai.APIStatusError):
            await ask(bridge)
    assert said(await ask(bridge)) == "Here again."


async def test_a_request_that_was_tried_often_counts_once(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=4)
    backend = bridge.selection._backends["anthropic"]
    assert isinstance(backend, ResilientBackend)
    backend._policy = RetryPolicy(attempts=5, base_seconds=0.01)
    fake.script(*[Failure(500)] * 5, says("Fine."))
    with pytest.raises(openai.InternalServerError):
        await ask(bridge)
    assert len(posts(fake)) == 5
    assert said(await ask(bridge)) == "Fine."


async def test_a_bad_request_opens_no_breaker(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", retries=0)
    fake.script(*[Failure(400)] * 7)
    for _ in range(7):
        with pytest.raises(openai.BadRequestError):
            await ask(bridge)
    assert said(await ask(bridge)) == "Hello from the fake upstream."


@pytest.mark.parametrize("failure", [Failure(401), Failure(402), rate_limited(30)])
async def test_another_key_replaces_a_rejected_or_limited_one(
    start_bridge: StartBridge, fake: FakeAnthropic, failure: Failure
) -> None:
    fake.keys = ("sk-ant-first-key", "sk-ant-second-key")
    await keep("sk-ant-first-key", "sk-ant-second-key")
    bridge = await start_bridge(backend="anthropic")
    fake.script(failure)
    for _ in range(2):
        assert said(await ask(bridge)) == "Hello from the fake upstream."
    used = [r.headers["authorization"][-10:] for r in fake.requests if r.method == "POST"]
    assert used == ["-first-key", "second-key", "second-key"]
    first, second = bridge.selection.list_routes("anthropic")
    assert (first.label, first.free_in > 0, second.free_in) == ("key k1", True, 0)


async def test_with_all_keys_limited_the_shortest_wait_is_reported(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await keep("sk-ant-test", "sk-ant-test")
    bridge = await start_bridge(backend="anthropic")
    fake.script(rate_limited(50), rate_limited(20))
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    assert caught.value.response.headers["retry-after"] == "20"
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    assert caught.value.response.headers["retry-after"] in ("19", "20")
    assert len(posts(fake)) == 2


ODD_WAITS = (
    *("inf", "-inf", "nan", "-5", "", "soon", "1e400", "9" * 400, "0x10", "\xff"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Wed, 99 Foo 2026"),
    *("999999999999", "12345678901234567890", "5, soon", ",,"),
)
"""Values of `Retry-After` that say nothing, or something impossible."""


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms", "anthropic-ratelimit-x"])
async def test_an_impossible_wait_closes_no_key_for_long(
    start_bridge: StartBridge, fake: FakeAnthropic, name: str
) -> None:
    await keep("sk-ant-test", "sk-ant-test")
    bridge = await start_bridge(backend="anthropic")
    resets = ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-limit")
    names = resets if name.startswith("anthropic") else (name,)
    backend = bridge.selection._backends["anthropic"]
    assert isinstance(backend, ResilientBackend)
    for value in ODD_WAITS:
        for route in backend._routes:
            route.quarantined_until, route.refusals = 0.0, 0
        fake.script(*[Failure(429, headers=dict.fromkeys(names, value))] * 2)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(bridge)
        waits = [caught.value.response.headers.get("retry-after", "0")]
        async with AsyncOpenAI(base_url=bridge.url, api_key="x") as client:
            health = await client.get("/health", cast_to=object)
        text = json.dumps(health, allow_nan=False)
        waits += [str(route["free_in"]) for route in json.loads(text)["routes"]]
        assert all(0 <= float(wait) <= 2 for wait in waits), (value, waits)


async def test_keys_with_a_wait_of_no_time_do_not_take_turns_for_ever(
    start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await keep("sk-ant-test", "sk-ant-test")
    bridge = await start_bridge(backend="anthropic", retries=1)
    fake.script(*[rate_limited(0.000_001)] * 40)
    with pytest.raises(openai.RateLimitError):
        await ask(bridge)
    assert len(posts(fake)) <= 4


async def test_a_unix_time_is_waited_for(start_bridge: StartBridge, fake: FakeAnthropic) -> None:
    await keep("sk-ant-test", "sk-ant-test")
    bridge = await start_bridge(backend="anthropic")
    moment = str(int(time.time()) + 20)
    fake.script(*[Failure(429, headers={"retry-after": moment})] * 2)
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    assert 18 <= int(caught.value.response.headers["retry-after"]) <= 21


async def test_the_environments_key_comes_first(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    await keep("sk-ant-kept")
    bridge = await start_bridge(backend="anthropic")
    await ask(bridge)
    assert fake.requests[-1].headers["authorization"] == "Bearer sk-ant-test"
    labels = [route.label for route in bridge.selection.list_routes("anthropic")]
    assert labels == ["the environment's key", "key k1"]


async def test_a_fallback_model_answers_only_if_it_is_set(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic", fallback_model="claude-haiku-5-5")
    fake.script(overloaded())
    raw = await ask(bridge, model="claude-opus-5-5")
    assert raw.parse().model == "claude-haiku-5-5"
    assert raw.headers["x-bridge-notice"] == (
        "model: claude-opus-5-5 failed (overloaded); claude-haiku-5-5 answers"
    )
    assert fake.requests[-1].body["model"] == "claude-haiku-5-5"
    (row,) = await bridge.ledger.list_recent(1)
    assert row.model == "claude-haiku-5-5", "its price is in the ledger"


async def test_a_fallback_backend_answers_only_if_it_is_set(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    bridge = await start_bridge(backend="claude-code", fallback_backend="anthropic")
    fake.script(overloaded())
    raw = await ask(bridge)
    assert raw.headers["x-bridge-notice"] == (
        "backend: claude-code failed (overloaded); anthropic answers"
    )
    assert fake.requests[-1].headers["authorization"] == "Bearer sk-ant-test"


async def test_rate_limits_have_openais_header_names(
    key: None, start_bridge: StartBridge, fake: FakeAnthropic
) -> None:
    bridge = await start_bridge(backend="anthropic")
    fake.script(rate_limited(30))
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(bridge)
    headers = caught.value.response.headers
    assert headers["x-ratelimit-limit-requests"] == "50"
    assert headers["x-ratelimit-remaining-tokens"] == "0"
    assert headers["x-ratelimit-reset-requests"] == "0s"


async def test_keys_whose_quarantine_ends_at_once_are_each_tried_once() -> None:
    """Time passes while a failure is handled, here more than the milliseconds of the wait."""
    backends = [LimitedBackend(), LimitedBackend()]
    routes = [Route(f"key {at}", backend) for at, backend in enumerate(backends)]

    async def load_routes() -> Sequence[Route]:
        return routes

    ticks = itertools.count()
    policy = RetryPolicy(attempts=1)
    backend = ResilientBackend("anthropic", load_routes, policy, lambda: float(next(ticks)))
    with pytest.raises(RateLimited):
        await backend.open(MessagesRequest("claude-opus-5-5", 10, ()))
    assert [backend.opened for backend in backends] == [1, 1]


class LimitedBackend(MessagesApiBackend):
    """A key that is limited for a millisecond."""

    def __init__(self) -> None:
        super().__init__(1.0, lambda kind, name: None)
        self.opened = 0

    async def open(self, request: MessagesRequest) -> EventStream:
        self.opened += 1
        raise RateLimited("Too many requests.", headers={"retry-after": "0.001"})
