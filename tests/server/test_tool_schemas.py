"""Tools whose schemas Claude's API refuses as they are, from the client to the fake and back."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bridge.server.state import Bridge
from tests.fake_anthropic.script import Failure, Reply, Text, Thinking, ToolUse, says
from tests.fake_anthropic.server import FakeAnthropic

HI: Any = {"role": "user", "content": "Hi"}
MODEL = "claude-opus-5"
SCHEMA: Any = {
    "type": "object",
    "properties": {
        "filter[name]": {"type": "string"},
        "filter.name": {"type": "string"},
        "$orderBy": {"type": "array", "items": {"$ref": "#/$defs/order"}},
    },
    "required": ["filter[name]", "$orderBy"],
    "additionalProperties": False,
    "$defs": {
        "order": {
            "type": "object",
            "properties": {"@field": {"type": "string"}},
            "required": ["@field"],
            "additionalProperties": False,
        }
    },
}
UPSTREAM = {"filter_name": "a", "orderBy": [{"field": "x"}]}
CLIENT = {"filter[name]": "a", "$orderBy": [{"@field": "x"}]}
TOOL: Any = {"type": "function", "function": {"name": "list apps", "parameters": SCHEMA}}
FLAT: Any = {"type": "function", "name": "list apps", "parameters": SCHEMA}
ASK: Any = {"model": MODEL, "messages": [HI], "tools": [TOOL]}
RESPOND: Any = {"model": MODEL, "input": "Hi", "tools": [FLAT]}
CALL = Reply((ToolUse("list_apps", UPSTREAM),))


async def post(bridge: Bridge, path: str, body: Any, status: int = 200) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/{path}", json=body) as answer,
    ):
        text = await answer.text()
        assert answer.status == status, text
        return text


def read_stream(text: str) -> list[Any]:
    lines = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


async def test_a_call_has_the_clients_keys(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(CALL)
    answer = json.loads(await post(bridge, "chat/completions", ASK))
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
        "list apps",
        CLIENT,
    )
    (tool,) = fake.bodies()[-1]["tools"]
    assert list(tool["input_schema"]["properties"]) == ["filter_name", "filter.name", "orderBy"]
    assert tool["input_schema"]["required"] == ["filter_name", "orderBy"]


@pytest.mark.parametrize("strict", [False, True])
async def test_a_streamed_call_has_them_too(
    bridge: Bridge, fake: FakeAnthropic, strict: bool
) -> None:
    fake.script(Reply((ToolUse("list_apps", UPSTREAM, pieces=tuple(json.dumps(UPSTREAM))),)))
    function = {**TOOL["function"], "strict": strict}
    body = {**ASK, "tools": [{**TOOL, "function": function}], "stream": True}
    chunks = read_stream(await post(bridge, "chat/completions", body))
    calls = [
        call
        for chunk in chunks
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls") or ()
    ]
    text = "".join(call["function"]["arguments"] for call in calls)
    assert json.loads(text) == CLIENT
    assert fake.bodies()[-1]["tools"][0].get("strict", False) is strict


@pytest.mark.parametrize("stream", [False, True])
async def test_a_response_has_them_too(bridge: Bridge, fake: FakeAnthropic, stream: bool) -> None:
    fake.script(CALL)
    text = await post(bridge, "responses", {**RESPOND, "stream": stream})
    response = read_stream(text)[-1]["response"] if stream else json.loads(text)
    (item,) = response["output"]
    assert (item["name"], json.loads(item["arguments"])) == ("list apps", CLIENT)


async def test_a_legacy_function_call_has_them_too(bridge: Bridge, fake: FakeAnthropic) -> None:
    fake.script(CALL)
    body = {"model": MODEL, "messages": [HI], "functions": [TOOL["function"]]}
    answer = json.loads(await post(bridge, "chat/completions", body))
    assert json.loads(answer["choices"][0]["message"]["function_call"]["arguments"]) == CLIENT


async def test_claude_code_gets_the_same_schemas(claude_code: Bridge, fake: FakeAnthropic) -> None:
    fake.script(CALL, CALL, fill(OPTIONAL))
    model = "claude-opus-5-5"
    answer = json.loads(await post(claude_code, "chat/completions", {**ASK, "model": model}))
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == CLIENT
    body = {**MESSAGE, "model": model, "tools": [OWN_TOOL]}
    answer = json.loads(await post(claude_code, "messages", body))
    assert answer["content"][0]["input"] == CLIENT
    # A refusal leads to the prompt there, too.
    body = {"model": model, "messages": [HI], "response_format": build_format(OPTIONAL)}
    await post(claude_code, "chat/completions", body)
    assert list_statuses(fake) == [200, 200, 400, 200]


async def test_claude_sees_its_own_names_in_the_history(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(Reply((Thinking("Hm."), Text("Wait."), ToolUse("list_apps", UPSTREAM))), says("2"))
    model = "claude-opus-5-5"
    answer = json.loads(await post(bridge, "chat/completions", {**ASK, "model": model}))
    message = answer["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "2"}
    body = {**ASK, "model": model, "messages": [HI, message, result]}
    await post(bridge, "chat/completions", body)
    blocks = fake.bodies()[-1]["messages"][1]["content"]
    # Thinking is restored only if the call is the one that Claude made.
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert blocks[-1]["input"] == UPSTREAM


async def test_claude_sees_them_in_the_history_of_a_response(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    fake.script(CALL, says("2"))
    first = json.loads(await post(bridge, "responses", RESPOND))
    call_id = first["output"][0]["call_id"]
    output = {"type": "function_call_output", "call_id": call_id, "output": "2"}
    body = {**RESPOND, "input": [output], "previous_response_id": first["id"]}
    await post(bridge, "responses", body)
    assert fake.bodies()[-1]["messages"][1]["content"][-1]["input"] == UPSTREAM


async def test_an_error_names_the_tool(bridge: Bridge, fake: FakeAnthropic) -> None:
    wrong = {"type": "function", "function": {"name": "my tool", "parameters": {"type": 3}}}
    text = await post(bridge, "chat/completions", {**ASK, "tools": [TOOL, wrong]}, 400)
    error = json.loads(text)["error"]
    assert error["message"].startswith("The schema of the tool `my tool` is invalid.")
    assert error["param"] == "tools[1].function.parameters.type"
    assert not fake.bodies()


async def test_an_error_of_upstream_names_it_as_the_client_does(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    refusal = "tools.0.custom.input_schema.properties: Something new."
    for path, body in (("chat/completions", ASK), ("responses", RESPOND)):
        fake.script(Failure(400, message=refusal))
        error = json.loads(await post(bridge, path, body, 400))["error"]
        assert error["message"] == "tool `list apps`: input_schema.properties: Something new."


# --- Schemas that Claude's API cannot compile


def build_object(count: int, part: Any, *, required: bool) -> Any:
    names = [f"p{number}" for number in range(count)]
    return {
        "type": "object",
        "properties": dict.fromkeys(names, part),
        "required": names if required else [],
        "additionalProperties": False,
    }


OPTIONAL = build_object(25, {"type": "string"}, required=False)
UNIONS = build_object(17, {"type": ["string", "null"]}, required=True)
LARGE = build_object(400, {"enum": ["a" * 60]}, required=True)
SMALL = build_object(1, {"type": "string"}, required=True)


def build_format(schema: Any) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "f", "schema": schema}}


def fill(schema: Any) -> Reply:
    """An answer that the schema accepts."""
    return says(json.dumps(dict.fromkeys(schema["properties"], "a" * 60)))


def list_statuses(fake: FakeAnthropic) -> list[int | None]:
    statuses = [request.status for request in fake.requests if request.method == "POST"]
    fake.requests.clear()
    return statuses


@pytest.mark.parametrize("schema", [OPTIONAL, UNIONS, LARGE])
async def test_a_format_that_cannot_be_compiled_is_checked_here(
    bridge: Bridge, fake: FakeAnthropic, schema: Any
) -> None:
    body = {"model": MODEL, "messages": [HI], "response_format": build_format(schema)}
    text = {"format": {"type": "json_schema", "name": "f", "schema": schema}}
    fake.script(fill(schema), fill(schema), fill(schema))
    await post(bridge, "chat/completions", body)
    await post(bridge, "chat/completions", {**body, "stream": True})
    await post(bridge, "responses", {"model": MODEL, "input": "Hi", "text": text})
    # Remembered, for this schema only.
    assert list_statuses(fake) == [400, 200, 200, 200]
    fake.script(says('{"p0": "a"}'))
    await post(bridge, "chat/completions", {**body, "response_format": build_format(SMALL)})
    assert (
        fake.bodies()[-1]["output_config"]["format"]["schema"]["properties"] == SMALL["properties"]
    )


async def test_a_tool_that_cannot_be_compiled_leaves_the_others_strict(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    def build(name: str, schema: Any) -> Any:
        function = {"name": name, "parameters": schema, "strict": True}
        return {"type": "function", "function": function}

    for tools in ([build("a", OPTIONAL), build("b", SMALL)], [build("c", OPTIONAL)]):
        await post(bridge, "chat/completions", {**ASK, "tools": tools})
    assert list_statuses(fake) == [400, 200, 200]
    tools = [build("a", OPTIONAL), build("b", SMALL)]
    await post(bridge, "chat/completions", {**ASK, "tools": tools})
    assert [tool.get("strict") for tool in fake.bodies()[-1]["tools"]] == [None, True]


async def test_tools_and_a_format_that_are_too_large_each(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    function = {"name": "a", "parameters": LARGE, "strict": True}
    tools = [{"type": "function", "function": function}]
    body = {**ASK, "tools": tools, "response_format": build_format({**LARGE, "title": "t"})}
    fake.script(fill(LARGE), fill(LARGE))
    await post(bridge, "chat/completions", body)
    # Refused: both together, then the format alone, then the tool alone.
    assert list_statuses(fake) == [400, 400, 400, 200]
    await post(bridge, "chat/completions", body)
    assert list_statuses(fake) == [200]


# --- /v1/messages

MESSAGE: Any = {"model": MODEL, "max_tokens": 900, "messages": [HI]}
OWN_TOOL: Any = {"name": "list_apps", "input_schema": SCHEMA, "input_examples": [CLIENT]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("strict", [False, True])
async def test_a_message_has_the_clients_keys(
    bridge: Bridge, fake: FakeAnthropic, stream: bool, strict: bool
) -> None:
    fake.script(CALL)
    call = {"type": "tool_use", "id": "t1", "name": "list_apps", "input": CLIENT}
    history = [
        HI,
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}]},
    ]
    tool = {**OWN_TOOL, "strict": True} if strict else OWN_TOOL
    body = {**MESSAGE, "messages": history, "tools": [tool], "stream": stream}
    text = await post(bridge, "messages", body)
    if stream:
        deltas = [event.get("delta") or {} for event in read_stream(text)]
        written = json.loads("".join(delta.get("partial_json", "") for delta in deltas))
    else:
        written = json.loads(text)["content"][0]["input"]
    assert written == CLIENT
    sent = fake.bodies()[-1]
    assert sent["messages"][1]["content"][0]["input"] == UPSTREAM
    assert sent["tools"][0]["input_examples"] == [UPSTREAM]


async def test_the_tokens_of_a_tool_with_odd_keys_are_counted(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    body = {"model": MODEL, "messages": [HI], "tools": [OWN_TOOL]}
    await post(bridge, "messages/count_tokens", body)
    await post(bridge, "responses/input_tokens", RESPOND)
    assert list_statuses(fake) == [200, 200]


async def test_a_message_with_accepted_schemas_is_sent_as_it_is(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    schema = {"$schema": "x", "type": "object", "properties": {"a.b": {"nullable": True}}}
    body = {**MESSAGE, "tools": [{"name": "a", "input_schema": schema}]}
    await post(bridge, "messages", body)
    assert fake.bodies()[-1]["tools"] == body["tools"]


async def test_an_older_dialect_in_a_message_is_repaired_when_it_was_refused(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    part = {"type": "integer", "minimum": 0, "exclusiveMinimum": True}
    old = {"type": "object", "properties": {"a": part}, "anyOf": [{"required": ["a"]}]}
    tools = [{"name": "old", "input_schema": old}, {"name": "new", "input_schema": SMALL}]
    for _ in range(2):
        await post(bridge, "messages", {**MESSAGE, "tools": tools})
    assert list_statuses(fake) == [400, 200, 200]
    await post(bridge, "messages", {**MESSAGE, "tools": tools})
    first, second = fake.bodies()[-1]["tools"]
    assert first["input_schema"]["properties"]["a"] == {"type": "integer", "exclusiveMinimum": 0}
    assert second == tools[1]


async def test_a_schema_in_a_message_that_cannot_be_read_names_the_tool(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    wrong = {"type": "object", "properties": {"a": {"type": 3}}}
    body = {**MESSAGE, "tools": [{"name": "odd", "input_schema": wrong}]}
    error = json.loads(await post(bridge, "messages", body, 400))["error"]
    assert error["type"] == "invalid_request_error"
    assert "tool `odd`" in error["message"]
    assert list_statuses(fake) == [400]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_format_of_a_message_that_cannot_be_compiled_is_checked_here(
    bridge: Bridge, fake: FakeAnthropic, stream: bool
) -> None:
    config = {"effort": "low", "format": {"type": "json_schema", "schema": OPTIONAL}}
    body = {**MESSAGE, "output_config": config, "system": "Be brief.", "stream": stream}
    fake.script(says('```json\n{"p0": "a"}\n```'), says('{"p0": "a"}'), says('{"p0": 1}'))
    text = await post(bridge, "messages", body)
    if stream:
        deltas = [event.get("delta") or {} for event in read_stream(text)]
        assert "".join(delta.get("text", "") for delta in deltas) == '{"p0": "a"}'
    else:
        assert json.loads(text)["content"] == [{"type": "text", "text": '{"p0": "a"}'}]
    await post(bridge, "messages", body)
    sent = fake.bodies()[-1]
    assert (sent["output_config"], sent["system"][0]["text"]) == ({"effort": "low"}, "Be brief.")
    assert list_statuses(fake) == [400, 200, 200]
    if not stream:
        error = json.loads(await post(bridge, "messages", body, 502))["error"]
        assert "does not match output_config.format" in error["message"]


async def test_a_strict_tool_of_a_message_that_cannot_be_compiled_is_loosened(
    bridge: Bridge, fake: FakeAnthropic
) -> None:
    tools = [
        {"name": "large", "input_schema": OPTIONAL, "strict": True},
        {"name": "small", "input_schema": SMALL, "strict": True},
    ]
    for _ in range(2):
        await post(bridge, "messages", {**MESSAGE, "tools": tools})
    assert [tool.get("strict") for tool in fake.bodies()[-1]["tools"]] == [None, True]
    assert list_statuses(fake) == [400, 200, 200]


@pytest.mark.parametrize("parameters", [[], {}, None, True, {"type": None, "properties": []}])
async def test_parameters_that_say_nothing_are_an_empty_object(
    bridge: Bridge, fake: FakeAnthropic, parameters: Any
) -> None:
    function = {"name": "now", "parameters": parameters}
    flat = {"type": "function", **function}
    tools = [{"type": "function", "function": function}]
    await post(bridge, "chat/completions", {**ASK, "tools": tools})
    await post(bridge, "responses", {**RESPOND, "tools": [flat]})
    schemas = [body["tools"][0]["input_schema"] for body in fake.bodies()]
    assert schemas == [{"type": "object", "properties": {}}] * 2
