"""Which backend is selected, and how that is reported."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from bridge.backends.base import Readiness
from bridge.backends.echo import EchoBackend
from bridge.backends.selection import BackendSelection
from bridge.errors import NotSignedIn
from bridge.server.state import Bridge
from bridge.wire.control import Switches
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Failure, says
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture(autouse=True)
def upstream(fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)


def sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")


async def ask(bridge: Bridge, **more: Any) -> Any:
    async with AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="x", max_retries=0) as client:
        return await client.chat.completions.with_raw_response.create(
            **{"model": "default", "messages": HI, **more}
        )


async def test_auto_prefers_a_sign_in_over_a_key(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    bridge = await start_bridge()
    status = await bridge.selection.get_status()
    assert (status.active, status.reason) == (
        "claude-code",
        "signed in to Claude Code (oauth_token)",
    )
    await ask(bridge)
    assert fake.requests[-1].headers["authorization"] == "Bearer sk-ant-oat01-made-up"


async def test_auto_takes_the_key_without_a_sign_in(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    bridge = await start_bridge()
    assert (await bridge.selection.get_status()).active == "anthropic"
    await ask(bridge)
    assert fake.requests[-1].headers["authorization"] == "Bearer sk-ant-test"


async def test_without_sign_in_and_key_both_hints_are_shown(start_bridge: StartBridge) -> None:
    bridge = await start_bridge()
    with pytest.raises(openai.AuthenticationError) as caught:
        await ask(bridge)
    assert "claude-bridge login" in caught.value.message
    assert "ANTHROPIC_API_KEY" in caught.value.message
    assert "bridge-echo" in caught.value.message


async def test_a_rejected_key_falls_back_to_claude_code_with_a_notice(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-revoked")
    bridge = await start_bridge(backend="anthropic")
    fake.default = says("From Claude Code.")
    raw = await ask(bridge)
    assert raw.parse().choices[0].message.content == "From Claude Code."
    assert raw.headers["x-bridge-notice"] == (
        "backend: Anthropic rejected the API key; Claude Code answers"
    )


async def test_a_rejected_key_is_an_error_without_a_sign_in(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-revoked")
    bridge = await start_bridge(backend="anthropic")
    with pytest.raises(openai.AuthenticationError, match="rejected the API key"):
        await ask(bridge)


async def test_a_sign_in_that_is_accepted_again_meanwhile_is_used() -> None:
    class Changing(EchoBackend):
        """Rejected at the first look; another request has shown by the second that it works."""

        looks = 0

        async def readiness(self) -> Readiness:
            self.looks += 1
            return Readiness(self.looks > 1, "refused", is_rejected=self.looks == 1)

    changing = Changing()
    switches = Switches(model="claude-opus-5-5", backend="claude-code")
    selection = BackendSelection({"claude-code": changing}, switches)
    assert await selection.select_for_model("claude-opus-5-5") is changing
    changing.looks = 0
    assert await selection.select_for_listing() is changing


async def test_a_rejected_sign_in_never_falls_back_to_the_key(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "expired")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    bridge = await start_bridge()
    with pytest.raises(openai.AuthenticationError, match="claude-bridge login"):
        await ask(bridge)
    keys = {request.headers.get("authorization") for request in fake.requests}
    assert "Bearer sk-ant-test" not in keys


async def test_a_sign_in_that_is_lost_never_leads_to_the_key_by_itself() -> None:
    class Leaving(EchoBackend):
        is_signed_in = True

        async def readiness(self) -> Readiness:
            return Readiness(self.is_signed_in, "not signed in", "Sign in.")

    subscription, key = Leaving(), EchoBackend()
    switches = Switches(model="claude-opus-5-5", backend="auto")
    selection = BackendSelection({"claude-code": subscription, "anthropic": key}, switches)
    subscription.is_signed_in = False
    assert await selection.select_for_model("claude-opus-5-5") is key, "there never was one"
    subscription.is_signed_in = True
    assert await selection.select_for_model("claude-opus-5-5") is subscription
    subscription.is_signed_in = False
    with pytest.raises(NotSignedIn, match="An API key costs money"):
        await selection.select_for_model("claude-opus-5-5")
    assert (await selection.get_status()).active is None
    subscription.is_signed_in = True
    assert await selection.select_for_model("claude-opus-5-5") is subscription
    subscription.is_signed_in = False
    switches.backend = "anthropic"
    assert await selection.select_for_model("claude-opus-5-5") is key, "the user's choice"
    switches.backend = "auto"
    selection.forget_subscription()
    assert await selection.select_for_model("claude-opus-5-5") is key


async def test_spares_exist_only_while_claude_code_is_active(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch)
    bridge = await start_bridge()
    switched: Any = bridge.selection._backends["claude-code"]
    resilient: Any = await switched.find_route("default")
    (route,) = await resilient._get_routes()
    pool = route.backend._pool
    for backend, spares in (("claude-code", 1), ("offline", 0), ("auto", 1)):
        bridge.switches.backend = backend  # type: ignore[assignment]  # each is a name
        bridge.start_warm_up()
        async with asyncio.timeout(30):
            while pool.spares != spares:
                await asyncio.sleep(0.02)


async def test_the_note_on_personal_use_is_logged_once(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(monkeypatch)
    with caplog.at_level(logging.INFO):
        bridge = await start_bridge()
        await bridge.selection.warm_active()
        await bridge.selection.warm_active()
    said = [r.message for r in caplog.records if "your own subscription" in r.message]
    assert len(said) == 1


async def test_parameters_that_claude_code_cannot_send_get_a_notice(
    claude_code: Bridge, fake: FakeAnthropic
) -> None:
    chat: Any = [
        {"role": "user", "content": "Write."},
        {"role": "system", "content": "In verse."},
        {"role": "assistant", "content": "Roses are"},
    ]
    raw = await ask(claude_code, model="claude-haiku-4-5", messages=chat)
    assert "does not support prefill" in raw.headers["x-bridge-notice"]
    sent_texts = [m["content"][0]["text"] for m in fake.requests[-1].body["messages"][:2]]
    assert sent_texts == ["Write.", "Roses are"]
    noted = fake.requests[-1].body["messages"][0]["content"][1]["text"]
    assert noted == "[system note] In verse."


@pytest.mark.parametrize("stream", [False, True])
async def test_a_subscription_limit_says_when_it_ends(
    claude_code: Bridge, fake: FakeAnthropic, stream: bool
) -> None:
    headers = {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": str(int(time.time()) + 3600),
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
    }
    fake.script(Failure(429, message="usage limit", headers=headers))
    with pytest.raises(openai.RateLimitError, match="5-hour limit") as caught:
        await ask(claude_code, stream=stream)
    assert 3500 < int(caught.value.response.headers["retry-after"]) <= 3600
