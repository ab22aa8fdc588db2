"""Repair common mistakes in a client's JSON Schema, and refuse the others with their path.

Claude's API refuses a schema that is not valid in draft 2020-12, without saying where. Clients send
null for a missing keyword, `required: true` at a property (draft 3), `exclusiveMinimum: true`
(draft 4), lists as `items` and `dependencies` (draft 7), `[]` for an empty object (PHP), types in
capital letters (Gemini) and the type names of programming languages. What such a schema means is
clear, so it is repaired, with a notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.errors import InvalidRequest

Schema = dict[str, Any]

MAX_LEVELS = 120
"""Levels of objects and lists; what is nested deeper could exhaust the stack."""

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_SYNONYMS: Mapping[str, str | tuple[str, str]] = {
    **dict.fromkeys(("decimal", "double", "float", "float32", "float64"), "number"),
    **dict.fromkeys(("int", "int32", "int64", "long"), "integer"),
    **dict.fromkeys(("char", "str", "text", "varchar"), "string"),
    "bool": "boolean",
    **dict.fromkeys(("dict", "map", "record", "struct"), "object"),
    **dict.fromkeys(("list", "sequence", "set", "tuple"), "array"),
    **dict.fromkeys(("nil", "none", "undefined"), "null"),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "timestamp": ("string", "date-time"),
    "time": ("string", "time"),
    "uuid": ("string", "uuid"),
    "uri": ("string", "uri"),
    "url": ("string", "uri"),
    "email": ("string", "email"),
}
"""Names of types that are none, and what they mean: a type, or a type and its format."""
_ANY_TYPE = ("", "any", "enum", "mixed", "unknown")
_LISTED = 5

MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SCHEMAS = (
    "additionalProperties",
    "contains",
    "contentSchema",
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
_TEXTS = (
    "$comment",
    "$dynamicRef",
    "$recursiveRef",
    "$ref",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "description",
    "format",
    "pattern",
)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_BOOLEANS = {"true": True, "false": False}
_ANCHOR = re.compile(r"[A-Za-z_][-A-Za-z0-9._]*")
_COUNTS = ("Contains", "Items", "Length", "Properties")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_FLAGS = ("deprecated", "readOnly", "uniqueItems", "writeOnly")


class SchemaRepair:
    """Repairs one schema; `changes` has the paths that were changed."""

    def __init__(self, param: str) -> None:
        self._param = param
        self.changes: list[str] = []

    def repair(self, schema: Any) -> Any:
        """Return the repaired schema. Raises InvalidRequest with the path of what is wrong."""
        if _is_too_deep(schema):
            raise _make_refusal(self._param, f"it is nested deeper than {MAX_LEVELS} levels")
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
            self._split_items(repaired, schema, path)
        if isinstance(schema.get("type"), list):
            self._split_types(repaired, schema["type"], f"{path}.type")
        if "dependencies" in repaired:
            self._split_dependencies(repaired, f"{path}.dependencies")
        for bound in ("minimum", "maximum"):
            exclusive = f"exclusive{bound.capitalize()}"
            if schema.get(exclusive) is True and bound in repaired:
                repaired[exclusive] = repaired.pop(bound)
        _keep_meaning(repaired, schema)
        names = _find_marked_properties(schema.get("properties"))
        if names:
            listed = repaired.get("required") or ()
            repaired["required"] = list(dict.fromkeys([*listed, *names]))
        return repaired

    def _split_items(self, repaired: Schema, schema: Mapping[str, Any], path: str) -> None:
        """Replace draft 7's list of `items`."""
        self._change(f"{path}.items", None)
        repaired.pop("items", None)
        repaired.setdefault("prefixItems", self._repair_list(schema["items"], f"{path}.items"))
        if "additionalItems" in repaired:
            rest = repaired.pop("additionalItems")
            repaired["items"] = self._repair_schema(rest, f"{path}.additionalItems")

    def _split_types(self, repaired: Schema, types: list[Any], path: str) -> None:
        """Replace draft 3's schemas in a list of types."""
        if any(isinstance(part, Mapping) for part in types):
            self._change(path, None)
            parts = [part if isinstance(part, Mapping) else {"type": part} for part in types]
            repaired.setdefault("anyOf", self._repair_list(parts, path))

    def _split_dependencies(self, repaired: Schema, path: str) -> None:
        """Replace draft 7's `dependencies`, whose values are lists of names, or schemas."""
        value = self._change(path, repaired.pop("dependencies"))
        if not isinstance(value, Mapping):
            raise _make_refusal(path, "must be an object")
        for name, part in value.items():
            where = f"{path}.{name}"
            if isinstance(part, str | list):
                listed = self._repair_names([part] if isinstance(part, str) else part, where)
                repaired.setdefault("dependentRequired", {}).setdefault(name, listed)
            else:
                schema = self._repair_schema(part, where)
                repaired.setdefault("dependentSchemas", {}).setdefault(name, schema)

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
        if isinstance(value, str) and value.lower() in _BOOLEANS:
            return self._change(path, _BOOLEANS[value.lower()])
        # `_modernize` handles the list of an older draft.
        if isinstance(value, list) and value and path.endswith(".items"):
            return _LEFT_OUT
        return self._repair_schema(value, path)

    def _repair_id(self, value: Any, path: str) -> Any:
        """Leave out an id with a fragment, which is an anchor of draft 7."""
        self._check_text(value, path)
        return value if "#" not in value[:-1] else self._change(path, _LEFT_OUT)

    def _repair_anchor(self, value: Any, path: str) -> Any:
        """Leave out an anchor of draft 2019-09, which may be `true`."""
        if isinstance(value, str) and _ANCHOR.fullmatch(value):
            return value
        return self._change(path, _LEFT_OUT)

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
        if isinstance(value, str) and "|" in value:
            value = self._change(path, value.split("|"))
        if not isinstance(value, list):
            return self._repair_type_name(value, path)
        if any(isinstance(part, Mapping) for part in value):
            # `_modernize` handles the schemas among the types of draft 3.
            return _LEFT_OUT
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
        name = value.strip().lower() if isinstance(value, str) else None
        if name in _ANY_TYPE:
            return self._change(path, _LEFT_OUT)
        meaning = name if name in TYPES else _SYNONYMS.get(name or "")
        if meaning is None:
            raise _make_refusal(path, f"must be one of {', '.join(TYPES)}")
        return self._change(path, meaning if isinstance(meaning, str) else meaning[0])

    def _check_text(self, value: Any, path: str) -> Any:
        if path.endswith((".description", ".title")) and not isinstance(value, str):
            value = self._change(path, _as_text(value))
        if not isinstance(value, str):
            raise _make_refusal(path, "must be a string")
        return value

    def _check_count(self, value: Any, path: str) -> Any:
        value = self._read_number(value, path)
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
        if not whole or value < 0:
            raise _make_refusal(path, "must be a whole number of at least 0")
        return value

    def _check_number(self, value: Any, path: str) -> Any:
        if isinstance(value, bool) and ".exclusive" in path:
            return self._change(path, _LEFT_OUT)
        value = self._read_number(value, path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _make_refusal(path, "must be a number")
        if path.endswith(".multipleOf") and not value > 0:
            raise _make_refusal(path, "must be greater than 0")
        return value

    def _read_number(self, value: Any, path: str) -> Any:
        """Read a number that is written as a text."""
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            return value
        return self._change(path, float(value) if "." in value else int(value))

    def _check_flag(self, value: Any, path: str) -> Any:
        if isinstance(value, str) and value.lower() in _BOOLEANS:
            return self._change(path, _BOOLEANS[value.lower()])
        if not isinstance(value, bool):
            raise _make_refusal(path, "must be true or false")
        return value

    def _repair_examples(self, value: Any, path: str) -> Any:
        """Accept one example, and OpenAPI's object of named ones."""
        if isinstance(value, list):
            return value
        return self._change(path, list(value.values()) if isinstance(value, Mapping) else [value])

    def _repair_enum(self, value: Any, path: str) -> Any:
        """Accept PHP's list whose positions are not consecutive: an object."""
        if isinstance(value, Mapping) and all(key.isdecimal() for key in value):
            return self._change(path, list(value.values()))
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
    **dict.fromkeys(("$anchor", "$dynamicAnchor", "$recursiveAnchor"), SchemaRepair._repair_anchor),
    "$id": SchemaRepair._repair_id,
    "dependentRequired": SchemaRepair._repair_name_lists,
    "enum": SchemaRepair._repair_enum,
    "examples": SchemaRepair._repair_examples,
    "required": SchemaRepair._repair_required,
    "title": SchemaRepair._check_text,
    "type": SchemaRepair._repair_type,
}


def _is_too_deep(schema: Any) -> bool:
    level, depth = [schema], 0
    while level and depth <= MAX_LEVELS:
        level = [
            part
            for node in level
            if isinstance(node, dict | list)
            for part in (node.values() if isinstance(node, dict) else node)
        ]
        depth += 1
    return bool(level)


def _find_marked_properties(properties: Any) -> list[str]:
    """Return the names of properties that have `required: true` themselves."""
    if not isinstance(properties, Mapping):
        return []
    return [
        name
        for name, part in properties.items()
        if isinstance(part, Mapping) and part.get("required") is True
    ]


def _find_format(type: Any) -> str | None:
    """Return the format that the name of a type stands for, such as `date`."""
    meaning = _SYNONYMS.get(type.strip().lower()) if isinstance(type, str) else None
    return meaning[1] if isinstance(meaning, tuple) else None


def _keep_meaning(repaired: Schema, schema: Mapping[str, Any]) -> None:
    """Express what keywords and values of other dialects say beside the repaired ones."""
    id = schema.get("$id")
    # The anchor that references of draft 7 lead to.
    if isinstance(id, str) and id.startswith("#") and _ANCHOR.fullmatch(id[1:]):
        repaired.setdefault("$anchor", id[1:])
    if schema.get("nullable") is True:
        _allow_null(repaired)
    form = _find_format(schema.get("type"))
    if form is not None:
        repaired.setdefault("format", form)


def _allow_null(repaired: Schema) -> None:
    """Express OpenAPI's `nullable: true` with a type; the keyword itself has no meaning."""
    kinds = repaired.get("type")
    if kinds is None:
        return
    listed = kinds if isinstance(kinds, list) else [kinds]
    if "null" not in listed:
        repaired["type"] = [*listed, "null"]
    if isinstance(repaired.get("enum"), list) and None not in repaired["enum"]:
        repaired["enum"] = [*repaired["enum"], None]


def _as_text(value: Any) -> Any:
    """Convert a number or a list of lines to a text; return other values unchanged."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return str(value) if isinstance(value, int | float) else value


def _make_refusal(path: str, why: str) -> InvalidRequest:
    shown = path if len(path) <= 300 else f"{path[:300]}…"
    return InvalidRequest(f"Invalid value for {shown}: {why}.", param=shown)
