"""Translate `response_format` to structured output, or else to an instruction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.models.learned_limits import digest_schema
from bridge.models.rules import ModelRules
from bridge.translate.chat.schema import can_close, close_schema
from bridge.translate.chat.schema_repair import SchemaRepair, describe_changes
from bridge.translate.json_check import can_check
from bridge.translate.notices import Notices
from bridge.wire.chat import JsonSchemaFormat, ResponseFormat

OutputFormat = Mapping[str, Any]

_JSON_PROMPT = (
    "Reply with a single JSON object only. Do not add text before or after it, or a code fence."
)
_SCHEMA_PROMPT = (
    "Reply with JSON only. Do not add text before or after it, or a code fence. "
    "The JSON must be valid against this JSON Schema: "
)


@dataclass(frozen=True, slots=True)
class ExpectedJson:
    """JSON that only the prompt requires; the answer is checked against `schema`."""

    schema: dict[str, Any] | None
    """None accepts any JSON object, an empty schema any JSON."""
    field: str = "response_format"
    """The client's field that requires it."""


@dataclass(frozen=True, slots=True)
class FormatPlan:
    """How the answer gets its format: by the API, or by an instruction and a check."""

    format: OutputFormat | None = None
    """The value of `output_config.format`."""
    instruction: str | None = None
    expected_json: ExpectedJson | None = None


def translate_response_format(
    requested: ResponseFormat | None, rules: ModelRules, notices: Notices
) -> FormatPlan:
    """Use structured output where model and schema allow it, else an instruction and a check."""
    if requested is None or requested.type == "text":
        return FormatPlan()
    schema = requested.json_schema.schema_ if isinstance(requested, JsonSchemaFormat) else None
    if schema is None:
        return FormatPlan(None, _JSON_PROMPT, ExpectedJson(None))
    repair = SchemaRepair("response_format.json_schema.schema")
    schema = repair.repair(schema)
    if repair.changes:
        notices.add(f"response_format: schema repaired at {describe_changes(repair.changes)}")
    if rules.structured and can_close(schema):
        closed = close_schema(schema)
        refused = rules.refused_schemas
        if not refused or frozenset([digest_schema(closed)]) not in refused:
            return FormatPlan({"type": "json_schema", "schema": closed})
    return emulate_format(schema, "response_format", notices)


def emulate_format(schema: dict[str, Any], field: str, notices: Notices) -> FormatPlan:
    """Plan an instruction and a check for a schema that the API does not enforce."""
    checked = can_check(schema)
    notices.add(
        f"{field}: the schema cannot be enforced; it is in the prompt, and the answer is "
        + ("checked" if checked else "only checked to be JSON")
    )
    expected_json = ExpectedJson(schema if checked else {}, field)
    return FormatPlan(None, _SCHEMA_PROMPT + json.dumps(schema), expected_json)
