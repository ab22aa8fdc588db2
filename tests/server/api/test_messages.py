"""`/v1/messages` with Anthropic's own clients: its SDK and Claude Code."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic

from bridge.backends.claude_code.command import find_bundled_cli
from bridge.errors import SettingsError
from bridge.server.state import Bridge
from tests.backends.upstream import without_own
from tests.conftest import StartBridge
from tests.fake_anthropic.script import (
    Drop,
    Reply,
    Text,
    Thinking,
    ToolUse,
    Usage,
    overloaded,
    rate_limited,
    says,
)
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"
HI: Any = [{"role": "user", "content": "Hi"}]
SIGNED_IN = {
    "anthropic": ("ANTHROPIC_API_KEY", "sk-ant-test"),
    "claude-code": ("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up"),
}


@pytest.fixture(params=SIGNED_IN)
async def each_bridge(
    request: pytest.FixtureRequest,
    start_bridge: StartBridge,
    fake: FakeAnthropic,
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    """A bridge with each backend; the client's key can be any text."""
    monkeypatch.setenv(*SIGNED_IN[request.param])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    return await start_bridge(backend=request.param)


@pytest.fixture
async def claude(each_bridge: Bridge) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=each_bridge.url, api_key="any", max_retries=0) as client:
        yield client


def read_error_body(error: anthropic.APIStatusError) -> dict[str, Any]:
    """Return the error object of a failed answer."""
    body: Any = error.body
    error_object: dict[str, Any] = body["error"]
    return error_object


async def send_message(client: AsyncAnthropic, **more: Any) -> Any:
    body: Any = {"model": MODEL, "max_tokens": 4000, "messages": HI, **more}
    return await client.messages.create(**body)


def get_sent_body(fake: FakeAnthropic) -> dict[str, Any]:
    return fake.bodies()[-1]


async def test_a_whole_message(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    blocks = (Thinking("Hm."), Text("Two. "), ToolUse("add", {"a": 1}))
    fake.script(Reply(blocks, stop_reason="tool_use", usage=Usage(10, 7, 3, 2)))
    tools = [{"name": "add", "input_schema": {"type": "object"}}]
    answer = await send_message(
        claude, system="Be brief.", tools=tools, thinking={"type": "adaptive"}
    )
    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use"]
    assert (answer.content[1].text, answer.content[2].input) == ("Two. ", {"a": 1})
    assert answer.content[0].signature
    assert (answer.stop_reason, answer.model) == ("tool_use", MODEL)
    usage = answer.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens) == (10, 7, 2)
    assert answer._request_id.startswith("req_")
    body = without_own(get_sent_body(fake))
    assert body["system"] == [{"type": "text", "text": "Be brief."}]
    assert body["tools"] == tools
    assert body["max_tokens"] == 4000


async def test_events_are_passed_on_unchanged(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    fake.script(says("one two three", usage=Usage(5, 3)))
    async with claude.messages.stream(model=MODEL, max_tokens=4000, messages=HI) as stream:
        pieces = [piece async for piece in stream.text_stream]
        final = await stream.get_final_message()
    assert pieces == ["one", " two", " three"]
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", 3)


async def test_a_conversation_with_tool_results_continues(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"}
    talk = [
        *HI,
        {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, call]},
        {"role": "user", "content": [result]},
    ]
    tools = [{"name": "add", "input_schema": {"type": "object"}}]
    await send_message(claude, messages=talk, tools=tools, stop_sequences=["END"])
    body = without_own(get_sent_body(fake))
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][1]["content"][1] == call
    assert body["messages"][2]["content"][0]["content"] in ("2", [{"type": "text", "text": "2"}])
    assert body["stop_sequences"] == ["END"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("failure", "kind"),
    [(rate_limited(9), anthropic.RateLimitError), (overloaded(), anthropic.InternalServerError)],
)
async def test_errors_have_anthropics_format(
    claude: AsyncAnthropic, fake: FakeAnthropic, failure: Any, kind: Any, stream: bool
) -> None:
    fake.script(failure)
    with pytest.raises(kind) as caught:
        await send_message(claude, stream=stream)
    error = caught.value.body["error"]
    assert (caught.value.status_code, error["type"]) in (
        (429, "rate_limit_error"), (529, "overloaded_error"),
    )  # fmt: skip
    assert caught.value.request_id.startswith("req_")


async def test_a_dropped_connection_is_an_error_event(
    claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("one two three"),), fault=Drop(2)))
    output = ""
    with pytest.raises(anthropic.APIStatusError, match=r"broke off|lost"):
        async for event in await send_message(claude, stream=True):
            if event.type == "content_block_delta":
                output += event.delta.text
    assert output == "one two"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "messages"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages[0].content[0].type"),
        ({"messages": [*HI, {"role": "assistant", "content": "I"}]}, "user message"),
    ],
)
async def test_a_wrong_parameter_is_named(
    claude: AsyncAnthropic, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await send_message(claude, **body)
    assert param in read_error_body(caught.value)["message"]


async def test_model_names_are_resolved(claude: AsyncAnthropic, fake: FakeAnthropic) -> None:
    raw = await claude.messages.with_raw_response.create(
        model="claude-3-5-sonnet-20241022", max_tokens=4000, messages=HI
    )
    assert get_sent_body(fake)["model"] == "claude-sonnet-5-5"
    assert "is retired" in raw.headers["x-bridge-notice"]
    await send_message(claude, model="default")
    with pytest.raises(anthropic.NotFoundError) as caught:
        await send_message(claude, model="claude-opus-99")
    assert read_error_body(caught.value)["type"] == "not_found_error"


async def test_betas_and_unknown_fields_are_passed_on(bridge: Bridge, fake: FakeAnthropic) -> None:
    async with AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0) as client:
        await client.messages.create(
            model=MODEL, max_tokens=4000, messages=HI,
            extra_headers={"anthropic-beta": "one-2026-01-01,two-2026-02-02"},
            metadata={"user_id": "u"},
        )  # fmt: skip
    request = fake.requests[-1]
    assert request.headers["anthropic-beta"] == "one-2026-01-01,two-2026-02-02"
    assert request.body["metadata"] == {"user_id": "u"}


async def test_tokens_are_counted_by_upstream_or_not_at_all(
    each_bridge: Bridge, claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    if each_bridge.switches.backend == "anthropic":
        count = await claude.messages.count_tokens(model=MODEL, messages=HI)
        assert count.input_tokens > 0
        assert fake.requests[-1].path == "/v1/messages/count_tokens"
    else:
        with pytest.raises(
            anthropic.APIStatusError,
            match="Claude Code cannot count the tokens",
        ) as caught:
            await claude.messages.count_tokens(model=MODEL, messages=HI)
        assert caught.value.status_code == 501


async def test_a_message_is_recorded_in_the_ledger(
    each_bridge: Bridge, claude: AsyncAnthropic, fake: FakeAnthropic
) -> None:
    fake.script(says("x", usage=Usage(1000, 200, 300, 400)))
    await send_message(claude)
    (entry,) = await each_bridge.ledger.list_recent(5)
    assert (entry.outcome, entry.client, entry.input_tokens) == (
        "end_turn",
        "anthropic-python",
        1000,
    )
    assert entry.backend == each_bridge.switches.backend


async def test_claude_code_works_with_the_bridge_as_its_api(
    bridge: Bridge, fake: FakeAnthropic, tmp_path: Path
) -> None:
    """`claude -p` with its usual tools and prompts, its base URL set to the bridge."""
    program = await asyncio.to_thread(find_bundled_cli)
    assert program is not None
    fake.default = {"text": "Hello from behind the bridge."}
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANTHROPIC_BASE_URL": bridge.url,
        "ANTHROPIC_API_KEY": "any", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        program, "-p", "Say hello.", "--model", MODEL, "--output-format", "json",
        env=environment, cwd=tmp_path, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, complaint = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, (output, complaint)
    assert json.loads(output)["result"] == "Hello from behind the bridge."
    assert len(get_sent_body(fake)["tools"]) > 5


async def test_a_bridge_with_itself_as_upstream_does_not_start(
    start_bridge: StartBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://localhost:8123")
    with pytest.raises(SettingsError, match="is the address of the bridge itself"):
        await start_bridge(port=8123)


RETIRED = "claude-3-5-sonnet-20241022"


async def test_a_changed_model_changes_the_parameters_with_it(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    async with AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0) as client:
        raw = await client.messages.with_raw_response.create(
            model=RETIRED,
            max_tokens=4000,
            messages=[*HI, {"role": "assistant", "content": "Two"}],
            extra_body={"temperature": 0.2, "top_k": 5},
        )
        notices = raw.headers["x-bridge-notice"]
        assert "temperature, top_k ignored: claude-sonnet-5-5 does not support sampling" in notices
        assert "claude-sonnet-5-5 does not support prefill" in notices
        assert {"temperature", "top_k"}.isdisjoint(get_sent_body(fake))
        counted = await client.messages.with_raw_response.count_tokens(
            model=RETIRED, messages=HI, thinking={"type": "disabled"}
        )
        assert get_sent_body_of_count(fake)["thinking"] == {"type": "between_tools"}
        assert (
            "thinking: between_tools is used instead of disabled"
            in counted.headers["x-bridge-notice"]
        )
        # The model that the client named: Claude's API says itself what it refuses.
        with pytest.raises(anthropic.BadRequestError) as caught:
            await send_message(client, extra_body={"temperature": 0.2})
    assert read_error_body(caught.value)["message"].startswith("temperature: Extra inputs")
    assert get_sent_body(fake)["temperature"] == 0.2


async def test_a_fallback_model_gets_parameters_of_its_own(
    start_bridge: StartBridge, fake: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*SIGNED_IN["anthropic"])
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    bridge = await start_bridge(backend="anthropic", fallback_model="claude-haiku-4-5")
    fake.script(overloaded())
    async with AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0) as client:
        await send_message(client, max_tokens=128_000, output_config={"effort": "max"}, timeout=60)
    body = get_sent_body(fake)
    assert (body["model"], body["max_tokens"]) == ("claude-haiku-4-5", 64_000)
    assert "output_config" not in body


def get_sent_body_of_count(fake: FakeAnthropic) -> dict[str, Any]:
    return fake.bodies("/v1/messages/count_tokens")[-1]
