"""`response_format` as Claude's structured output, or as an instruction where it has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.models.rules import ModelRules
from bridge.translate.chat.schema import cannot_be_closed, closed
from bridge.translate.json_check import is_sound
from bridge.translate.notices import Notices
from bridge.wire.chat import JsonSchemaFormat, ResponseFormat

OutputFormat = Mapping[str, Any]

_ONLY_JSON = "Answer with a single JSON object and nothing else: no words around it, no code fence."
_ONLY_FITTING = (
    "Answer with JSON and nothing else: no words around it, no code fence. "
    "It must fit this JSON Schema: "
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the client was promised and Claude only told: it is checked when it comes."""

    schema: dict[str, Any] | None
    """None: any JSON object; an empty one: any JSON."""


@dataclass(frozen=True, slots=True)
class Output:
    """What `response_format` comes to."""

    format: OutputFormat | None = None
    """For `output_config`."""
    instruction: str | None = None
    promise: Promise | None = None


def output_of(wanted: ResponseFormat | None, rules: ModelRules, notices: Notices) -> Output:
    """Native where the model can be held to the schema; else told in words, and checked."""
    if wanted is None or wanted.type == "text":
        return Output()
    schema = wanted.json_schema.schema_ if isinstance(wanted, JsonSchemaFormat) else None
    if schema is None:
        return Output(None, _ONLY_JSON, Promise(None))
    if rules.structured and not cannot_be_closed(schema):
        return Output({"type": "json_schema", "schema": closed(schema)})
    notices.add("response_format: Claude cannot be held to this schema; it is told it, and checked")
    promise = Promise(schema if is_sound(schema) else {})
    return Output(None, _ONLY_FITTING + json.dumps(schema), promise)
