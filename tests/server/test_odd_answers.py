"""What is not an answer of Claude's API has an error with its own name, at every endpoint."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from bridge.errors import list_errors
from bridge.server.state import Bridge
from tests.conftest import StartBridge
from tests.fake_anthropic import oddities
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
HI = [{"role": "user", "content": "Hi"}]
REQUESTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"messages": HI}),
    "chat twice": ("/v1/chat/completions", {"messages": HI, "n": 2}),
    "completions": ("/v1/completions", {"prompt": "Hi"}),
    "responses": ("/v1/responses", {"input": "Hi", "store": False}),
    "messages": ("/v1/messages", {"messages": HI, "max_tokens": 100}),
}
NAMES = {kind.code: kind for kind in list_errors()}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        yield client


@pytest.fixture
async def bridge(
    fake: FakeAnthropic, start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> Bridge:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    # Requests must not affect each other here; the circuit breaker has its own tests.
    monkeypatch.setattr(
        "bridge.resilience.policy.CircuitBreaker.record_failure",
        lambda *_: None,
    )
    bridge = await start_bridge(backend="anthropic", upstream_silence_seconds=5)
    await bridge.selection.warm_active()
    return bridge


async def ask(
    session: aiohttp.ClientSession, bridge: Bridge, path: str, body: dict[str, Any]
) -> tuple[int, str]:
    async with session.post(bridge.url + path, json={"model": MODEL, **body}) as response:
        return response.status, await response.text()


@pytest.mark.parametrize("request_name", REQUESTS)
async def test_a_wrong_answer_has_a_name(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession, request_name: str
) -> None:
    path, body = REQUESTS[request_name]
    for name, (raw, code) in oddities.WRONG.items():
        fake.everywhere = raw
        for stream in (False, True):
            status, text = await ask(session, bridge, path, {**body, "stream": stream})
            assert status >= 400, (name, text)
            error = json.loads(text)["error"]
            if path == "/v1/messages":
                assert error["type"] == NAMES[code].anthropic_type, (name, text)
            else:
                assert (error["code"], status) == (code, NAMES[code].status), (name, text)
            assert "connect to Claude's API at" not in error["message"], name
            assert error["message"].isprintable(), name


@pytest.mark.parametrize("request_name", REQUESTS)
async def test_an_odd_but_complete_answer_is_right(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession, request_name: str
) -> None:
    path, body = REQUESTS[request_name]
    for name, raw in oddities.RIGHT.items():
        fake.everywhere = raw
        for stream in (False, True):
            status, text = await ask(session, bridge, path, {**body, "stream": stream})
            assert (status, "H\\u00e9." in text or "Hé." in text) == (200, True), (name, text)


async def test_a_count_of_tokens_fails_with_a_name(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    # A count is no stream.
    otherwise = {
        "json": "upstream_unrecognized",
        "json_as_stream": "upstream_unrecognized",
    }
    for name, (raw, code) in oddities.WRONG.items():
        fake.everywhere = raw
        status, text = await ask(session, bridge, "/v1/responses/input_tokens", {"input": "Hi"})
        assert status >= 400
        assert json.loads(text)["error"]["code"] == otherwise.get(name, code), (name, text)


async def test_the_list_of_models_survives_everything(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    for raw in [*oddities.RIGHT.values(), *(raw for raw, _ in oddities.WRONG.values())]:
        fake.everywhere = raw
        bridge.catalogue._until = 0.0
        async with session.get(f"{bridge.url}/v1/models") as response:
            assert response.status == 200
            assert MODEL in [model["id"] for model in (await response.json())["data"]]


async def test_a_redirect_does_not_take_the_key_along(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    async with FakeAnthropic() as stranger:
        for status in (301, 302, 303, 307, 308):
            fake.everywhere = oddities.http(
                f"{status} Moved", location=f"{stranger.url}/v1/messages"
            )
            status, text = await ask(session, bridge, *REQUESTS["chat"])
            assert (status, json.loads(text)["error"]["code"]) == (502, "upstream_redirected")
            await ask(session, bridge, "/v1/responses/input_tokens", {"input": "Hi"})
        assert stranger.requests == []


ODD_LISTS = (
    b"null",
    b'{"data": null}',
    b'{"data": [null, 7, {}, {"id": 7}, {"id": ""}, {"id": "a b"}]}',
    b'{"data": [], "has_more": true, "last_id": "x"}',
    b'{"data": [{"id": "claude-x"}], "has_more": true, "last_id": "claude-x"}',
    b'{"data": [{"id": "claude-x", "created_at": 7, "max_tokens": "9", "capabilities": [],'
    b' "lifecycle": null, "display_name": {}, "max_input_tokens": -1}]}',
    b'{"data": [{"id": "claude-x", "created_at": "9999-99-99", "max_tokens": 1e999, '
    b'"capabilities": {"effort": null, "thinking": {"types": []}, "structured_outputs": 1}}]}',
)


async def test_an_odd_list_of_models_is_read_as_far_as_it_goes(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    for data in ODD_LISTS:
        fake.everywhere = oddities.http("200 OK", data, content_type="application/json")
        bridge.catalogue._source = None
        async with session.get(f"{bridge.url}/v1/models") as response:
            ids = [model["id"] for model in (await response.json())["data"]]
        assert response.status == 200
        assert ("claude-x" in ids) is (b"claude-x" in data), data


async def test_a_count_without_a_number_is_no_count(
    fake: FakeAnthropic, bridge: Bridge, session: aiohttp.ClientSession
) -> None:
    for count in ("{}", '{"input_tokens": null}', '{"input_tokens": "9"}', '{"input_tokens": -1}'):
        fake.everywhere = oddities.http("200 OK", count.encode(), content_type="application/json")
        status, text = await ask(session, bridge, "/v1/responses/input_tokens", {"input": "Hi"})
        assert (status, json.loads(text)["error"]["code"]) == (502, "upstream_unrecognized")
