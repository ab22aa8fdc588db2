"""A recorded request is sent again with changes, and both answers are compared."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Failure, says
from tests.fake_anthropic.server import FakeAnthropic
from tests.server.api.inspect.test_exchanges import get, get_last

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("read", "write")
]
CHAT: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "messages": [{"role": "user", "content": "What is 2+2?"}],
    "tools": TOOLS,
    "temperature": 0.3,
}


@pytest.fixture
async def first(fake: FakeAnthropic, session: aiohttp.ClientSession) -> str:
    """The id of an exchange."""
    fake.script(says("It is four."))
    async with session.post("/v1/chat/completions", json=CHAT) as answer:
        assert answer.status == 200
    return str((await get_last(session))["id"])


async def send(session: aiohttp.ClientSession, path: str, changes: Any) -> tuple[int, Any]:
    async with session.post(path, json=changes) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"model": "claude-sonnet-5-5"}),
        ({"model": "claude-haiku-5-5"}, {"model": "claude-haiku-5-5"}),
        ({"effort": "low"}, {"output_config": {"effort": "low"}}),
        ({"model": "claude-haiku-4-5", "temperature": 0.25}, {"temperature": 0.25}),
        ({"backend": "anthropic"}, {"model": "claude-sonnet-5-5"}),
    ],
)
async def test_it_is_sent_with_the_changes(
    fake: FakeAnthropic,
    session: aiohttp.ClientSession,
    first: str,
    changes: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    fake.script(says("Four."))
    status, both = await send(session, f"/inspect/exchanges/{first}/again", changes)
    sent = fake.requests[-1]
    assert (status, sent.status) == (200, 200), both
    assert {name: sent.body.get(name) for name in expected} == expected
    assert [tool["name"] for tool in sent.body["tools"]] == ["read", "write"]
    assert (both["first"]["text"], both["again"]["text"]) == ("It is four.", "Four.")
    assert both["again"]["cost"] > 0
    assert both["again"]["output_tokens"] < both["first"]["output_tokens"] + 5
    detail = await get(session, f"/inspect/exchanges/{both['again']['id']}")
    assert (detail["via"], detail["repeats"]) == ("again", first)
    is_sent_as_it_is = "temperature: 0.25 is sent as it is" in str(detail)
    assert is_sent_as_it_is == ("temperature" in expected)


async def test_a_tool_is_left_out(
    fake: FakeAnthropic, session: aiohttp.ClientSession, first: str
) -> None:
    path = f"/inspect/exchanges/{first}/again"
    status, _ = await send(session, path, {"without_tool": "write"})
    assert status == 200
    assert [tool["name"] for tool in fake.requests[-1].body["tools"]] == ["read"]
    status, body = await send(session, path, {"without_tool": "delete"})
    assert (status, body["error"]["param"]) == (400, "without_tool")


async def test_a_refusal_is_shown_and_recorded(
    fake: FakeAnthropic, session: aiohttp.ClientSession, first: str
) -> None:
    fake.script(Failure(400, message="temperature: not while thinking"))
    status, body = await send(session, f"/inspect/exchanges/{first}/again", {"temperature": 0.9})
    assert status == 400
    assert "temperature" in body["error"]["message"]
    detail = await get_last(session)
    assert (detail["via"], detail["failed"], detail["status"]) == ("again", True, 400)
    assert '"temperature":0.9' in detail["calls"][-1]["body"]


async def test_the_estimate_counts_and_sends_nothing(
    fake: FakeAnthropic, session: aiohttp.ClientSession, first: str
) -> None:
    before = len(fake.requests)
    status, estimate = await send(
        session, f"/inspect/exchanges/{first}/estimate", {"model": "claude-haiku-5-5"}
    )
    assert status == 200
    assert estimate["input_tokens"] > 0
    assert 0 < estimate["cost"] < estimate["most"]
    assert f"The prompt has {estimate['input_tokens']} tokens." in estimate["words"]
    assert not [request for request in fake.requests[before:] if "max_tokens" in request.body]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/v1/embeddings", {"model": "x", "input": "Hi"}, "are not translated for Claude"),
        (
            "/v1/chat/completions",
            {**CHAT, "model": "nobody-knows-this"},
            "This request was not sent to Claude.",
        ),
        (
            "/v1/chat/completions",
            {"model": "default+computer", "messages": CHAT["messages"]},
            "was not sent to Claude",
        ),
    ],
)
async def test_what_is_not_sent_again(
    session: aiohttp.ClientSession, path: str, body: Any, reason: str
) -> None:
    async with session.post(path, json=body):
        pass
    id = (await get_last(session))["id"]
    for action in ("again", "estimate"):
        status, answer = await send(session, f"/inspect/exchanges/{id}/{action}", {})
        assert (status, reason in answer["error"]["message"]) == (400, True), answer


@pytest.mark.parametrize("action", ["again", "estimate"])
async def test_a_rejected_request_is_not_sent_again(
    session: aiohttp.ClientSession, action: str
) -> None:
    async with session.post("/v1/chat/completions", json=CHAT, headers={"Host": "a.example"}):
        id = (await get_last(session))["id"]
    status, answer = await send(session, f"/inspect/exchanges/{id}/{action}", {})
    reason = "This request was refused before its body was read."
    assert (status, answer["error"]["message"]) == (400, reason)


async def test_the_control_token_is_needed(bridge: Bridge, fake: FakeAnthropic, first: str) -> None:
    before = len(fake.requests)
    async with aiohttp.ClientSession(bridge.url) as stranger:
        for action in ("again", "estimate"):
            status, _ = await send(stranger, f"/inspect/exchanges/{first}/{action}", {})
            assert status == 403
        async with stranger.get(f"/inspect/exchanges/{first}/case") as answer:
            assert answer.status == 403
    assert len(fake.requests) == before
