"""`response_format` as Claude's structured output, or as an instruction where it has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.chat.schema import cannot_be_closed, close_schema
from bridge.translate.json_check import can_check
from bridge.translate.notices import Notices
from bridge.wire.chat import JsonSchemaFormat, ResponseFormat

OutputFormat = Mapping[str, Any]

_ONLY_JSON = "Answer with a single JSON object and nothing else: no words around it, no code fence."
_ONLY_FITTING = (
    "Answer with JSON and nothing else: no words around it, no code fence. "
    "It must fit this JSON Schema: "
)


@dataclass(frozen=True, slots=True)
class ExpectedJson:
    """What the client was promised and Claude only told: it is checked when it comes."""

    schema: dict[str, Any] | None
    """None: any JSON object; an empty one: any JSON."""


@dataclass(frozen=True, slots=True)
class FormatPlan:
    """What `response_format` comes to."""

    format: OutputFormat | None = None
    """For `output_config`."""
    instruction: str | None = None
    expected_json: ExpectedJson | None = None


def translate_response_format(
    wanted: ResponseFormat | None, rules: ModelRules, notices: Notices
) -> FormatPlan:
    """Native where the model can be held to the schema; else told in words, and checked."""
    if wanted is None or wanted.type == "text":
        return FormatPlan()
    schema = wanted.json_schema.schema_ if isinstance(wanted, JsonSchemaFormat) else None
    if schema is None:
        return FormatPlan(None, _ONLY_JSON, ExpectedJson(None))
    if rules.structured and not cannot_be_closed(schema):
        return FormatPlan({"type": "json_schema", "schema": close_schema(schema)})
    notices.add("response_format: Claude cannot be held to this schema; it is told it, and checked")
    expected_json = ExpectedJson(schema if can_check(schema) else {})
    return FormatPlan(None, _ONLY_FITTING + json.dumps(schema), expected_json)
