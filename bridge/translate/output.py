"""`response_format` as Claude's structured output, or as an instruction where it has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.translate.notices import Notices
from bridge.translate.schema import closed, is_recursive
from bridge.wire.chat import JsonSchemaFormat, ResponseFormat

OutputFormat = Mapping[str, Any]

_ONLY_JSON = "Answer with a single JSON object and nothing else: no words around it, no code fence."


def output_format(
    wanted: ResponseFormat | None, notices: Notices
) -> tuple[OutputFormat | None, str | None]:
    """The format for `output_config`, and an instruction that stands in for one."""
    if wanted is None or wanted.type == "text":
        return None, None
    schema = wanted.json_schema.schema_ if isinstance(wanted, JsonSchemaFormat) else None
    if schema is None:
        return None, _ONLY_JSON
    if is_recursive(schema):
        notices.add("response_format: Claude takes no recursive schema; it is told the schema")
        return None, f"{_ONLY_JSON} It must fit this JSON Schema: {json.dumps(schema)}"
    return {"type": "json_schema", "schema": closed(schema)}, None
