"""`/v1/responses` with the real client, on both backends where it matters."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_type_hints

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import BaseModel

from bridge.server.state import Bridge
from bridge.translate.chat.request import IGNORED_PARAMETERS
from bridge.translate.responses.request import REFUSED_PARAMETERS
from bridge.wire.chat import ChatRequest
from bridge.wire.responses import ResponsesRequest
from tests.conftest import StartBridge
from tests.fake_anthropic.script import (
    Drop,
    Reply,
    Text,
    Thinking,
    ToolUse,
    Usage,
    calls,
    overloaded,
    refuses,
    says,
    thinks,
)
from tests.fake_anthropic.server import FakeAnthropic
from tests.fake_anthropic.tokens import count_tokens

MODEL = "claude-opus-5-5"
WEATHER: Any = {
    "type": "function",
    "name": "get.weather",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
}


async def create_response(client: AsyncOpenAI, **more: Any) -> Any:
    return await client.responses.create(**{"model": MODEL, "input": "Hi", **more})


async def stream_response(client: AsyncOpenAI, **more: Any) -> list[Any]:
    events = [event async for event in await create_response(client, stream=True, **more)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    return events


def list_types(events: list[Any]) -> list[str]:
    return [event.type.removeprefix("response.") for event in events]


def get_sent_body(fake: FakeAnthropic) -> dict[str, Any]:
    return fake.bodies()[-1]


# --- output


async def test_a_whole_response(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("Hello there.", usage=Usage(10, 7, 3, 2)))
    answer = await create_response(client, instructions="Be kind.", metadata={"a": "b"})
    Response.model_validate(answer.to_dict(), strict=True)
    assert (answer.status, answer.output_text) == ("completed", "Hello there.")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (15, 7)
    assert answer.usage.input_tokens_details.cached_tokens == 2
    assert (answer.instructions, answer.metadata) == ("Be kind.", {"a": "b"})
    assert get_sent_body(fake)["system"][0]["text"] == "Be kind."


REQUIRED = {
    "id", "object", "created_at", "completed_at", "status", "incomplete_details", "model",
    "previous_response_id", "instructions", "output", "error", "tools", "tool_choice",
    "truncation", "parallel_tool_calls", "text", "top_p", "presence_penalty",
    "frequency_penalty", "top_logprobs", "temperature", "reasoning", "user", "usage",
    "max_output_tokens", "max_tool_calls", "store", "background", "service_tier", "metadata",
    "safety_identifier", "prompt_cache_key",
}  # fmt: skip
"""Of the Open Responses specification: all must be there, be it as null."""


async def test_no_field_is_left_out(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    raw = await client.responses.with_raw_response.create(model=MODEL, input="Hi", tools=[WEATHER])
    body = json.loads(raw.http_response.text)
    assert body.keys() >= REQUIRED
    assert body["tools"][0]["strict"] is None


async def test_text_streams_with_every_event(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says("one two", usage=Usage(5, 2)))
    events = await stream_response(client)
    assert list_types(events) == [
        "created", "in_progress", "output_item.added", "content_part.added",
        "output_text.delta", "output_text.delta", "output_text.done", "content_part.done",
        "output_item.done", "completed",
    ]  # fmt: skip
    assert [event.delta for event in events[4:6]] == ["one", " two"]
    assert events[2].item.content == []
    assert events[8].item.content[0].text == "one two"
    assert events[-1].response.output_text == "one two"
    assert len({event.item_id for event in events[3:8]}) == 1


async def test_the_clients_own_stream_helper(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((Thinking("Hm."), Text("one two"))))
    async with client.responses.stream(model=MODEL, input="Hi") as stream:
        seen = [event.type async for event in stream]
        final = await stream.get_final_response()
    assert final.output_text == "one two"
    assert "response.reasoning_summary_text.delta" in seen


async def test_thinking_text_and_calls_are_items_in_order(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    blocks = (Thinking("Hm."), Text("Let me see."), ToolUse("get_weather", {"location": "SF"}))
    fake.script(Reply((*blocks, ToolUse("get_weather")), stop_reason="tool_use"))
    events = await stream_response(client, tools=[WEATHER])
    whole = events[-1].response
    assert [item.type for item in whole.output] == [
        "reasoning", "message", "function_call", "function_call",
    ]  # fmt: skip
    reasoning, _, call, empty = whole.output
    assert reasoning.summary[0].text == "Hm."
    assert reasoning.encrypted_content
    assert (call.name, json.loads(call.arguments)) == ("get.weather", {"location": "SF"})
    assert (empty.arguments, call.status) == ("{}", "completed")
    deltas = [e.delta for e in events if e.type.endswith("arguments.delta")]
    assert "".join(deltas) == call.arguments + "{}"
    assert [event.output_index for event in events if hasattr(event, "output_index")] == sorted(
        event.output_index for event in events if hasattr(event, "output_index")
    )


async def test_a_custom_tool_gets_its_text(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(calls(ToolUse("sql", pieces=("", '{"input": "sel', 'ect"}'))))
    events = await stream_response(client, tools=[{"type": "custom", "name": "sql"}])
    (call,) = events[-1].response.output
    assert (call.type, call.name, call.input) == ("custom_tool_call", "sql", "select")
    assert [e.delta for e in events if e.type.endswith("input.delta")] == ["sel", "ect"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(says("cut", stop_reason="max_tokens"), "max_output_tokens"), (refuses(), "content_filter")],
)
async def test_an_incomplete_response_has_its_reason(
    client: AsyncOpenAI, fake: FakeAnthropic, reply: Reply, reason: str
) -> None:
    fake.script(reply)
    events = await stream_response(client)
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.incomplete_details.reason == reason


@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_before_the_answer_has_its_http_status(
    client: AsyncOpenAI, fake: FakeAnthropic, stream: bool
) -> None:
    fake.script(overloaded())
    with pytest.raises(openai.InternalServerError) as caught:
        await create_response(client, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (503, "overloaded")


async def test_a_dropped_connection_is_a_failed_response(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("one two three"),), fault=Drop(2)))
    events = await stream_response(client)
    assert list_types(events)[-1] == "failed"
    assert events[-1].response.status == "failed"
    assert events[-1].response.error.code == "server_error"
    fake.script(Reply((Text("one two three"),), fault=Drop(2)))
    with pytest.raises(openai.InternalServerError):
        await create_response(client)


class Step(BaseModel):
    words: str


async def test_structured_output_is_parsed(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(says('{"words": "x"}'))
    answer = await client.responses.parse(model=MODEL, input="Hi", text_format=Step)
    assert answer.output_parsed == Step(words="x")
    form = get_sent_body(fake)["output_config"]["format"]
    assert form["schema"]["required"] == ["words"]


# --- round trips


async def test_encrypted_thinking_makes_a_round_trip_through_the_client(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(thinks("Let me see.", "Four."), says("Five."))
    question: Any = {"role": "user", "content": "2+2?"}
    first = await create_response(client, input=[question], store=False)
    again = [
        question,
        *(item.to_dict() for item in first.output),
        {"role": "user", "content": "+1?"},
    ]
    second = await create_response(
        client, input=again, store=False, include=["reasoning.encrypted_content"]
    )
    assert second.output_text == "Five."
    given = get_sent_body(fake)["messages"][1]["content"]
    assert [block["type"] for block in given] == ["thinking", "text"]
    assert given[0]["signature"]


async def test_a_call_and_its_output_continue_the_conversation(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(calls(ToolUse("get_weather", {"location": "SF"})), says("Sunny."))
    first = await create_response(client, tools=[WEATHER])
    (call,) = first.output
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "18 C"}
    second = await create_response(
        client, input=[output], previous_response_id=first.id, tools=[WEATHER]
    )
    assert second.previous_response_id == first.id
    roles = [message["role"] for message in get_sent_body(fake)["messages"]]
    assert roles == ["user", "assistant", "user"]
    result = get_sent_body(fake)["messages"][2]["content"][0]
    assert result["tool_use_id"] == get_sent_body(fake)["messages"][1]["content"][0]["id"]


async def test_a_namespace_makes_a_round_trip(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    inner = {"type": "function", "name": "open", "parameters": {"type": "object"}}
    tools: Any = [{"type": "namespace", "name": "files", "description": "Files.", "tools": [inner]}]
    fake.script(calls(ToolUse("files__open")), says("Done."))
    first = await create_response(client, tools=tools)
    (call,) = first.output
    assert (call.namespace, call.name) == ("files", "open")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}
    await create_response(
        client,
        tools=tools,
        input=["Hi" and {"role": "user", "content": "Hi"}, call.to_dict(), output],
    )
    assert get_sent_body(fake)["messages"][1]["content"][0]["name"] == "files__open"


async def test_images_and_files_reach_claude(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    content = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": pixel},
        {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,SGk="},
    ]
    await create_response(client, input=[{"role": "user", "content": content}])
    types = [block["type"] for block in get_sent_body(fake)["messages"][0]["content"]]
    assert types == ["text", "image", "document"]


async def test_references_are_replaced_by_their_items(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(says("Four."))
    first = await create_response(client, input="2+2?")
    reference = {"type": "item_reference", "id": first.output[0].id}
    again: Any = [{"role": "user", "content": "2+2?"}, reference, {"role": "user", "content": "?"}]
    await create_response(client, input=again)
    assert get_sent_body(fake)["messages"][1]["content"][0]["text"] == "Four."
    with pytest.raises(openai.NotFoundError) as caught:
        await create_response(client, input=[{"type": "item_reference", "id": "msg_none"}])
    assert caught.value.param == "input[0]"


async def test_a_client_that_leaves_is_recorded_with_what_was_written(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    fake.script(Reply((Text("word " * 500),), delay=0.01, usage=Usage(30)))
    stream = await create_response(client, stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    await fake.wait_closed(1, timeout=30)
    async with asyncio.timeout(30):
        while not await bridge.ledger.list_recent(1):
            await asyncio.sleep(0.01)
    (entry,) = await bridge.ledger.list_recent(1)
    assert (entry.outcome, entry.input_tokens) == ("cut", 30)


@pytest.mark.parametrize("stream", [False, True])
async def test_claude_code_answers_responses_as_well(
    claude_code: Bridge, fake: FakeAnthropic, stream: bool
) -> None:
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x", max_retries=0) as client:
        blocks = (Thinking("Hm."), Text("Let me see."), ToolUse("get_weather", {"location": "SF"}))
        # Not by script: Claude Code may ask once more before it is ended.
        fake.default = Reply(blocks, stop_reason="tool_use")
        if stream:
            first = (await stream_response(client, tools=[WEATHER]))[-1].response
        else:
            first = await create_response(client, tools=[WEATHER])
        assert [item.type for item in first.output] == ["reasoning", "message", "function_call"]
        call = first.output[-1]
        fake.script(says("Sunny."))
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "18 C"}
        second = await create_response(
            client, input=[output], previous_response_id=first.id, tools=[WEATHER]
        )
        assert second.output_text == "Sunny."


async def test_input_tokens_are_counted_by_upstream(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    counted = await client.responses.input_tokens.count(
        model=MODEL, input="How many are these?", instructions="Be brief.", tools=[WEATHER]
    )
    assert counted.object == "response.input_tokens"
    body = fake.bodies("/v1/messages/count_tokens")[-1]
    assert counted.input_tokens == count_tokens(body)
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "How many are these?"}]}
    ]
    assert {"max_tokens", "metadata", "stop_sequences"}.isdisjoint(body)


async def test_input_tokens_are_not_counted_by_claude_code(claude_code: Bridge) -> None:
    async with AsyncOpenAI(base_url=f"{claude_code.url}/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.APIStatusError, match="cannot count the tokens") as refused:
            await client.responses.input_tokens.count(model=MODEL, input="How many are these?")
    assert (refused.value.status_code, refused.value.code) == (501, "not_supported")


async def test_a_conversation_is_compacted(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((Thinking("Hm."), Text("They launch on Tuesday.")), usage=Usage(24, 5)))
    talk: Any = [
        {"role": "user", "content": "We launch on Tuesday."},
        {"type": "function_call", "call_id": "c1", "name": "note", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "noted"},
        {"role": "assistant", "content": "Tuesday it is."},
    ]
    short = await client.responses.compact(model=MODEL, input=talk, instructions="Be brief.")
    assert (short.object, short.usage.total_tokens) == ("response.compaction", 29)
    assert [item.type for item in short.output] == ["message", "compaction"]
    asked_for = get_sent_body(fake)["messages"][-1]["content"][-1]["text"]
    assert asked_for.startswith("Write a summary that lets someone who has not seen")


async def test_an_incomplete_summary_is_an_error(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    fake.script(Reply((Text("They la"),), stop_reason="max_tokens"))
    with pytest.raises(openai.APIStatusError, match="did not finish the summary"):
        await client.responses.compact(model=MODEL, input="We launch on Tuesday.")


async def test_compacting_needs_a_model(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post("/responses/compact", body={"input": "Hi"}, cast_to=object)
    assert caught.value.param == "model"


# --- stored responses


async def test_a_response_is_stored_and_deleted(client: AsyncOpenAI, fake: FakeAnthropic) -> None:
    made = await create_response(client, input="Remember me.")
    assert (await client.responses.retrieve(made.id)).to_dict() == made.to_dict()
    items = await client.responses.input_items.list(made.id)
    item: Any = items.data[0].to_dict()
    assert item["content"] == [{"type": "input_text", "text": "Remember me."}]
    await client.responses.delete(made.id)
    for call in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            await call(made.id)
    with pytest.raises(openai.BadRequestError) as refused:
        await create_response(client, previous_response_id=made.id)
    assert refused.value.param == "previous_response_id"
    assert refused.value.code == "previous_response_not_found"


async def test_a_stored_response_survives_a_restart(
    start_bridge: StartBridge, fake: FakeAnthropic, bridge: Bridge, client: AsyncOpenAI
) -> None:
    events = [event async for event in await create_response(client, stream=True, store=True)]
    made = events[-1].response
    bridge.stop_requested.set()
    other = await start_bridge(backend="anthropic")
    async with AsyncOpenAI(base_url=f"{other.url}/v1", api_key="x", max_retries=0) as later:
        assert (await later.responses.retrieve(made.id)).output_text == made.output_text
        await create_response(later, input="And?", previous_response_id=made.id)
    assert len(get_sent_body(fake)["messages"]) == 3


async def test_a_response_with_store_false_is_not_stored(client: AsyncOpenAI) -> None:
    made = await create_response(client, store=False)
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve(made.id)


# --- in the background


async def wait_for_end(client: AsyncOpenAI, id: str) -> Any:
    async with asyncio.timeout(10):
        while (found := await client.responses.retrieve(id)).status in ("queued", "in_progress"):
            await asyncio.sleep(0.01)
    return found


async def test_a_background_response_can_be_read_later(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Text("one two three"),), delay=0.05), overloaded())
    made = await create_response(client, background=True)
    assert (made.status, made.background, made.output) == ("queued", True, [])
    found = await wait_for_end(client, made.id)
    assert (found.status, found.output_text, found.id) == ("completed", "one two three", made.id)
    failed = await wait_for_end(client, (await create_response(client, background=True)).id)
    assert (failed.status, failed.error.code) == ("failed", "server_error")


async def test_a_background_response_can_be_cancelled(
    client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    fake.script(Reply((Text("word " * 500),), delay=0.01, usage=Usage(30)))
    made = await create_response(client, background=True)
    await fake.wait_requests(1, 5)
    cancelled = await client.responses.cancel(made.id)
    assert cancelled.status == "cancelled"
    await fake.wait_closed(1, timeout=30)
    assert (await client.responses.retrieve(made.id)).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        await client.responses.cancel(made.id)
    assert bridge.background == {}


async def test_a_background_response_finishes_before_the_bridge_stops(
    start_bridge: StartBridge, client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    fake.script(Reply((Text("one two three"),), delay=0.1))
    made = await create_response(client, background=True, store=True)
    await fake.wait_requests(1, 5)
    bridge.stop_requested.set()
    await fake.wait_closed(1, timeout=30)
    other = await start_bridge(backend="anthropic")
    async with AsyncOpenAI(base_url=f"{other.url}/v1", api_key="x", max_retries=0) as later:
        assert (await later.responses.retrieve(made.id)).output_text == "one two three"


async def test_a_background_response_that_the_stop_interrupts_is_stored_as_failed(
    start_bridge: StartBridge, client: AsyncOpenAI, fake: FakeAnthropic, bridge: Bridge
) -> None:
    fake.script(Reply((Text("word " * 2000),), delay=0.01))
    made = await create_response(client, background=True)
    await fake.wait_requests(1, 5)
    bridge.stop_requested.set()
    await fake.wait_closed(1, timeout=10)
    other = await start_bridge(backend="anthropic")
    async with AsyncOpenAI(base_url=f"{other.url}/v1", api_key="x", max_retries=0) as later:
        async with asyncio.timeout(10):
            while (found := await _find_response(later, made.id)) is None:
                await asyncio.sleep(0.05)
    assert found.status == "failed"
    assert "stopped before this answer ended" in found.error.message


async def _find_response(client: AsyncOpenAI, id: str) -> Any:
    try:
        return await client.responses.retrieve(id)
    except openai.NotFoundError:
        return None


# --- parameters


def test_every_parameter_is_mapped_rejected_or_ignored() -> None:
    theirs = set(get_type_hints(ResponseCreateParamsNonStreaming))
    known = {
        *ResponsesRequest.model_fields,
        *ChatRequest.model_fields,
        *REFUSED_PARAMETERS,
        *IGNORED_PARAMETERS,
    }
    assert theirs <= known, theirs - known


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"background": True, "stream": True}, "stream"),
        ({"background": True, "store": False}, "store"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"extra_body": {"prompt": {"id": "pmpt_1"}}}, "prompt"),
        ({"input": []}, "input"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
    ],
)
async def test_unsupported_parameters_are_rejected_by_name(
    client: AsyncOpenAI, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await create_response(client, **more)
    assert caught.value.param == param
