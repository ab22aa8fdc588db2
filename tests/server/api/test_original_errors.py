"""Claude's own errors reach the clients of `/v1/messages` as they are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import anthropic
import pytest
from anthropic import AsyncAnthropic

from bridge.server.state import Bridge
from tests.fake_anthropic import oddities
from tests.fake_anthropic.script import (
    ERROR_TYPES,
    ErrorEvent,
    Failure,
    Reply,
    Text,
    ToolUse,
    calls,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
HI: Any = [{"role": "user", "content": "Hi"}]
BODY: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": HI}
LOST = {"type": "thread_not_found", "error_code": "thread_not_found", "thread_id": "th_1"}


@pytest.fixture
async def claude(bridge: Bridge) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0) as client:
        yield client


async def fail(claude: AsyncAnthropic, *, stream: bool = False) -> anthropic.APIStatusError:
    """Return the error of a request, also one that comes in the stream."""
    with pytest.raises(anthropic.APIStatusError) as caught:
        answer: Any = await claude.messages.create(**BODY, stream=stream)
        async for _ in answer:
            pass
    return caught.value


async def post(bridge: Bridge, path: str = "/v1/messages") -> tuple[int, Any, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}{path}", json=BODY) as answer,
    ):
        return answer.status, answer.headers, await answer.json()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 429, 500, 504, 529])
async def test_status_type_message_details_and_id_are_upstreams(
    claude: AsyncAnthropic, fake: FakeAnthropic, status: int, stream: bool
) -> None:
    fake.script(Failure(status, message="No.", details=LOST))
    error = await fail(claude, stream=stream)
    kind = ERROR_TYPES.get(status, "api_error")
    assert (error.status_code, error.type, error.api_message) == (status, kind, "No.")
    assert error.error_code == "thread_not_found"
    assert error.request_id is not None
    assert error.request_id.startswith("req_fake_")
    assert error.body == {
        "type": "error",
        "error": {"type": kind, "message": "No.", "details": LOST},
        "request_id": error.request_id,
    }


async def test_an_unknown_type_and_unknown_fields_are_kept(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    body = {
        "type": "error",
        "error": {"type": "new_error", "message": "No.", "causes": [{"at": 1}]},
        "documentation": "https://example.com",
    }
    fake.script(oddities.http("418 No", json.dumps(body).encode()))
    status, headers, received = await post(bridge)
    assert (status, received) == (418, body)
    assert headers["x-request-id"].startswith("req_")


async def test_the_errors_of_a_count_are_kept_too(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await claude.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": []}])
    assert caught.value.request_id is not None
    assert caught.value.request_id.startswith("req_fake_")
    body: Any = caught.value.body
    assert body["request_id"] == caught.value.request_id


async def test_an_error_event_is_passed_on_as_it_is(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    failing = Reply((Text("one two"),), fault=ErrorEvent(1, "api_error", "Gone.", LOST))
    fake.script(failing, failing)
    error = await fail(claude, stream=True)
    assert error.body == {
        "type": "error",
        "error": {"type": "api_error", "message": "Gone.", "details": LOST},
        "request_id": error.request_id,
    }
    # A whole answer has the status that Claude's API has for this type.
    error = await fail(claude)
    assert (error.status_code, error.error_code) == (500, "thread_not_found")


async def test_what_the_bridge_adds_is_in_a_header(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(Failure(401, message="invalid x-api-key"))
    status, headers, body = await post(bridge)
    assert (status, body["error"]["message"]) == (401, "invalid x-api-key")
    assert headers["x-bridge-hint"] == (
        "Anthropic rejected the API key of ANTHROPIC_API_KEY: invalid x-api-key. "
        "Check ANTHROPIC_API_KEY, and restart the bridge."
    )
    fake.script(Failure(400, message="No."))
    _, headers, _ = await post(bridge)
    assert "x-bridge-hint" not in headers


ODD = {
    "openai": {"error": {"message": "No.", "type": "api_error", "code": None}},
    "text": {"type": "error", "error": "No."},
    "no message": {"type": "error", "error": {"type": "api_error"}},
    "wrong id": {
        "type": "error",
        "error": {"type": "api_error", "message": "No."},
        "request_id": 1,
    },
    "long": {"type": "error", "error": {"type": "api_error", "message": "No. " * 20_000}},
    "list": [{"type": "error", "error": {"type": "api_error", "message": "No."}}],
    "key": {"type": "error", "error": {"type": "api_error", "message": "Key sk-ant-api03-x_y."}},
    "page": "<html>No.</html>",
}


@pytest.mark.parametrize("odd", ODD)
async def test_an_error_of_another_form_is_the_bridges_own(
    bridge: Bridge, fake: FakeAnthropic, odd: str
) -> None:
    body = ODD[odd]
    content = body if isinstance(body, str) else json.dumps(body)
    fake.script(oddities.http("500 No", content.encode(), request_id="req_up"))
    status, headers, received = await post(bridge)
    assert status == 502
    assert (received["type"], received["error"]["type"]) == ("error", "api_error")
    assert received["request_id"] == headers["request-id"] == headers["x-request-id"]
    assert headers["x-upstream-request-id"] == "req_up"
    assert "sk-ant-api" not in json.dumps(received)


async def test_other_endpoints_keep_the_bridges_errors(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(Failure(500, message="No.", details=LOST))
    status, headers, body = await post(bridge, "/v1/chat/completions")
    assert (status, body["error"]["code"]) == (502, "upstream_error")
    assert headers["x-upstream-request-id"].startswith("req_fake_")
    assert not headers["x-request-id"].startswith("req_fake_")


async def test_the_sdks_tool_runner_decides_by_the_details(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    """It asks the API to store the conversation, and sends all of it if that is refused."""

    @anthropic.beta_async_tool
    async def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    fake.script(calls(ToolUse("add", {"a": 1, "b": 2})), says("Three."))
    runner = claude.beta.messages.tool_runner(
        model=MODEL, max_tokens=1000, messages=HI, tools=[add]
    )
    final = await runner.until_done()
    assert final.content[-1].text == "Three."  # type: ignore[union-attr]
    first, *rest = [body.get("thread") for body in fake.bodies()]
    assert first is not None
    assert rest[-1] is None
    assert len(fake.bodies()[-1]["messages"]) == 3
