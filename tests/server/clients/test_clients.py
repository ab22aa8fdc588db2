"""The bodies that real clients send (../shared/CLIENTS.md), each accepted and answered."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.fake_anthropic.script import ToolUse, calls, says
from tests.fake_anthropic.server import FakeAnthropic

CACHE: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
PIXEL = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def user(content: Any = "Hi", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def system(content: Any = "You are a helpful agent.", **more: Any) -> dict[str, Any]:
    return {"role": "system", "content": content, **more}


def call(id: str = "call_1", arguments: str = '{"path": "a.py"}') -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}}


def result(id: str = "call_1", content: Any = "print(1)", **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content, **more}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def tool(parameters: Any = None, **more: Any) -> dict[str, Any]:
    function = {"name": "read", "description": "Read a file.", "parameters": parameters, **more}
    return {"type": "function", "function": function}


LOOSE_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1, "pattern": "^[^/]", "default": "a.py"},
        "lines": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "depth": {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]},
    },
    "required": ["path"],
}
STRICT_SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": ["string", "null"]}},
    "required": ["path"],
    "additionalProperties": False,
}
DEFS_SCHEMA = {
    "$defs": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
    "type": "object",
    "title": "Owner",
    "properties": {"pet": {"$ref": "#/$defs/Pet"}, "age": {"type": "integer", "maximum": 9}},
    "required": ["pet"],
}

BODIES: dict[str, dict[str, Any]] = {
    "Cline": {
        "messages": [
            system(),
            user(),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [call()],
                "reasoning_content": "Let me read it.",
            },
            result(),
        ],
        "tools": [tool(LOOSE_SCHEMA)],
        "stream": True,
        "stream_options": {"include_usage": True},
        "reasoning_effort": "medium",
    },
    "Roo Code": {
        "messages": [
            system([text("You are Roo.", **CACHE)]),
            user([text("Hi", **CACHE)]),
            {"role": "assistant", "content": "", "tool_calls": [call()]},
            result(),
            user([text("Go on", **CACHE)]),
        ],
        "tools": [tool(STRICT_SCHEMA, strict=True)],
        "temperature": 0,
        "parallel_tool_calls": True,
        "reasoning_effort": "high",
        "stream": True,
    },
    "Continue": {
        "messages": [
            system(),
            user(),
            {"role": "assistant", "content": " ", "tool_calls": [call()]},
            result(content=""),
        ],
        "tools": [tool({"type": "object", "properties": {}})],
        "temperature": 0.2,
        "max_tokens": 4096,
    },
    "opencode": {
        "messages": [
            system(**CACHE),
            user(**CACHE),
            {"role": "assistant", "content": "", "tool_calls": [call()]},
            result(**CACHE),
        ],
        "tools": [tool(LOOSE_SCHEMA)],
        "max_tokens": 32000,
        "stream": True,
    },
    "Qwen Code": {
        "messages": [
            system(),
            user([text("One")]),
            user([text("Two")]),
            {"role": "assistant", "tool_calls": [call()]},
            result(content=[text("print(1)")]),
        ],
        "tools": [tool({**LOOSE_SCHEMA, "format": "x"})],
    },
    "aider": {
        "messages": [system(), *[user(), {"role": "assistant", "content": "Ok."}] * 8, user()],
        "temperature": 0,
    },
    "Open WebUI, continue": {
        "messages": [user("Count"), {"role": "assistant", "content": "1, 2, "}],
        "stream": True,
    },
    "talon-ai-tools": {
        "messages": [
            system([text("Be brief.")]),
            user(
                [
                    text("What is this?"),
                    {"type": "image_url", "image_url": {"url": f"data:image/;base64,{PIXEL}"}},
                ]
            ),
        ],
        "max_tokens": 2024,
        "temperature": 0.6,
        "n": 1,
    },
    "langchain and instructor": {
        "messages": [user(name="ada")],
        "tools": [tool(DEFS_SCHEMA)],
        "tool_choice": {"type": "function", "function": {"name": "read"}},
        "stop": ["END"],
        "stream": False,
    },
    "pydantic-ai, required": {
        "messages": [user()],
        "tools": [tool(DEFS_SCHEMA)],
        "tool_choice": "required",
    },
    "openai .parse": {
        "messages": [user()],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "Owner", "schema": DEFS_SCHEMA, "strict": True},
        },
    },
    "Zed": {
        "messages": [
            system(),
            user(),
            {"role": "assistant", "content": [], "tool_calls": [call(arguments="")]},
            result(),
        ],
        "tools": [tool({"type": "object"})],
        "max_completion_tokens": 8192,
        "prompt_cache_key": "k",
        "parallel_tool_calls": False,
    },
    "no tools but told how to call them": {
        "messages": [user()],
        "tools": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
    },
    "tools only in the history": {
        "messages": [user(), {"role": "assistant", "tool_calls": [call()]}, result()],
    },
    "only developer messages": {
        "messages": [{"role": "developer", "content": "Say hello."}],
    },
    "every parameter at once": {
        "messages": [user()],
        "model": "gpt-5.4",
        "audio": None,
        "frequency_penalty": 0,
        "logit_bias": {},
        "logprobs": False,
        "max_completion_tokens": 100,
        "metadata": {"a": "b"},
        "modalities": ["text"],
        "moderation": {"model": "omni-moderation-latest"},
        "n": 1,
        "prediction": {"type": "content", "content": "x"},
        "presence_penalty": 0,
        "prompt_cache_key": "k",
        "prompt_cache_options": {"mode": "implicit"},
        "prompt_cache_retention": "24h",
        "reasoning_effort": "low",
        "safety_identifier": "someone",
        "seed": 1,
        "service_tier": "auto",
        "stop": None,
        "store": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "stream": True,
        "temperature": 1,
        "top_logprobs": None,
        "top_p": 1,
        "user": "someone",
        "verbosity": "low",
        "web_search_options": {},
    },
}


@pytest.mark.parametrize("model", ["default", "claude-opus-5-5", "claude-haiku-4-5"])
@pytest.mark.parametrize("client_name", BODIES)
async def test_the_body_of_a_real_client_is_answered(
    bridge: Bridge, fake: FakeAnthropic, client_name: str, model: str
) -> None:
    fake.default = {"text": "Well received."}
    body = {"model": model, **BODIES[client_name]}
    headers = {"Authorization": "Bearer any", "api-key": "any", "x-stainless-lang": "python"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/v1/chat/completions", json=body, headers=headers) as answer,
    ):
        answered = await answer.text()
    assert answer.status == 200, answered
    assert "error" not in answered
    # If the last turn is a tool's, the fake answers with the result that it got.
    assert "received" in answered or "Results" in answered


def weather_tool(name: str, city: Any, **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    function = {"name": name, "description": "The weather.", "parameters": schema, **more}
    return {"type": "function", "function": function}


LOOPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AutoGen 0.7, reflect_on_tool_use": (
        {
            "tool_choice": "auto",
            "tools": [
                weather_tool(
                    "weather",
                    {"description": "city", "title": "City", "type": "string"},
                    strict=False,
                )
            ],
        },
        {"content": None},
    ),
    "Semantic Kernel 1.45, FunctionChoiceBehavior.Required": (
        {"tool_choice": "required", "tools": [weather_tool("w-weather", {"type": "string"})]},
        {},
    ),
}
"""What each client adds to its first request, and to Claude's message in its second one."""


@pytest.mark.parametrize("client_name", LOOPS)
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-4-5"])
async def test_a_client_that_leaves_its_tools_out_after_the_call_gets_an_answer(
    client: AsyncOpenAI, fake: FakeAnthropic, client_name: str, model: str
) -> None:
    first, more = LOOPS[client_name]
    name = first["tools"][0]["function"]["name"]
    body: Any = {"model": model, "stream": False, "messages": [system("Be brief."), user()]}
    fake.script(calls(ToolUse(name, {"city": "Rome"})), says("It is sunny."))
    answer: Any = await client.chat.completions.create(**body, **first)
    (asked,) = answer.choices[0].message.tool_calls
    called = {"role": "assistant", "tool_calls": [asked.to_dict()], **more}
    body["messages"] += [called, result(asked.id, "sunny in Rome")]
    final = await client.chat.completions.create(**body)
    assert final.choices[0].message.content == "It is sunny."
    second = fake.bodies()[1]
    assert [tool["name"] for tool in second["tools"]] == [name]
    assert second["tool_choice"] == {"type": "none"}


async def test_every_listed_model_can_be_retrieved_and_used(
    client: AsyncOpenAI, fake: FakeAnthropic
) -> None:
    """Open WebUI refuses a model that is not in the list; openai-python retrieves it by its id."""
    fake.default = {"text": "Here."}
    listed = [model async for model in client.models.list()]
    assert listed[0].id == "default"
    for model in listed:
        retrieved = await client.models.retrieve(model.id)
        assert retrieved.to_dict() == model.to_dict()
        if (model.model_extra or {}).get("type") == "embedding":
            continue
        answer = await client.chat.completions.create(
            model=model.id, messages=[{"role": "user", "content": "Hi"}]
        )
        assert answer.choices[0].message.content


@pytest.mark.parametrize(
    "name", ["default", "claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-opus-5-5"]
)
async def test_a_model_is_retrieved_by_each_of_its_names(client: AsyncOpenAI, name: str) -> None:
    assert (await client.models.retrieve(name)).id
