"""Repair common mistakes in a client's JSON Schema, and refuse the others with their path.

Claude's API refuses a schema that is not valid in draft 2020-12, without saying where. Clients send
null for a missing keyword, `required: true` at a property (draft 3), `exclusiveMinimum: true`
(draft 4), lists as `items` (draft 7), `[]` for an empty object (PHP) and types in capital letters
(Gemini). What such a schema means is clear, so it is repaired, with a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.errors import InvalidRequest

Schema = dict[str, Any]

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_LISTED = 5

MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SCHEMAS = (
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
"""Keywords whose values are schemas by name, lists of schemas, and schemas."""
_TEXTS = ("$anchor", "$comment", "$id", "$ref", "$schema", "description", "format", "pattern")
_COUNTS = ("Contains", "Items", "Length", "Properties")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_FLAGS = ("deprecated", "readOnly", "uniqueItems", "writeOnly")
_ANY_LISTS = ("enum", "examples")


class SchemaRepair:
    """Repairs one schema; `changes` has the paths that were changed."""

    def __init__(self, param: str) -> None:
        self._param = param
        self.changes: list[str] = []

    def repair(self, schema: Any) -> Any:
        """Return the repaired schema. Raises InvalidRequest with the path of what is wrong."""
        return self._repair_schema(schema, self._param)

    def _repair_schema(self, schema: Any, path: str) -> Schema | bool:
        if isinstance(schema, bool):
            return schema
        if schema is None or schema == []:
            self._change(path, None)
            return {}
        if not isinstance(schema, Mapping):
            raise _make_refusal(path, "a JSON Schema must be an object or a boolean")
        repaired: Schema = {}
        for key, value in schema.items():
            repair = _REPAIRS.get(key)
            if repair is None:
                repaired[key] = value
            elif value is None:
                self._change(f"{path}.{key}", None)
            else:
                result = repair(self, value, f"{path}.{key}")
                if result is not _LEFT_OUT:
                    repaired[key] = result
        return self._modernize(repaired, schema, path)

    def _modernize(self, repaired: Schema, schema: Mapping[str, Any], path: str) -> Schema:
        """Rewrite what older drafts expressed with other keywords."""
        if isinstance(schema.get("items"), list) and schema["items"]:
            self._change(f"{path}.items", None)
            repaired.pop("items", None)
            repaired.setdefault("prefixItems", self._repair_list(schema["items"], f"{path}.items"))
            if "additionalItems" in repaired:
                rest = repaired.pop("additionalItems")
                repaired["items"] = self._repair_schema(rest, f"{path}.additionalItems")
        for bound in ("minimum", "maximum"):
            exclusive = f"exclusive{bound.capitalize()}"
            if schema.get(exclusive) is True and bound in repaired:
                repaired[exclusive] = repaired.pop(bound)
        names = _find_marked_properties(schema.get("properties"))
        if names:
            listed = repaired.get("required") or ()
            repaired["required"] = list(dict.fromkeys([*listed, *names]))
        return repaired

    def _repair_map(self, value: Any, path: str) -> Any:
        if value == []:
            return self._change(path, {})
        if not isinstance(value, Mapping):
            raise _make_refusal(path, "must be an object")
        return {name: self._repair_schema(part, f"{path}.{name}") for name, part in value.items()}

    def _repair_list(self, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise _make_refusal(path, "must be a list of schemas")
        if not value:
            return self._change(path, _LEFT_OUT)
        return [self._repair_schema(part, f"{path}[{at}]") for at, part in enumerate(value)]

    def _repair_single(self, value: Any, path: str) -> Any:
        # `_modernize` handles the list of an older draft.
        if isinstance(value, list) and value and path.endswith(".items"):
            return _LEFT_OUT
        return self._repair_schema(value, path)

    def _repair_required(self, value: Any, path: str) -> Any:
        if isinstance(value, bool):
            return self._change(path, _LEFT_OUT)
        if isinstance(value, str):
            return self._change(path, [value])
        return self._repair_names(value, path)

    def _repair_names(self, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise _make_refusal(path, "must be a list of property names")
        for at, name in enumerate(value):
            if not isinstance(name, str):
                raise _make_refusal(f"{path}[{at}]", "must be a string")
        unique = list(dict.fromkeys(value))
        return value if len(unique) == len(value) else self._change(path, unique)

    def _repair_name_lists(self, value: Any, path: str) -> Any:
        if value == []:
            return self._change(path, {})
        if not isinstance(value, Mapping):
            raise _make_refusal(path, "must be an object")
        return {name: self._repair_names(part, f"{path}.{name}") for name, part in value.items()}

    def _repair_type(self, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._repair_type_name(value, path)
        names = [
            self._repair_type_name("null" if name is None else name, f"{path}[{at}]")
            for at, name in enumerate(value)
        ]
        if _LEFT_OUT in names or not names:
            return self._change(path, _LEFT_OUT)
        unique = list(dict.fromkeys(names))
        return value if unique == value else self._change(path, unique)

    def _repair_type_name(self, value: Any, path: str) -> Any:
        if value in TYPES:
            return value
        name = value.lower() if isinstance(value, str) else None
        if name == "any":
            return self._change(path, _LEFT_OUT)
        if name not in TYPES:
            raise _make_refusal(path, f"must be one of {', '.join(TYPES)}")
        return self._change(path, name)

    def _check_text(self, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            raise _make_refusal(path, "must be a string")
        return value

    def _check_count(self, value: Any, path: str) -> Any:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
        if not whole or value < 0:
            raise _make_refusal(path, "must be a whole number of at least 0")
        return value

    def _check_number(self, value: Any, path: str) -> Any:
        if isinstance(value, bool) and ".exclusive" in path:
            return self._change(path, _LEFT_OUT)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _make_refusal(path, "must be a number")
        if path.endswith(".multipleOf") and not value > 0:
            raise _make_refusal(path, "must be greater than 0")
        return value

    def _check_flag(self, value: Any, path: str) -> Any:
        if not isinstance(value, bool):
            raise _make_refusal(path, "must be true or false")
        return value

    def _check_list(self, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise _make_refusal(path, "must be a list")
        return value

    def _change(self, path: str, value: Any) -> Any:
        """Note that the value at `path` was replaced, and return its replacement."""
        self.changes.append(path)
        return value


def describe_changes(paths: Sequence[str]) -> str:
    """Describe what was changed, for a notice."""
    shown = ", ".join(paths[:_LISTED])
    more = len(paths) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown


_LEFT_OUT: Any = object()
"""The result for a keyword that is dropped."""

_REPAIRS: Mapping[str, Callable[[SchemaRepair, Any, str], Any]] = {
    **dict.fromkeys(MAPS, SchemaRepair._repair_map),
    **dict.fromkeys(LISTS, SchemaRepair._repair_list),
    **dict.fromkeys(SCHEMAS, SchemaRepair._repair_single),
    **dict.fromkeys(_TEXTS, SchemaRepair._check_text),
    **dict.fromkeys(
        [f"{m}{of}" for m in ("min", "max") for of in _COUNTS], SchemaRepair._check_count
    ),
    **dict.fromkeys(_NUMBERS, SchemaRepair._check_number),
    **dict.fromkeys(_FLAGS, SchemaRepair._check_flag),
    **dict.fromkeys(_ANY_LISTS, SchemaRepair._check_list),
    "dependentRequired": SchemaRepair._repair_name_lists,
    "required": SchemaRepair._repair_required,
    "title": SchemaRepair._check_text,
    "type": SchemaRepair._repair_type,
}


def _find_marked_properties(properties: Any) -> list[str]:
    """Return the names of properties that have `required: true` themselves."""
    if not isinstance(properties, Mapping):
        return []
    return [
        name
        for name, part in properties.items()
        if isinstance(part, Mapping) and part.get("required") is True
    ]


def _make_refusal(path: str, why: str) -> InvalidRequest:
    shown = path if len(path) <= 300 else f"{path[:300]}…"
    return InvalidRequest(f"Invalid value for {shown}: {why}.", param=shown)
