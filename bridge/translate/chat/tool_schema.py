"""Read the JSON Schema of a tool: repaired, with property keys that Claude's API accepts.

What follows from a schema alone is computed once, since clients send the same tools every time.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.learned_limits import digest_schema
from bridge.translate.chat.property_names import PropertyNames, rename_properties
from bridge.translate.chat.schema import Schema, build_input_schema, can_close, close_schema
from bridge.translate.chat.schema_repair import SchemaRepair
from bridge.wire.json_bytes import encode_json

_MOST_CACHED = 512
_LONGEST_CACHED = 40_000
"""Bytes of a schema that is cached; longer ones are rare, and would need much memory."""


class ToolSchema:
    """A tool's schema in the forms that Claude's API accepts. Must not be changed."""

    def __init__(self, parameters: Any) -> None:
        """`parameters`: the client's; None for a tool without parameters."""
        repair = SchemaRepair("")
        repaired = None if parameters is None else repair.repair(parameters)
        self.changes: tuple[str, ...] = tuple(repair.changes)
        """Paths of what was repaired, each with a leading dot."""
        renamed, names = rename_properties(repaired)
        self.names: PropertyNames | None = names
        """The property keys that Claude has other names for."""
        self.input_schema: Schema = build_input_schema(renamed)
        """What a tool that is not strict has as its `input_schema`."""
        self._takes_nothing = parameters is None

    @functools.cached_property
    def strict_schema(self) -> Schema | None:
        """The schema of the tool if it is strict; None if it cannot be."""
        # Without parameters, a tool accepts an empty object and nothing else.
        if not self._takes_nothing and not can_close(self.input_schema):
            return None
        return {"required": [], **close_schema(self.input_schema)}

    @functools.cached_property
    def digest(self) -> str:
        """The digest of the strict schema."""
        return digest_schema(self.strict_schema)


EMPTY = ToolSchema(None)


def read_tool_schema(parameters: Any, name: str, where: str) -> ToolSchema:
    """Read the parameters of a tool. Raises InvalidRequest with the tool's name.

    `where`: the path of the parameters in the request.
    """
    if parameters is None:
        return EMPTY
    text = encode_json(parameters)
    try:
        if len(text) > _LONGEST_CACHED:
            return ToolSchema(parameters)
        return _read_cached(text)
    except InvalidRequest:
        pass
    # Again, for the path in this request: what is refused is not cached.
    try:
        return ToolSchema(SchemaRepair(where).repair(parameters))
    except InvalidRequest as error:
        error.message = f"The schema of the tool `{name[:128]}` is invalid. {error.message}"
        raise


@functools.lru_cache(_MOST_CACHED)
def _read_cached(text: bytes) -> ToolSchema:
    return ToolSchema(json.loads(text))
