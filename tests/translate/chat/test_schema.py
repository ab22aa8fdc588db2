"""JSON Schemas in the form that Claude accepts."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.translate.chat.schema import build_input_schema, can_close, close_schema


def test_nested_objects_are_closed() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}},
        "$defs": {"a": {"properties": {"b": {"type": "string"}}}},
    }
    assert close_schema(schema) == {
        "type": "object",
        "properties": {
            "list": {
                "type": "array",
                "items": {"type": "object", "properties": {}, "additionalProperties": False},
            }
        },
        "$defs": {
            "a": {
                "type": "object",
                "properties": {"b": {"type": "string"}},
                "additionalProperties": False,
            }
        },
        "additionalProperties": False,
    }


def test_unsupported_keywords_move_to_the_description() -> None:
    assert close_schema(
        {"type": "integer", "minimum": 1, "maximum": 9, "description": "A digit."}
    ) == {
        "type": "integer",
        "description": "A digit. (minimum: 1; maximum: 9)",
    }
    assert close_schema({"type": "string", "minLength": 1}) == {
        "type": "string",
        "description": "(minLength: 1)",
    }


def test_one_of_becomes_any_of() -> None:
    assert close_schema({"oneOf": [{"type": "string"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


def test_a_property_can_have_the_name_of_a_keyword() -> None:
    properties = {"minimum": {"type": "number"}, "pattern": {"type": "string"}}
    assert close_schema({"type": "object", "properties": properties})["properties"] == properties


@pytest.mark.parametrize(
    ("schema", "recursive"),
    [
        ({"type": "object", "additionalProperties": False}, False),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, False),
        ({"properties": {"child": {"$ref": "#"}}}, True),
        ({"$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}}}}}, True),
        (
            {
                "$defs": {
                    "a": {"items": {"$ref": "#/$defs/b"}},
                    "b": {"items": {"$ref": "#/$defs/a"}},
                }
            },
            True,
        ),
    ],
)
def test_recursion_is_detected(schema: Any, recursive: bool) -> None:
    assert can_close(schema) is not recursive


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        (None, {"type": "object", "properties": {}}),
        ({}, {"type": "object", "properties": {}}),
        (True, {"type": "object", "properties": {}}),
        ({"type": "object", "properties": None}, {"type": "object", "properties": {}}),
        (
            {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ),
        (
            {
                "anyOf": [
                    {"properties": {"a": {"type": "string"}, "c": {}}, "required": ["a", "c"]},
                    {"properties": {"b": {"type": "string"}, "c": {}}, "required": ["b", "c"]},
                ]
            },
            {
                "type": "object",
                "properties": {"a": {"type": "string"}, "c": {}, "b": {"type": "string"}},
                "required": ["c"],
                "description": '(must fit at least one of: [{"properties": {"a": {"type": '
                '"string"}, "c": {}}, "required": ["a", "c"]}, {"properties": {"b": {"type": '
                '"string"}, "c": {}}, "required": ["b", "c"]}])',
            },
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                    {"properties": {"a": {"maxLength": 3}}},
                ]
            },
            {
                "type": "object",
                "properties": {"a": {"allOf": [{"type": "string"}, {"maxLength": 3}]}},
                "required": ["a"],
            },
        ),
    ],
)
def test_the_input_schema_of_a_tool_is_an_object(parameters: Any, sent: Any) -> None:
    assert build_input_schema(parameters) == sent
