"""The real SDK talks to the fake: every phenomenon as a client meets it."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest
from aiohttp import ClientSession
from anthropic import AsyncAnthropic, DefaultAioHttpClient

from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    ErrorEvent,
    Failure,
    Hang,
    Malformed,
    Reply,
    ToolUse,
    calls,
    overloaded,
    rate_limited,
    refuses,
    says,
    thinks,
    too_long,
)
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
TOOL: Any = {"name": "weather", "input_schema": {"type": "object"}}


@pytest.fixture
async def fake() -> AsyncIterator[FakeAnthropic]:
    async with FakeAnthropic() as upstream:
        yield upstream


@pytest.fixture
async def claude(fake: FakeAnthropic) -> AsyncIterator[AsyncAnthropic]:
    async with sdk(fake) as client:
        yield client


def sdk(fake: FakeAnthropic, key: str = "sk-ant-test") -> AsyncAnthropic:
    http = DefaultAioHttpClient()
    return AsyncAnthropic(base_url=fake.url, api_key=key, http_client=http, max_retries=0)


async def ask(client: AsyncAnthropic, text: str = "Hi", **more: Any) -> list[Any]:
    """The events of a streamed answer."""
    body: dict[str, Any] = {"model": MODEL, "max_tokens": 100, **more}
    messages = body.pop("messages", [{"role": "user", "content": text}])
    stream = await client.messages.create(messages=messages, stream=True, **body)
    return [event async for event in stream]


def text_of(events: list[Any]) -> str:
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    return "".join(delta.text for delta in deltas if delta.type == "text_delta")


async def test_it_says_hello(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    events = await ask(claude)
    assert text_of(events) == "Hello from the fake upstream."
    assert events[-2].delta.stop_reason == "end_turn"
    [record] = fake.requests
    assert (record.path, record.status, record.finished) == ("/v1/messages", 200, True)
    assert record.headers["anthropic-version"] == "2026-10-21"
    assert record.body["messages"] == [{"role": "user", "content": "Hi"}]
    assert not record.closed_early


async def test_scripted_replies_come_in_order_before_the_default(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(says("One."), says("Two."))
    answers = [text_of(await ask(claude)) for _ in range(3)]
    assert answers == ["One.", "Two.", "Hello from the fake upstream."]
    assert fake.unplayed == 0


async def test_a_directive_in_the_newest_user_text_is_played(claude: AsyncAnthropic) -> None:
    assert text_of(await ask(claude, 'Go. <<<{"text": "So be it."}>>>')) == "So be it."


async def test_a_recorded_stream_is_played_as_it_is(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.default = {"raw": 'event: message_stop\ndata: {"type":"message_stop"  }\n\n'}
    assert [event.type for event in await ask(claude)] == ["message_stop"]


async def test_without_stream_the_answer_is_one_message(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("weather", {"city": "Oslo"})))
    messages: Any = [{"role": "user", "content": "Hi"}]
    answer = await claude.messages.create(
        model=MODEL, max_tokens=9, messages=messages, tools=[TOOL]
    )
    [block] = answer.content
    assert block.type == "tool_use"
    assert (block.name, block.input) == ("weather", {"city": "Oslo"})
    assert answer.stop_reason == "tool_use"


async def test_a_refusal_is_a_200(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    fake.script(refuses("No."))
    delta = (await ask(claude))[-2].delta
    assert (delta.stop_reason, delta.stop_details.explanation) == ("refusal", "No.")


async def test_thinking_comes_back_only_to_its_own_conversation(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(thinks("Hm.", "Yes."))
    first: Any = [{"role": "user", "content": "Hi"}]
    answer = await claude.messages.create(model=MODEL, max_tokens=9, messages=first)
    again = [*first, answer.to_param(), {"role": "user", "content": "And?"}]
    assert text_of(await ask(claude, messages=again)) == "Hello from the fake upstream."
    with pytest.raises(anthropic.BadRequestError, match="bound to a different conversation"):
        await ask(claude, messages=again, system="Be rude.")


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (too_long(), anthropic.BadRequestError),
        (Failure(401), anthropic.AuthenticationError),
        (Failure(402), anthropic.APIStatusError),
        (Failure(403), anthropic.PermissionDeniedError),
        (Failure(404), anthropic.NotFoundError),
        (Failure(413), anthropic.APIStatusError),
        (rate_limited(7), anthropic.RateLimitError),
        (Failure(500), anthropic.InternalServerError),
        (Failure(504), anthropic.APIStatusError),
        (overloaded(), anthropic.OverloadedError),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
async def test_a_failure_is_an_error_of_its_class(
    claude: AsyncAnthropic,
    fake: FakeAnthropic,
    failure: Failure,
    raised: type[anthropic.APIStatusError],
) -> None:
    fake.script(failure)
    with pytest.raises(raised) as caught:
        await ask(claude)
    assert caught.value.status_code == failure.status
    assert caught.value.request_id == caught.value.response.headers["request-id"]


async def test_a_rate_limit_says_when_to_come_back(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(rate_limited(7))
    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(claude)
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"


async def test_a_wrong_request_is_recorded_and_refused(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        await ask(claude, messages=[])
    assert [record.status for record in fake.requests] == [400]


async def test_an_error_event_is_an_error_with_status_200(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(says("One two three", fault=ErrorEvent(1)))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await ask(claude)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert not fake.requests[0].finished


async def test_a_drop_is_a_read_error(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    fake.script(says("One two three", fault=Drop(2)))
    with pytest.raises(httpx2.TransportError):
        await ask(claude)


async def test_a_malformed_event_breaks_the_stream(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(says("One two three", fault=Malformed(1)))
    with pytest.raises(ValueError, match="Expecting"):
        await ask(claude)


async def test_a_stream_that_is_cut_off_just_ends(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(says("One two three", fault=CutOff(3)))
    assert (await ask(claude))[-1].type != "message_stop"


@pytest.mark.parametrize(
    "reply", [says("Hi", fault=Hang(1)), Reply(first_delay=60)], ids=["silence", "before"]
)
async def test_a_client_that_leaves_is_noticed_at_once(
    claude: AsyncAnthropic, fake: FakeAnthropic, reply: Reply
) -> None:
    fake.script(reply)
    task = asyncio.create_task(ask(claude))
    await fake.wait_requests(1, timeout=30)
    await asyncio.sleep(0.05)
    assert fake.open_streams == 1
    left = time.monotonic()
    task.cancel()
    await fake.wait_closed(1, timeout=30)
    [record] = fake.requests
    assert (record.closed_early, record.finished, fake.open_streams) == (True, False, 0)
    assert record.closed_at is not None
    assert record.closed_at - left < 5


async def test_tokens_are_counted_the_same_each_time(claude: AsyncAnthropic) -> None:
    messages: Any = [{"role": "user", "content": "word " * 40}]
    counted = await claude.messages.count_tokens(model=MODEL, messages=messages)
    assert counted.input_tokens == 50


async def test_models_come_page_by_page(claude: AsyncAnthropic) -> None:
    models = [model async for model in await claude.models.list(limit=4)]
    assert len(models) == 18
    newest = await claude.models.retrieve("claude-opus-5-5")
    assert newest == models[0]
    assert (newest.lifecycle, newest.line, newest.max_tokens) == ("active", "opus", 128_000)
    assert newest.capabilities is not None
    assert newest.capabilities.thinking.types.disabled.supported is False
    with pytest.raises(anthropic.NotFoundError, match="model: gpt-9"):
        await claude.models.retrieve("gpt-9")


async def test_keys(fake: FakeAnthropic) -> None:
    async with sdk(fake, "sk-ant-oat01-x") as subscriber:
        assert text_of(await ask(subscriber))
    async with sdk(fake, "sk-wrong") as stranger:
        with pytest.raises(anthropic.AuthenticationError, match="invalid bearer token"):
            await ask(stranger)
    async with ClientSession() as http:
        async with http.get(f"{fake.url}/v1/models", headers={"x-api-key": "no"}) as answer:
            assert answer.status == 401
            error = {"type": "authentication_error", "message": "invalid x-api-key"}
            assert (await answer.json())["error"] == error
        async with http.get(f"{fake.url}/v1/models") as answer:
            assert (await answer.json())["error"]["message"] == "x-api-key header is required"
        own = {"x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01"}
        async with http.get(f"{fake.url}/v1/models", headers=own) as answer:
            assert answer.status == 200


async def test_what_is_no_message_is_refused_in_the_same_shape(fake: FakeAnthropic) -> None:
    own = {"x-api-key": "sk-ant-test", "anthropic-version": "2026-10-21"}
    url = f"{fake.url}/v1/messages"
    async with ClientSession(headers=own) as http:
        for body, status in ((b"{", 400), (b" " * (33 * 1024 * 1024), 413)):
            async with http.post(url, data=io.BytesIO(body)) as answer:
                assert answer.status == status
                assert (await answer.json())["type"] == "error"
        async with http.get(f"{fake.url}/v1/nothing") as answer:
            assert (await answer.json())["error"]["type"] == "not_found_error"
        async with http.post(url, data=b"{}", headers={"anthropic-version": "1"}) as answer:
            assert "is not a valid version" in (await answer.json())["error"]["message"]


async def test_it_runs_as_its_own_process() -> None:
    words = (sys.executable, "-m", "tests.fake_anthropic", "--port", "0", "--print-url")
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with ClientSession() as http:
            headers = {"x-api-key": "sk-ant-test", "anthropic-version": "2026-10-21"}
            async with http.post(f"{url}/v1/messages", data=b"{}", headers=headers) as answer:
                assert answer.status == 400
            async with http.get(f"{url}/__requests") as answer:
                [record] = await answer.json()
    finally:
        process.terminate()
        await process.wait()
    assert (record["path"], record["body"], record["status"]) == ("/v1/messages", {}, 400)
