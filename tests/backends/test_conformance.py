"""What each backend must do: the same tests through the API and through Claude Code.

The real `openai` client, the bridge, the real Claude Code where it is the backend, the strict fake.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from bridge.clouds.table import CloudKindName
from bridge.server.state import Bridge
from tests.backends.upstream import without_own
from tests.conftest import StartBridge
from tests.fake_anthropic.script import (
    CutOff,
    Drop,
    ErrorEvent,
    Failure,
    Fault,
    Malformed,
    Reply,
    Text,
    ToolUse,
    Usage,
    calls,
    overloaded,
    rate_limited,
    refuses,
    says,
    thinks,
    too_long,
)
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_clouds.signed_in import sign_in

MODEL = "claude-opus-5-5"
HI: Any = [{"role": "user", "content": "Hi"}]
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add.numbers",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    },
}
NOW: Any = {"type": "function", "function": {"name": "now", "strict": True}}


CLOUDS: tuple[CloudKindName, ...] = ("bedrock", "vertex")
"""Two of the clouds: the others send what the Anthropic API does, by the code of these."""


@pytest.fixture(params=["anthropic", "claude-code", *CLOUDS])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The backend, or the cloud by which the API is reached; the user is signed in to it."""
    if request.param not in CLOUDS:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
        monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "sk-ant-oat01-made-up")
    return str(request.param)


@pytest.fixture
async def bridge(
    fake: FakeAnthropic,
    start_bridge: StartBridge,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[Bridge]:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    kind = next((kind for kind in CLOUDS if kind == backend), None)
    if kind is None:
        yield await start_bridge(backend=backend)
        return
    async with sign_in(kind, fake, monkeypatch, tmp_path) as signed_in:
        yield await start_bridge(backend="anthropic", clouds=signed_in.clouds)


@pytest.fixture
async def client(bridge: Bridge) -> AsyncIterator[AsyncOpenAI]:
    base = f"{bridge.url}/v1"
    async with AsyncOpenAI(base_url=base, api_key="any", max_retries=0) as openai_client:
        yield openai_client


async def send_chat(client: AsyncOpenAI, **more: Any) -> Any:
    return await client.chat.completions.create(**{"model": MODEL, "messages": HI, **more})


async def stream_chat(client: AsyncOpenAI, **more: Any) -> list[Any]:
    return [chunk async for chunk in await send_chat(client, stream=True, **more)]


def sent(fake: FakeAnthropic, back: int = 1) -> dict[str, Any]:
    """What reached upstream, without what Claude Code adds of its own."""
    posts = [request.body for request in fake.requests if request.method == "POST"]
    return without_own(posts[-back])


# --- what comes back


async def test_text_streams_as_it_is_written(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("one two three", usage=Usage(10, 7, 3, 2)))
    chunks = await stream_chat(client, stream_options={"include_usage": True})
    pieces = [c.choices[0].delta.content for c in chunks[:-1] if c.choices[0].delta.content]
    assert pieces == ["one", " two", " three"]
    assert chunks[-2].choices[0].finish_reason == "stop"
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (15, 7)
    assert usage.prompt_tokens_details.cached_tokens == 2


async def test_a_whole_answer_has_text_and_usage(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("one two three"))
    answer = await send_chat(client)
    assert answer.choices[0].message.content == "one two three"


async def test_thinking_is_shown(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(thinks("Let me see.", "Four."))
    message = (await send_chat(client)).choices[0].message
    assert (message.content, message.reasoning_content) == ("Four.", "Let me see.")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says("cut", stop_reason="max_tokens"), "length"),
        (says("cut", stop_reason="model_context_window_exceeded"), "length"),
        (says("cut", stop_reason="stop_sequence", stop_sequence="END"), "stop"),
        (refuses(), "content_filter"),
    ],
)
async def test_the_first_stop_reason_ends_the_answer(
    client: AsyncOpenAI, fake: FakeAnthropic, reply: Reply, reason: str
) -> None:
    fake.script(reply)
    answer = await send_chat(client)
    assert answer.choices[0].finish_reason == reason
    words = [block.text for block in reply.blocks if isinstance(block, Text)]
    assert answer.choices[0].message.content == "".join(words)
    # After a cut or refused answer Claude Code may ask once more in the moment before it is killed.
    assert sum(request.method == "POST" for request in fake.requests) <= 2


# --- tools


async def test_parallel_calls_over_three_requests(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(
        Reply((Text("Let me see."), ToolUse("add_numbers", {"a": 1}), ToolUse("now"))),
        calls(ToolUse("add_numbers", {"a": 2})),
        says("Three."),
    )
    chat: list[Any] = [{"role": "system", "content": "Be exact."}, *HI]
    for _ in range(2):
        chunks = await stream_chat(client, messages=chat, tools=[ADD, NOW])
        assert chunks[-1].choices[0].finish_reason == "tool_calls"
        made: dict[int, dict[str, str]] = {}
        said = ""
        for chunk in chunks:
            said += chunk.choices[0].delta.content or ""
            for call in chunk.choices[0].delta.tool_calls or []:
                one = made.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
                one["id"] += call.id or ""
                one["name"] += call.function.name or ""
                one["arguments"] += call.function.arguments or ""
        tool_calls = [
            {
                "id": one["id"],
                "type": "function",
                "function": {"name": one["name"], "arguments": one["arguments"]},
            }
            for one in made.values()
        ]
        chat.append({"role": "assistant", "content": said or None, "tool_calls": tool_calls})
        chat += [
            {"role": "tool", "tool_call_id": one["id"], "content": f"result of {one['name']}"}
            for one in made.values()
        ]
    answer = await send_chat(client, messages=chat, tools=[ADD, NOW])
    assert answer.choices[0].message.content == "Three."
    body = sent(fake)
    assert [tool["name"] for tool in body["tools"]] == ["add_numbers", "now"]
    assert body["tools"][0]["eager_input_streaming"] is True
    assert body["tools"][1]["strict"] is True
    shape = [(m["role"], [block["type"] for block in m["content"]]) for m in body["messages"]]
    assert shape == [
        ("user", ["text"]),
        ("assistant", ["text", "tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result"]),
        ("assistant", ["tool_use"]),
        ("user", ["tool_result"]),
    ]
    assert body["messages"][1]["content"][1]["input"] == {"a": 1}
    assert body["messages"][2]["content"][0]["content"][0]["text"] == "result of add.numbers"


async def test_arguments_stream_as_they_are_written(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("now", pieces=("", '{"a"', ": ", "1}")), delay=0.01))
    chunks = await stream_chat(client, tools=[NOW])
    deltas = [c.choices[0].delta.tool_calls[0] for c in chunks if c.choices[0].delta.tool_calls]
    assert [delta.function.arguments for delta in deltas] == ["", '{"a"', ": ", "1}"]


# --- what goes there


def picture() -> str:
    written = io.BytesIO()
    Image.effect_noise((300, 200), 80).save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


PDF = base64.b64encode(b"%PDF-1.4 hello").decode()
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


async def test_images_and_files_reach_upstream(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    data = picture()
    parts = [
        {"type": "text", "text": "Look."},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
    ]
    seen = {"role": "tool", "tool_call_id": "c1", "content": parts[:2]}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    chat = [
        {"role": "user", "content": parts},
        {"role": "assistant", "tool_calls": [call]},
        seen,
        {"role": "user", "content": "And?"},
    ]
    await send_chat(client, messages=chat)
    first, _, result = sent(fake)["messages"]
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": data},
    }
    assert first["content"][1] == image
    assert first["content"][2]["source"]["data"] == PDF
    assert result["content"][0]["content"][1] == image
    assert result["content"][1]["text"] == "And?"


async def test_format_stops_effort_and_length_reach_upstream(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says('{"a": 1}'))
    named = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    await send_chat(
        client, response_format=named, stop=["END"], reasoning_effort="low", max_tokens=5000
    )
    body = sent(fake)
    assert body["output_config"]["effort"] == "low"
    assert body["output_config"]["format"]["schema"]["required"] == ["a"]
    assert body["stop_sequences"] == ["END"]
    assert body["max_tokens"] == 5000
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    "words",
    ["/clear", "@/etc/hostname what is this?", "!ls", "#remember this", "  white \n\n space \n"],
)
async def test_a_prompt_is_sent_as_plain_text(
    client: AsyncOpenAI, fake: FakeAnthropic, words: str
) -> None:
    chat = [
        {"role": "user", "content": words},
        {"role": "assistant", "content": words.strip()},
        {"role": "user", "content": words},
    ]
    await send_chat(client, messages=chat)
    sent_texts = [message["content"] for message in sent(fake)["messages"]]
    assert sent_texts == [
        [{"type": "text", "text": words}],
        [{"type": "text", "text": words.strip()}],
        [{"type": "text", "text": words}],
    ]


async def test_a_hundred_turns_keep_their_order(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    chat: list[Any] = []
    for number in range(50):
        chat.append({"role": "user", "content": f"question {number} " + "x" * 2000})
        chat.append({"role": "assistant", "content": f"answer {number}"})
    await send_chat(client, messages=[*chat, *HI])
    sent_texts = [(m["role"], m["content"][0]["text"]) for m in sent(fake)["messages"]]
    assert sent_texts == [(message["role"], message["content"]) for message in [*chat, *HI]]


async def test_no_system_prompt_is_added(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    await send_chat(client)
    assert sent(fake)["system"] == []


# --- failures


FAILURES: list[tuple[Failure, int, str | None]] = [
    (Failure(400, message="messages.0: no good"), 400, None),
    (too_long(), 400, "context_length_exceeded"),
    (Failure(402, message="pay"), 402, "insufficient_quota"),
    (Failure(403, message="not you"), 403, "forbidden"),
    (Failure(413, message="large"), 413, "request_too_large"),
    (rate_limited(30), 429, "rate_limit_exceeded"),
    (Failure(500), 502, "upstream_error"),
    (overloaded(), 503, "overloaded"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("failure", "status", "code"), FAILURES, ids=lambda v: str(v)[:20])
async def test_each_failure_keeps_its_meaning(
    client: AsyncOpenAI,
    fake: FakeAnthropic,
    failure: Failure,
    status: int,
    code: str | None,
    stream: bool,
) -> None:
    fake.script(failure)
    with pytest.raises(openai.APIStatusError) as caught:
        await send_chat(client, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)


async def test_an_unknown_model_is_an_error(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    # Claude Code makes sure by asking twice.
    fake.script(*[Failure(404, message="model: claude-opus-5-5")] * 2)
    with pytest.raises(openai.NotFoundError):
        await send_chat(client)


@pytest.mark.parametrize(
    "fault", [ErrorEvent(2), Drop(2), Malformed(2), CutOff(2)], ids=lambda v: type(v).__name__
)
async def test_a_break_in_the_middle_is_an_error(
    client: AsyncOpenAI, fake: FakeAnthropic, fault: Fault
) -> None:
    fake.default = Reply((Text("one two three four"),), fault=fault)
    said = ""
    with pytest.raises(openai.APIError):
        async for chunk in await send_chat(client, stream=True):
            said += chunk.choices[0].delta.content or ""
    assert said == "one two"
    with pytest.raises(openai.InternalServerError):
        await send_chat(client)


async def test_a_client_that_leaves_ends_generation(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.default = Reply((Text("word " * 500),), delay=0.02)
    stream = await send_chat(client, stream=True)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    left = time.monotonic()
    await stream.close()
    await fake.wait_closed(1, timeout=30)
    (closed_at,) = [request.closed_at for request in fake.requests if request.closed_early]
    assert closed_at is not None
    assert closed_at - left < 5


async def test_eight_requests_at_once_get_their_own_answers(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    def question(number: int) -> list[Any]:
        return [{"role": "user", "content": f"<<<{json.dumps({'text': f'answer {number}'})}>>>"}]

    answers = await asyncio.gather(*(send_chat(client, messages=question(n)) for n in range(8)))
    assert [a.choices[0].message.content for a in answers] == [f"answer {n}" for n in range(8)]


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    listed = {model.id: model for model in (await client.models.list()).data}
    assert (listed[MODEL].model_extra or {})["max_output_tokens"] == 128_000
    assert (listed[MODEL].model_extra or {})["display_name"] == "Claude Opus 5.5"


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        ("not_found_error", "model: claude-opus-5-5", "model_not_found"),
        ("invalid_request_error", "Your credit balance is too low.", "insufficient_quota"),
        (
            "invalid_request_error",
            "You have reached your specified API usage limits.",
            "insufficient_quota",
        ),
        ("invalid_request_error", "prompt is too long: 9 > 8", "context_length_exceeded"),
    ],
)
async def test_an_error_in_the_middle_has_the_code_of_one_at_the_start(
    client: AsyncOpenAI, fake: FakeAnthropic, backend: str, kind: str, message: str, code: str
) -> None:
    if (backend, kind) == ("bedrock", "not_found_error"):
        pytest.skip("Bedrock's streams have no such exception")
    fault = ErrorEvent(2, kind, message)
    fake.script(Reply((Text("one two three four"),), fault=fault))
    with pytest.raises(openai.APIError) as caught:
        async for _ in await send_chat(client, stream=True):
            pass
    assert caught.value.code == code, caught.value.message
    # Claude Code says some of them in its own words.
    assert message[5:18].lower() in caught.value.message.lower()
    assert caught.value.param == ("model" if code == "model_not_found" else None)
    # Claude Code makes sure of a missing model by asking twice.
    status = {"model_not_found": 404}.get(code, 400)
    fake.script(*[Failure(status, kind, message=message)] * 2)
    with pytest.raises(openai.APIStatusError) as refused:
        await send_chat(client)
    assert refused.value.code == code
