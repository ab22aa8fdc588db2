"""Each parameter of a chat completion, from the real client to the fake upstream and back."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from tests.fake_anthropic.script import (
    RawBlock,
    RedactedThinking,
    Reply,
    Text,
    ToolUse,
    Usage,
    calls,
    says,
    too_long,
)
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = [{"role": "user", "content": "Hi"}]
MODEL = "claude-sonnet-5-5"
FORCED = "claude-opus-5"
ADD: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


async def create_chat(client: AsyncOpenAI, **more: Any) -> Any:
    """The whole answer, its notice beside it."""
    body: Any = {"model": MODEL, "messages": HI, **more}
    raw = await client.chat.completions.with_raw_response.create(**body)
    answer = raw.parse()
    answer.notice = raw.headers.get("x-bridge-notice", "")
    return answer


async def stream_chat(client: AsyncOpenAI, **more: Any) -> list[Any]:
    body: Any = {"model": MODEL, "messages": HI, "stream": True, **more}
    return [chunk async for chunk in await client.chat.completions.create(**body)]


# --- n


async def test_three_answers_have_their_indices_and_one_usage(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.default = {"text": "one two", "usage": {"input_tokens": 10, "output_tokens": 4}}
    answer = await create_chat(client, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert {choice.message.content for choice in answer.choices} == {"one two"}
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (30, 12)
    assert sum(request.method == "POST" for request in fake.requests) == 3


async def test_three_answers_stream_side_by_side(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.default = {"text": "one two three four", "delay": 0.01}
    chunks = await stream_chat(client, n=3, stream_options={"include_usage": True})
    texts = {0: "", 1: "", 2: ""}
    ends = []
    for chunk in chunks[:-1]:
        (choice,) = chunk.choices
        texts[choice.index] += choice.delta.content or ""
        ends += [choice.index] if choice.finish_reason else []
    assert texts == dict.fromkeys(range(3), "one two three four")
    assert sorted(ends) == [0, 1, 2]
    assert (chunks[-1].choices, chunks[-1].usage.prompt_tokens) == ([], 36)
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_one_choice_that_cannot_begin_fails_all_choices(
    client: AsyncOpenAI, fake: FakeAnthropic, stream: bool
) -> None:
    fake.script(says("fine"), Reply((Text("slow " * 50),), delay=0.1), too_long())
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(model=MODEL, messages=HI, n=3, stream=stream)
    async with asyncio.timeout(30):
        while fake.open_streams:
            await asyncio.sleep(0.01)


# --- tools


GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": 'start: "x"'}
FLAT = {"type": "custom", "name": "run.sql", "description": "Runs SQL.", "format": GRAMMAR}
NESTED = {"type": "custom", "custom": {"name": "run.sql", "format": {"type": "text"}}}


@pytest.mark.parametrize("tool", [FLAT, NESTED])
async def test_a_custom_tool_is_called_with_text(
    client: AsyncOpenAI, fake: FakeAnthropic, tool: Any
) -> None:
    query = 'select "ä"\nfrom t -- 🙂'
    fake.script(calls(ToolUse("run_sql", {"input": query})), says("Done."))
    answer = await create_chat(client, tools=[tool])
    (call,) = answer.choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "run.sql", query)
    assert answer.choices[0].finish_reason == "tool_calls"
    chat = [
        *HI,
        answer.choices[0].message.to_dict(),
        {"role": "tool", "tool_call_id": call.id, "content": "1 row"},
    ]
    await create_chat(client, tools=[tool], messages=chat)
    given = fake.requests[-1].body["messages"][1]["content"][-1]
    assert given["input"] == {"input": query}


async def test_a_custom_call_streams_its_text(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    pieces = ("", '{"inp', 'ut": "se', "lect", ' \\"a', '\\""', "}")
    fake.default = {"tools": [{"name": "run_sql", "input": {}, "pieces": pieces}]}
    chunks = await stream_chat(client, tools=[FLAT])
    deltas = [c.choices[0].delta.tool_calls[0] for c in chunks if c.choices[0].delta.tool_calls]
    assert (deltas[0].id is not None, deltas[0].custom) == (True, {"name": "run.sql", "input": ""})
    assert [delta.custom["input"] for delta in deltas[1:]] == ["se", "lect", ' "a', '"']


async def test_a_custom_tool_can_be_chosen(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(calls(ToolUse("run_sql", {"input": "x"})))
    choice = {"type": "custom", "custom": {"name": "run.sql"}}
    await create_chat(client, model=FORCED, tools=[FLAT, ADD], tool_choice=choice)
    assert fake.requests[-1].body["tool_choice"] == {"type": "tool", "name": "run_sql"}


async def test_strict_tools_are_strict_upstream(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    parameters = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "of": {"type": ["string", "null"]}},
        "required": ["n"],
        "additionalProperties": False,
    }
    open_map = {"type": "object", "properties": {"any": {"type": "object"}}}
    tools = [
        {"type": "function", "function": {"name": "a", "strict": True, "parameters": parameters}},
        {"type": "function", "function": {"name": "b", "strict": True, "parameters": open_map}},
        {"type": "function", "function": {"name": "c", "strict": False}},
    ]
    answer = await create_chat(client, tools=tools)
    assert [tool.get("strict") for tool in fake.requests[-1].body["tools"]] == [True, None, None]
    assert "strict" in answer.notice


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "add"}}])
async def test_a_missing_tool_call_is_requested_again(
    client: AsyncOpenAI, fake: FakeAnthropic, choice: Any
) -> None:
    other = {"type": "function", "function": {"name": "sub"}}
    fake.script(says("I could add that."), calls(ToolUse("add", {"a": 1})))
    chunks = await stream_chat(client, tools=[ADD, other], tool_choice=choice)
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    last = fake.requests[-1].body
    assert [message["role"] for message in last["messages"]] == ["user", "assistant", "user"]
    assert "call" in last["messages"][-1]["content"][0]["text"]
    offered = [tool["name"] for tool in last["tools"]]
    assert offered == (["add", "sub"] if choice == "required" else ["add"])


async def test_a_cache_marker_on_a_tool_is_passed_on(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    await create_chat(client, tools=[{**ADD, "cache_control": {"type": "ephemeral"}}])
    assert fake.requests[-1].body["tools"][0]["cache_control"] == {"type": "ephemeral"}


# --- web search


SEARCH: dict[str, Any] = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"}
FOUND: dict[str, Any] = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://example.org/a",
            "title": "A",
            "encrypted_content": "eA==",
            "page_age": None,
        }
    ],
}
CITATION = {
    "type": "web_search_result_location",
    "url": "https://example.org/a",
    "title": "A",
    "cited_text": "It rains.",
    "encrypted_index": "eA==",
}
SEARCHING = Reply(
    (
        Text("Let me look. "),
        RawBlock(
            {**SEARCH, "input": {}},
            ({"type": "input_json_delta", "partial_json": '{"query": "rain"}'},),
        ),
    ),
    stop_reason="pause_turn",
    usage=Usage(input_tokens=10, output_tokens=5),
)
CITED = Reply(
    (
        RawBlock(FOUND),
        RawBlock(
            {"type": "text", "text": ""},
            (
                {"type": "text_delta", "text": "It rains."},
                {"type": "citations_delta", "citation": CITATION},
            ),
        ),
    ),
    usage=Usage(input_tokens=20, output_tokens=7),
)
PLACE = {"type": "approximate", "approximate": {"city": "Bergen", "country": "NO"}}


async def test_web_search_is_cited_and_its_pause_is_continued(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(SEARCHING, CITED)
    answer = await create_chat(client, web_search_options={"user_location": PLACE})
    (choice,) = answer.choices
    assert choice.message.content == "Let me look. It rains."
    assert choice.message.tool_calls is None
    assert choice.finish_reason == "stop"
    (annotation,) = choice.message.annotations
    assert annotation.url_citation.model_dump() == {
        "start_index": 13,
        "end_index": 22,
        "title": "A",
        "url": "https://example.org/a",
    }
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (30, 12)
    first, second = (request.body for request in fake.requests if request.method == "POST")
    assert first["tools"] == [
        {
            "type": "web_search_20260318",
            "name": "web_search",
            "allowed_callers": ["direct"],
            "user_location": {"type": "approximate", "city": "Bergen", "country": "NO"},
        }
    ]
    assert second["messages"][-1]["content"][-1] == {**SEARCH, "input": {"query": "rain"}}


async def test_annotations_stream_with_the_text_they_belong_to(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(CITED)
    chunks = await stream_chat(client, tools=[{"type": "web_search_preview"}])
    deltas = [chunk.choices[0].delta.model_extra or {} for chunk in chunks]
    found = [delta["annotations"] for delta in deltas if "annotations" in delta]
    assert [one[0]["url_citation"]["end_index"] for one in found] == [9]


async def test_a_clients_own_web_search_function_is_not_replaced(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    own = {"type": "function", "function": {"name": "web_search"}}
    fake.script(calls(ToolUse("web_search_2", {"q": 1})))
    answer = await create_chat(client, tools=[own], web_search_options={})
    assert answer.choices[0].message.tool_calls[0].function.name == "web_search"


# --- length and stop sequences


@pytest.mark.parametrize(
    ("model", "given", "sent"),
    [
        ("claude-opus-5-5", {}, 64_000),
        ("claude-haiku-4-5", {}, 32_000),
        ("claude-opus-5-5", {"max_tokens": 5}, 2048),
        ("claude-haiku-5-5", {"max_completion_tokens": 5}, 5),
        ("claude-haiku-4-5", {"max_tokens": 1_000_000}, 64_000),
    ],
)
async def test_max_tokens(
    client: AsyncOpenAI, fake: FakeAnthropic, model: str, given: Any, sent: int
) -> None:
    answer = await create_chat(client, model=model, **given)
    assert fake.requests[-1].body["max_tokens"] == sent
    assert ("max_tokens" in answer.notice) == bool(given)


async def test_a_whitespace_stop_sequence_ends_the_answer_and_the_upstream_request(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.default = {"text": "one\ntwo\n\nthree " + "and more " * 200, "delay": 0.005}
    chunks = await stream_chat(client, stop=["\n\n", "END"])
    texts = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert (texts, chunks[-1].choices[0].finish_reason) == ("one\ntwo", "stop")
    assert fake.requests[-1].body["stop_sequences"] == ["END"]
    await fake.wait_closed(1, timeout=30)
    assert [request.closed_early for request in fake.requests if request.method == "POST"] == [True]


async def test_a_prompt_that_is_too_long_has_openais_code(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(too_long())
    with pytest.raises(openai.BadRequestError) as caught:
        await create_chat(client)
    assert caught.value.code == "context_length_exceeded"


# --- the form of the answer


TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "child": {"$ref": "#"}},
    "required": ["name"],
}


async def test_json_object_is_only_json(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.default = {"text": 'Sure!\n```json\n{"a": "b c"}\n```\nBye.'}
    answer = await create_chat(client, response_format={"type": "json_object"})
    assert json.loads(answer.choices[0].message.content) == {"a": "b c"}
    chunks = await stream_chat(client, response_format={"type": "json_object"})
    texts = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert texts == '{"a": "b c"}'


@pytest.mark.parametrize("text", ['{"name": 1}', "I cannot."])
async def test_a_schema_that_claude_cannot_enforce_is_checked(
    client: AsyncOpenAI, fake: FakeAnthropic, text: str
) -> None:
    named = {"type": "json_schema", "json_schema": {"name": "tree", "schema": TREE}}
    fake.default = {"text": '{"name": "root", "child": {"name": "leaf"}}'}
    answer = await create_chat(client, response_format=named)
    assert json.loads(answer.choices[0].message.content)["child"] == {"name": "leaf"}
    fake.default = {"text": text}
    with pytest.raises(openai.InternalServerError) as caught:
        await create_chat(client, response_format=named)
    assert caught.value.code == "promise_not_kept"


async def test_verbosity_becomes_an_instruction(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    await create_chat(client, verbosity="low")
    assert fake.requests[-1].body["system"][0]["text"].startswith("Keep your answers short")
    await create_chat(client, verbosity="medium")
    assert "system" not in fake.requests[-1].body


@pytest.mark.parametrize(
    ("tier", "sent", "noticed"),
    [("auto", "auto", False), ("default", "standard_only", False), ("flex", None, True)],
)
async def test_service_tier(
    client: AsyncOpenAI, fake: FakeAnthropic, tier: str, sent: str | None, noticed: bool
) -> None:
    answer = await create_chat(client, service_tier=tier)
    assert fake.requests[-1].body.get("service_tier") == sent
    assert ("service_tier" in answer.notice) is noticed


async def test_the_service_tier_that_was_used_is_reported(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": "priority"}
    start = {**message, "model": MODEL, "stop_reason": None, "stop_sequence": None, "usage": usage}
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    fake.script(
        Reply(
            events=(
                {"type": "message_start", "message": start},
                {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}},
                {"type": "message_stop"},
            )
        )
    )
    assert (await create_chat(client)).service_tier == "priority"


async def test_redacted_thinking_is_not_content(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((RedactedThinking(), Text("Four."))))
    message = (await create_chat(client)).choices[0].message
    assert message.content == "Four."
    assert "reasoning_content" not in (message.model_extra or {})


# --- images


def build_picture(width: int, height: int) -> str:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(written, "PNG")
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()


def get_sent_size(fake: FakeAnthropic) -> tuple[int, int]:
    source = fake.requests[-1].body["messages"][0]["content"][0]["source"]
    return Image.open(io.BytesIO(base64.b64decode(source["data"]))).size


@pytest.mark.parametrize(
    ("size", "detail", "sent"),
    [
        ((4000, 1000), "auto", (2576, 644)),
        ((4000, 1000), "low", (512, 128)),
        ((2576, 100), "high", (2576, 100)),
    ],
)
async def test_a_large_image_is_scaled_down(
    client: AsyncOpenAI,
    fake: FakeAnthropic,
    size: tuple[int, int],
    detail: str,
    sent: tuple[int, int],
) -> None:
    part = {"type": "image_url", "image_url": {"url": build_picture(*size), "detail": detail}}
    answer = await create_chat(client, messages=[{"role": "user", "content": [part]}])
    assert get_sent_size(fake) == sent
    assert ("scaled" in answer.notice) == (sent != size)


async def test_many_images_are_all_scaled_down(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    part = {"type": "image_url", "image_url": {"url": build_picture(2100, 20)}}
    await create_chat(client, messages=[{"role": "user", "content": [part] * 21}])
    assert get_sent_size(fake) == (2000, 19)


# --- bodies in the Responses API's style


CONVERSATION: list[Any] = [
    {"role": "developer", "content": "Be kind."},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add."}]},
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
    {"type": "function_call_output", "call_id": "c1", "output": "2"},
    {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "*** Begin"},
    {"type": "custom_tool_call_output", "call_id": "c2", "output": "ok"},
    {
        "role": "user",
        "content": [{"type": "input_image", "image_url": build_picture(8, 8), "detail": "auto"}],
    },
]
STYLE = {
    "model": MODEL,
    "instructions": "Be brief.",
    "input": CONVERSATION,
    "max_output_tokens": 3000,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "tools": [
        {"type": "function", "name": "add", "parameters": {"type": "object"}, "strict": False},
        {"type": "custom", "name": "patch", "format": GRAMMAR},
        {"type": "code_interpreter", "container": {"type": "auto"}},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "custom", "name": "patch"}],
    },
    "include": ["reasoning.encrypted_content"],
}


async def test_a_chat_from_responses_body_is_answered_as_a_chat(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says("Done."))
    raw: Any = await client.post("/chat/completions", body=STYLE, cast_to=object)
    assert raw["object"] == "chat.completion"
    assert raw["choices"][0]["message"]["content"] == "Done."
    body = fake.requests[-1].body
    assert [block["text"] for block in body["system"]][:2] == ["Be brief.", "Be kind."]
    shape = [(m["role"], [block["type"] for block in m["content"]]) for m in body["messages"]]
    assert shape == [
        ("user", ["text"]),
        ("assistant", ["tool_use"]),
        ("user", ["tool_result"]),
        ("assistant", ["tool_use"]),
        ("user", ["tool_result", "image"]),
    ]
    assert body["messages"][3]["content"][0]["input"] == {"input": "*** Begin"}
    assert body["max_tokens"] == 3000
    assert body["output_config"] == {"effort": "low"}
    assert [tool["name"] for tool in body["tools"]] == ["patch"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]"),
        ({"input": 3}, "input"),
        ({"input": ["x"]}, "input[0]"),
        ({"input": "x", "previous_response_id": "resp_1"}, "previous_response_id"),
    ],
)
async def test_what_a_chat_does_not_support_is_rejected_by_name(
    client: AsyncOpenAI, body: Any, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post("/chat/completions", body={"model": MODEL, **body}, cast_to=object)
    assert caught.value.param == param
