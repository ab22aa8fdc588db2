"""Odd JSON Schemas and fields of any kind: repaired, or refused with their path; never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bridge.backends.claude_code.frames import Turn
from bridge.backends.echo import compose_reply
from bridge.errors import InvalidRequest
from bridge.models.names import resolve_rules
from bridge.server.http.request_body import explain_errors, validate_body
from bridge.translate.chat.request import Translation, translate_chat
from bridge.translate.chat.schema_repair import MAX_LEVELS, SchemaRepair
from bridge.translate.completions import build_chats
from bridge.translate.json_check import can_check, find_problem
from bridge.translate.passthrough import pass_through
from bridge.translate.responses.request import (
    as_chat,
    translate_response_chat,
)
from bridge.wire.anthropic import MessagesBody
from bridge.wire.chat import ChatRequest
from bridge.wire.completions import CompletionRequest
from bridge.wire.responses import ResponsesRequest

MODELS = ("claude-opus-5-5", "claude-sonnet-4-5", "bridge-echo")
HI: Any = [{"role": "user", "content": "call f"}]

KEYWORDS = [
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "enum",
    "const",
    "$ref",
    "$defs",
    "definitions",
    "description",
    "title",
    "default",
    "format",
    "pattern",
    "minimum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "maximum",
    "minLength",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "contains",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "multipleOf",
    "nullable",
    "$schema",
    "$id",
    "additionalItems",
    "dependencies",
    "contentSchema",
    "contentEncoding",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "examples",
    "strict",
    "name",
]
REFS = ["#", "#/$defs/a", "#/properties/a", "#/definitions/b", "#/$defs/c", "http://x/y", "a", "#a"]
TYPES = ["object", "array", "string", "OBJECT", "any", "int", "null", ""]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from([*REFS, *TYPES, "(", "a" * 200]),
)
names = st.sampled_from(["a", "b", "c", "", "$a", "a b", "required", "properties", "$ref", "type"])


def nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
        st.dictionaries(names, inner, max_size=3),
    )


values = st.recursive(scalars, nest, max_leaves=12)
schemas = st.dictionaries(st.sampled_from(KEYWORDS), values, max_size=6)


def translate(body: Any) -> list[Translation]:
    chat = validate_body(ChatRequest, body)
    return [translate_chat(chat, resolve_rules(model), model) for model in MODELS]


def translate_response(body: Any) -> list[Translation]:
    converted = as_chat(validate_body(ResponsesRequest, body), ())
    with converted.name_client_fields():
        chat = validate_body(ChatRequest, converted.body)
    return [
        translate_response_chat(converted, chat, resolve_rules(model), model) for model in MODELS
    ]


def translate_message(body: Any) -> list[Translation]:
    parsed = validate_body(MessagesBody, body)
    return [pass_through(parsed, {}, resolve_rules(model), model) for model in MODELS[1:]]


def translate_completion(body: Any) -> list[Translation]:
    completion = validate_body(CompletionRequest, body)
    with explain_errors(completion.model_extra or {}):
        chats = build_chats(completion)
    return [translate_chat(chat, resolve_rules(MODELS[0]), MODELS[0]) for chat in chats]


def expect_no_failure(translate: Callable[[Any], list[Translation]], body: Any) -> Any:
    """Return the translations, or the error, which must have the path of what is wrong."""
    translations: Any
    try:
        translations = translate(body)
        for translation in translations:
            request = translation.request
            # What the backends do with a request before they send it.
            compose_reply(request)
            Turn(request, resolve_rules(request.model), lambda: "id", lambda *_: None).start()
            json.dumps(request.body())
    except InvalidRequest as refusal:
        translations = refusal
    if isinstance(translations, InvalidRequest):
        assert translations.param, translations.message
    return translations


def check_sent_schemas(translations: Any) -> None:
    """Check that every schema that is sent is valid in the draft that Claude's API demands."""
    if isinstance(translations, InvalidRequest):
        return
    for translation in translations:
        for tool in translation.request.tools or ():
            if "input_schema" in tool:
                jsonschema.Draft202012Validator.check_schema(tool["input_schema"])
                keys = tool["input_schema"]["properties"]
                assert all(re.fullmatch("[a-zA-Z0-9_.-]{1,64}", key) for key in keys)
        format = (translation.request.output_config or {}).get("format")
        if format is not None:
            jsonschema.Draft202012Validator.check_schema(format["schema"])
        expected = translation.expected_json
        if expected is not None:
            values: Any = ({"a": [1, {"b": None}]}, [], "a", 1.5, None)
            for value in values:
                find_problem(value, expected.schema)


def build_tool(schema: Any, **more: Any) -> Any:
    return {"type": "function", "function": {"name": "f", "parameters": schema, **more}}


@settings(max_examples=100)
@given(schema=schemas, strict=st.sampled_from([None, False, True]))
@example({"required": True, "properties": None}, True)
@example({"properties": {"a": {"type": "string", "required": True}}}, True)
@example({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, True)
@example({"anyOf": [{"properties": {"$a": {}}}, {"required": ["a b"]}], "required": [""]}, True)
@example({"anyOf": [{"properties": []}, {"required": "a"}]}, True)
@example({"anyOf": [{"properties": {"a": {}}}, {"properties": {"a": True}}]}, None)
def test_the_schema_of_a_tool(schema: Any, strict: bool | None) -> None:
    body = {"model": "m", "messages": HI, "tools": [build_tool(schema, strict=strict)]}
    check_sent_schemas(expect_no_failure(translate, body))
    flat = {"type": "function", "name": "f", "parameters": schema, "strict": strict}
    response = {"model": "m", "input": "Hi", "tools": [flat]}
    check_sent_schemas(expect_no_failure(translate_response, response))
    legacy = {"model": "m", "messages": HI, "functions": [{"name": "f", "parameters": schema}]}
    check_sent_schemas(expect_no_failure(translate, legacy))


@settings(max_examples=100)
@given(schema=schemas)
@example({"$ref": "#"})
@example({"allOf": [{"$ref": "#"}]})
@example({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}, "not": {"$ref": "#/$defs/a"}})
@example({"$ref": "#/nowhere"})
@example({"additionalProperties": {"type": "string", "pattern": "\\p{L}("}, "type": "object"})
@example({"type": "array", "items": [{"type": "string"}], "additionalItems": False})
def test_the_schema_of_an_answer(schema: Any) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "f", "schema": schema}}
    body = {"model": "m", "messages": HI, "response_format": form}
    check_sent_schemas(expect_no_failure(translate, body))
    text = {"format": {"type": "json_schema", "name": "f", "schema": schema}}
    outcome = expect_no_failure(translate_response, {"model": "m", "input": "Hi", "text": text})
    if isinstance(outcome, InvalidRequest):
        assert str(outcome.param).startswith("text.format")
    check_sent_schemas(outcome)


FIELDS: dict[str, tuple[Callable[[Any], list[Translation]], dict[str, Any], type[BaseModel]]] = {
    "chat": (translate, {"model": "m", "messages": HI}, ChatRequest),
    "responses": (translate_response, {"model": "m", "input": "Hi"}, ResponsesRequest),
    "messages": (
        translate_message,
        {"model": "m", "max_tokens": 9, "messages": HI},
        MessagesBody,
    ),
    "completions": (translate_completion, {"model": "m", "prompt": "Hi"}, CompletionRequest),
}
MORE = [
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "system",
    "mcp_servers",
    "container",
    "context_management",
    "stop_sequences",
    "metadata",
    "cache_control",
    "text",
    "response_format",
    "include",
    "reasoning",
    "input",
    "messages",
    "functions",
    "function_call",
    "service_tier",
    "betas",
    "temperature",
    "web_search_options",
]
words = st.sampled_from(
    [
        "type",
        "name",
        "function",
        "custom",
        "tools",
        "text",
        "format",
        "schema",
        "json_schema",
        "content",
        "role",
        "user",
        "assistant",
        "tool",
        "image",
        "source",
        "input_text",
        "input_image",
        "message",
        "function_call",
        "function_call_output",
        "tool_result",
        "tool_use",
        "server_tool_use",
        "call_id",
        "id",
        "output",
        "arguments",
        "mcp",
        "server_label",
        "namespace",
        "computer",
        "computer_call",
        "computer_call_output",
        "computer_use_preview",
        "web_search",
        "item_reference",
        "compaction",
        "reasoning",
        "summary",
        "encrypted_content",
        "action",
        "actions",
        "allowed_tools",
        "mode",
        "effort",
        "tool_calls",
        "tool_call_id",
        "thinking_blocks",
        "image_url",
        "file",
        "file_data",
        "input_audio",
        "base64",
        "data",
        "custom_tool_call",
        "grammar",
        "definition",
        "syntax",
        "local_shell",
        "apply_patch",
    ]
)


def nest_words(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=5))


parts = st.recursive(st.one_of(scalars, words), nest_words, max_leaves=15)


@settings(max_examples=60)
@pytest.mark.parametrize("endpoint", list(FIELDS))
@given(data=st.data())
def test_a_field_of_any_kind(endpoint: str, data: st.DataObject) -> None:
    translate, body, model = FIELDS[endpoint]
    names = st.sampled_from(sorted({*model.model_fields, *MORE}))
    odd = data.draw(st.dictionaries(names, parts, min_size=1, max_size=3))
    expect_no_failure(translate, {**body, **odd})


@settings(max_examples=60)
@pytest.mark.parametrize("endpoint", ["chat", "responses", "messages"])
@given(data=st.data())
def test_an_item_of_any_shape(endpoint: str, data: st.DataObject) -> None:
    """Items get a type that is known, so that more of them is read."""
    translate, body, _ = FIELDS[endpoint]
    items = st.builds(
        lambda fields, kind, role: {"type": kind, "role": role, **fields},
        st.dictionaries(words, parts, max_size=5),
        words,
        st.sampled_from(["user", "assistant", "tool", "system"]),
    )
    place = data.draw(
        st.sampled_from(["tools", "input" if endpoint == "responses" else "messages"])
    )
    listed = data.draw(st.lists(items, min_size=1, max_size=3))
    if place == "messages" and data.draw(st.booleans()):
        listed = [{"role": "user", "content": listed}]
    expect_no_failure(translate, {**body, place: listed})


@pytest.mark.parametrize(
    ("schema", "repaired", "path"),
    [
        ({"required": True}, {}, "s.required"),
        ({"properties": None}, {}, "s.properties"),
        ({"properties": []}, {"properties": {}}, "s.properties"),
        ({"type": "STRING"}, {"type": "string"}, "s.type"),
        ({"type": ["string", None]}, {"type": ["string", "null"]}, "s.type"),
        ({"type": "any"}, {}, "s.type"),
        ({"anyOf": []}, {}, "s.anyOf"),
        ({"required": ["a", "a"]}, {"required": ["a"]}, "s.required"),
        (
            {"properties": {"a": {"required": True}, "b": {"required": False}}},
            {"properties": {"a": {}, "b": {}}, "required": ["a"]},
            "s.properties.a.required",
        ),
        (
            {"minimum": 1, "exclusiveMinimum": True},
            {"exclusiveMinimum": 1},
            "s.exclusiveMinimum",
        ),
        (
            {"items": [{"type": "string"}], "additionalItems": False},
            {"prefixItems": [{"type": "string"}], "items": False},
            "s.items",
        ),
        ({"properties": {"a": None}}, {"properties": {"a": {}}}, "s.properties.a"),
        ({"type": "float"}, {"type": "number"}, "s.type"),
        ({"type": " Dict "}, {"type": "object"}, "s.type"),
        ({"type": "date"}, {"type": "string", "format": "date"}, "s.type"),
        ({"type": "enum", "enum": [1]}, {"enum": [1]}, "s.type"),
        ({"type": "str | None"}, {"type": ["string", "null"]}, "s.type"),
        ({"type": ["int", "integer"]}, {"type": ["integer"]}, "s.type"),
        (
            {"dependencies": {"a": ["b", "b"], "c": {"type": "bool"}, "d": "e"}},
            {
                "dependentRequired": {"a": ["b"], "d": ["e"]},
                "dependentSchemas": {"c": {"type": "boolean"}},
            },
            "s.dependencies",
        ),
        ({"$id": "#a"}, {"$anchor": "a"}, "s.$id"),
        ({"minLength": "1"}, {"minLength": 1}, "s.minLength"),
        ({"maximum": "-1.5"}, {"maximum": -1.5}, "s.maximum"),
        ({"uniqueItems": "true"}, {"uniqueItems": True}, "s.uniqueItems"),
        (
            {"additionalProperties": "False"},
            {"additionalProperties": False},
            "s.additionalProperties",
        ),
        ({"description": ["a", "b"]}, {"description": "a\nb"}, "s.description"),
        ({"title": 3}, {"title": "3"}, "s.title"),
        ({"enum": {"0": "a", "2": "b"}}, {"enum": ["a", "b"]}, "s.enum"),
        (
            {"type": [{"type": "STRING"}, "null"]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "s.type",
        ),
        ({"$recursiveAnchor": True}, {}, "s.$recursiveAnchor"),
        ({"examples": "a"}, {"examples": ["a"]}, "s.examples"),
        ({"examples": {"one": {"a": 1}}}, {"examples": [{"a": 1}]}, "s.examples"),
    ],
)
def test_what_is_clear_is_repaired(schema: Any, repaired: Any, path: str) -> None:
    repair = SchemaRepair("s")
    assert repair.repair(schema) == repaired
    assert path in repair.changes


@pytest.mark.parametrize(
    ("schema", "read"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
    ],
)
def test_openapis_nullable_is_a_type(schema: Any, read: Any) -> None:
    repair = SchemaRepair("s")
    assert repair.repair(schema) == {**schema, **read}
    assert repair.changes == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "objectt"}, "s.type"),
        ({"type": 3}, "s.type"),
        ({"properties": {"a": {"items": "string"}}}, "s.properties.a.items"),
        ({"properties": "a"}, "s.properties"),
        ({"required": [1]}, "s.required[0]"),
        ({"anyOf": [{"enum": "a"}]}, "s.anyOf[0].enum"),
        ({"minLength": "one"}, "s.minLength"),
        ({"minLength": "-1"}, "s.minLength"),
        ({"description": {}}, "s.description"),
        ({"enum": {"a": 1}}, "s.enum"),
        ({"items": [3]}, "s.items[0]"),
        ({"$defs": {"x": {"$ref": {}}}}, "s.$defs.x.$ref"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_path(schema: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        SchemaRepair("s").repair(schema)
    assert refusal.value.param == path


@given(schema=schemas)
def test_a_repaired_schema_is_valid_and_stays_as_it_is(schema: Any) -> None:
    try:
        repaired = SchemaRepair("s").repair(schema)
    except InvalidRequest:
        return
    jsonschema.Draft202012Validator.check_schema(repaired)
    again = SchemaRepair("s")
    assert json.dumps(again.repair(repaired)) == json.dumps(repaired)
    assert again.changes == []


@pytest.mark.parametrize("key", ["items", "properties"])
def test_a_schema_that_is_nested_too_deeply_is_refused(key: str) -> None:
    """And one that is nested nearly as deeply does not exhaust the stack."""
    for levels, refused in ((MAX_LEVELS // 2 - 3, False), (190, True)):
        schema: Any = {"type": "string"}
        for _ in range(levels):
            schema = {"items": {"not": schema}} if key == "items" else {key: {"$a": schema}}
        body = {"model": "m", "messages": HI, "tools": [build_tool({key: {"$a": schema}})]}
        outcome = expect_no_failure(translate, body)
        assert isinstance(outcome, InvalidRequest) is refused
        if refused:
            assert "tool `f`" in outcome.message


def test_a_recursive_schema_that_ends_can_be_checked() -> None:
    tree = {"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}
    assert can_check(tree)
    assert find_problem({"next": {"next": {}}}, tree) is None
