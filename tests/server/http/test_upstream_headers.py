"""Clients get upstream's limits and ids under the names that they know, at every endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic.script import Drop, Reply, Text, rate_limited
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
CHAT: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
INPUT = {"model": MODEL, "input": "Hi"}
OPENAIS = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"model": MODEL, "prompt": "Hi"},
    "/v1/responses": INPUT,
}
COUNTS = {"/v1/responses/input_tokens": INPUT, "/v1/responses/compact": INPUT}


def make_headers() -> dict[str, str]:
    """Headers of an answer, with a limit that resets in six and a half minutes."""
    reset = datetime.now(UTC) + timedelta(minutes=6, seconds=30)
    return {"anthropic-ratelimit-requests-reset": reset.isoformat(timespec="seconds")}


async def post(
    bridge: Bridge, path: str, body: Any, headers: dict[str, str] | None = None
) -> tuple[int, CIMultiDict[str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}{path}", json=body, headers=headers) as answer,
    ):
        await answer.read()
        return answer.status, CIMultiDict(answer.headers)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", OPENAIS)
async def test_answers_have_rate_limits_in_openais_format(
    bridge: Bridge, fake: FakeAnthropic, path: str, stream: bool
) -> None:
    fake.script(Reply(headers=make_headers()))
    status, headers = await post(bridge, path, {**OPENAIS[path], "stream": stream})
    assert status == 200
    assert headers["x-ratelimit-limit-requests"] == "50"
    assert headers["x-ratelimit-remaining-requests"] == "49"
    assert headers["x-ratelimit-reset-requests"].startswith("6m")
    assert headers["x-ratelimit-limit-tokens"] == "80000"
    assert headers["x-ratelimit-remaining-tokens"] == "79000"
    assert not [name for name in headers if name.lower().startswith("anthropic-")]
    assert headers["x-upstream-request-id"].startswith("req_fake_")
    assert headers["x-request-id"] != headers["x-upstream-request-id"]


@pytest.mark.parametrize("path", COUNTS)
async def test_counts_and_summaries_have_them_too(bridge: Bridge, path: str) -> None:
    status, headers = await post(bridge, path, COUNTS[path])
    assert status == 200
    assert headers["x-ratelimit-remaining-requests"] == "49"


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/messages", {"max_tokens": 100}),
        ("/v1/messages", {"max_tokens": 100, "stream": True}),
        ("/v1/messages/count_tokens", {}),
    ],
)
async def test_anthropics_clients_get_the_headers_as_they_are(
    bridge: Bridge, fake: FakeAnthropic, path: str, more: dict[str, Any]
) -> None:
    status, headers = await post(bridge, path, {**CHAT, **more})
    assert status == 200
    assert headers["anthropic-ratelimit-requests-limit"] == "50"
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "60"
    assert headers["anthropic-ratelimit-tokens-reset"] == "2026-11-22T12:00:00Z"
    assert not [name for name in headers if name.lower().startswith("x-ratelimit")]
    # The id is the one that Anthropic's support knows; the bridge's log has both.
    assert headers["request-id"] == headers["x-upstream-request-id"]
    assert headers["request-id"].startswith("req_fake_")
    assert headers["x-request-id"] != headers["request-id"]


async def test_errors_have_the_same_headers_as_answers(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(rate_limited(30), rate_limited(30))
    status, headers = await post(bridge, "/v1/chat/completions", CHAT)
    assert (status, headers["retry-after"]) == (429, "30")
    assert headers["x-ratelimit-remaining-tokens"] == "0"
    assert headers["x-ratelimit-reset-tokens"] == "0s"
    status, headers = await post(bridge, "/v1/messages", {**CHAT, "max_tokens": 100})
    assert (status, headers["retry-after"]) == (429, "30")
    assert headers["anthropic-ratelimit-tokens-remaining"] == "0"
    assert headers["anthropic-ratelimit-tokens-reset"] == "2026-11-22T12:00:00Z"


async def test_an_answer_that_breaks_off_keeps_the_headers_of_its_beginning(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("one two three"),), fault=Drop(2)))
    status, headers = await post(bridge, "/v1/chat/completions", CHAT)
    assert (status, headers["x-ratelimit-remaining-requests"]) == (502, "49")
    assert headers["x-upstream-request-id"].startswith("req_fake_")


async def test_the_bridge_invents_no_limits(start_bridge: StartBridge) -> None:
    bridge = await start_bridge(backend="offline")
    for path, body in (
        *OPENAIS.items(),
        ("/v1/messages", {**CHAT, "max_tokens": 100}),
    ):
        status, headers = await post(bridge, path, {**body, "model": "bridge-echo"})
        assert status == 200
        assert not [name for name in headers if "ratelimit" in name or "upstream" in name]


async def test_pages_of_an_allowed_origin_can_read_them(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic", allowed_origins="https://app.example")
    origin = {"Origin": "https://app.example"}
    for stream in (False, True):
        _, headers = await post(bridge, "/v1/chat/completions", {**CHAT, "stream": stream}, origin)
        exposed = headers["Access-Control-Expose-Headers"].split(", ")
        assert {"x-request-id", "retry-after", "x-ratelimit-limit-tokens"} <= set(exposed)


async def test_input_tokens_are_counted_for_the_fast_mode_too(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    body = {**INPUT, "service_tier": "fast"}
    status, _ = await post(bridge, "/v1/responses/input_tokens", body)
    assert status == 200
    assert fake.requests[-1].body["speed"] == "fast"
