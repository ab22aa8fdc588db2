"""A chain of fallbacks: each step is taken for its reasons, and the notice says what failed."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from bridge.keys import KeyChain, Keys, NamedKey
from bridge.server.state import Bridge
from bridge.settings import find_paths
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, overloaded, rate_limited
from tests.fake_anthropic.server import FakeAnthropic

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-5-5"
FAR = 3600
"""Seconds of a limit that nobody waits for."""


@pytest.fixture(autouse=True)
def upstream(fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    fake.keys = ("sk-ant-home", "sk-ant-work")


async def save_keys() -> None:
    names = ("home", "work")
    keys = tuple(NamedKey(name, f"sk-ant-{name}") for name in names)
    await asyncio.to_thread(KeyChain(find_paths().data).save, Keys(anthropic=keys))


async def ask(bridge: Bridge) -> tuple[str, str]:
    """Return the model that answered, and the notice."""
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        messages: Any = [{"role": "user", "content": "Hi"}]
        raw = await client.chat.completions.with_raw_response.create(model=OPUS, messages=messages)
        return raw.parse().model, raw.headers.get("x-bridge-notice", "")


async def test_a_limited_subscription_goes_to_the_key_that_the_chain_names(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    chain = ("anthropic:work when limited",)
    bridge = await start_bridge(backend="claude-code", fallback=chain)
    fake.script(rate_limited(FAR))
    assert await ask(bridge) == (
        OPUS,
        "backend: claude-code failed (rate_limit_exceeded); anthropic (key work) answers",
    )
    assert fake.requests[-1].headers["authorization"] == "Bearer sk-ant-work"


async def test_without_a_step_for_its_reason_a_failure_is_reported(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    chain = ("anthropic:work when limited",)
    bridge = await start_bridge(backend="claude-code", fallback=chain, retries=0)
    fake.script(overloaded())
    with pytest.raises(openai.InternalServerError):
        await ask(bridge)


async def test_the_chain_goes_on_and_names_all_that_failed(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    chain = ("anthropic:work", f"model:{HAIKU}")
    bridge = await start_bridge(backend="claude-code", fallback=chain, retries=0)
    fake.script(rate_limited(FAR), overloaded())
    assert await ask(bridge) == (
        HAIKU,
        f"model: {OPUS} failed (rate_limit_exceeded), {OPUS} failed (overloaded); {HAIKU} answers",
    )
    assert fake.requests[-1].headers["authorization"].startswith("Bearer sk-ant-oat01")


async def test_the_chains_last_failure_is_reported(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    bridge = await start_bridge(backend="claude-code", fallback=(f"model:{HAIKU}",), retries=0)
    fake.script(overloaded(), rate_limited(FAR))
    with pytest.raises(openai.RateLimitError):
        await ask(bridge)


async def test_a_key_that_is_not_there_is_passed_over(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    chain = ("anthropic:gone", "anthropic:home")
    bridge = await start_bridge(backend="claude-code", fallback=chain, retries=0)
    fake.script(Failure(529))
    _, notice = await ask(bridge)
    assert notice == "backend: claude-code failed (overloaded); anthropic (key home) answers"


async def test_the_chain_does_not_leave_the_backend_and_the_price_of_a_rule(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    rule = {"name": "Paid", "backend": "anthropic", "max_price": 20}
    chain = ("claude-code", "model:claude-fable-5", "anthropic:work", f"model:{HAIKU}")
    bridge = await start_bridge(backend="claude-code", fallback=chain, rules=[rule])
    fake.script(overloaded(), overloaded())
    _, notice = await ask(bridge)
    words = f"model: {OPUS} failed (overloaded), {OPUS} failed (overloaded); {HAIKU} answers"
    assert notice == words
    keys = [request.headers["authorization"] for request in fake.requests]
    assert not [key for key in keys if "oat01" in key]
    assert {body["model"] for body in fake.bodies()} <= {OPUS, HAIKU}


async def test_the_chain_begins_if_no_backend_is_ready(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLAUDE_CODE_OAUTH_TOKEN")
    await save_keys()
    chain = (f"model:{HAIKU}", "anthropic when refused-key")
    bridge = await start_bridge(backend="claude-code", fallback=chain)
    assert await ask(bridge) == (
        OPUS,
        "backend: claude-code failed (not_signed_in); anthropic answers",
    )


async def test_a_subscription_never_goes_to_a_key_without_a_chain(
    fake: FakeAnthropic, start_bridge: StartBridge
) -> None:
    await save_keys()
    bridge = await start_bridge(backend="auto", retries=0)
    fake.script(rate_limited(FAR))
    with pytest.raises(openai.RateLimitError):
        await ask(bridge)
    assert len(fake.requests) == 1
