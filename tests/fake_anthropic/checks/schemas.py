"""Checks of JSON schemas of tools and of structured output."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from tests.fake_anthropic.rejection import need, need_dict, need_list, need_str, refuse

_REFUSED = frozenset(
    [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "minProperties",
        "maxProperties",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
    ]
)
_FORMATS = frozenset(
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]
)
_HARD_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9bB]")
"""Look-around, back-references and word boundaries."""
_PROPERTY_KEY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
MOST_OPTIONAL = 24
MOST_UNIONS = 16
MOST_COMPILED = 20_000
"""Characters of all schemas together; the real limit is of the grammar, and not documented."""
_COMBINERS = ("oneOf", "allOf", "anyOf")


def check_input_schema(schema: Any, where: str) -> None:
    """Check a tool's `input_schema`, strict or not."""
    if schema is None:
        raise refuse(f"{where}: Field required")
    schema = need_dict(schema, where)
    if "type" not in schema:
        raise refuse(f"{where}.type: Field required")
    need(schema["type"] == "object", f"{where}.type: Input should be 'object'")
    for combiner in _COMBINERS:
        need(
            combiner not in schema,
            f"{where}: input_schema does not support oneOf, allOf, or anyOf at the top level",
        )
    reason = _explain_invalid(json.dumps(schema))
    need(
        reason is None,
        f"{where}: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
        f"(https://json-schema.org/draft/2020-12). {reason}",
    )
    # Only those at the root, as the real API does.
    for key in need_dict(schema.get("properties") or {}, f"{where}.properties"):
        need(
            _PROPERTY_KEY.fullmatch(key) is not None,
            f"{where}.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$'",
        )
    required = need_list(schema.get("required") or [], f"{where}.required")
    for index, name in enumerate(required):
        need_str(name, f"{where}.required.{index}")


@functools.lru_cache(1000)
def _explain_invalid(schema: str) -> str | None:
    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        return error.message
    return None


def check_grammar(schemas: Iterable[Any]) -> None:
    """Check the schemas that are compiled to one grammar: of strict tools and of the answer."""
    listed = list(schemas)
    optional = sum(map(_count_optional, listed))
    need(
        optional <= MOST_OPTIONAL,
        f"Schemas contains too many optional parameters ({optional}), which would make grammar "
        "compilation inefficient. Reduce the number of optional parameters in your tool schemas "
        f"(limit: {MOST_OPTIONAL}).",
    )
    unions = sum(map(_count_unions, listed))
    need(
        unions <= MOST_UNIONS,
        f"Schemas contains too many parameters with union types ({unions} parameters with type "
        "arrays or anyOf). This causes exponential compilation cost. Reduce the number of nullable "
        f"or union-typed parameters (limit: {MOST_UNIONS} parameters with unions).",
    )
    need(
        sum(len(json.dumps(schema)) for schema in listed) <= MOST_COMPILED,
        "The compiled grammar is too large, which would cause performance issues. Simplify your "
        "tool schemas or reduce the number of strict tools.",
    )


def _count_optional(node: dict[str, Any]) -> int:
    own = len(set(node.get("properties") or {}) - set(node.get("required") or ()))
    return own + sum(_count_optional(part) for _, part in _list_subschemas(node))


def _count_unions(node: dict[str, Any]) -> int:
    own = int("anyOf" in node or isinstance(node.get("type"), list))
    return own + sum(_count_unions(part) for _, part in _list_subschemas(node))


def check_strict_schema(schema: Any, where: str) -> None:
    """Check a schema of strict tools or structured output."""
    schema = need_dict(schema, where)
    _check_node(schema, where)
    definitions = {
        f"#/{key}/{name}": part
        for key in ("$defs", "definitions")
        for name, part in (schema.get(key) or {}).items()
    }
    for name in definitions:
        _check_recursion(definitions, name, (), where)


def _check_node(node: Any, where: str) -> None:
    if isinstance(node, bool):
        raise refuse(f"{where}: boolean schemas are not supported")
    node = need_dict(node, where)
    kind = node.get("type")
    refused = sorted(_REFUSED & set(node))
    need(
        not refused, f"{where}: For '{kind}' type, property '{', '.join(refused)}' is not supported"
    )
    if kind == "object" or "properties" in node:
        _check_object(node, where)
    _check_values(node, where)
    _check_string(node, where)
    for path, part in _list_subschemas(node):
        _check_node(part, f"{where}.{path}")


def _check_object(node: dict[str, Any], where: str) -> None:
    need(
        node.get("additionalProperties") is False,
        f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false",
    )
    missing = sorted(set(node.get("required") or ()) - set(node.get("properties") or {}))
    need(not missing, f"{where}: required properties {missing} are not defined in 'properties'")


def _check_values(node: dict[str, Any], where: str) -> None:
    need(
        node.get("minItems", 0) in (0, 1),
        f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported",
    )
    values = [*(node.get("enum") or ()), node.get("const")]
    simple = not any(isinstance(value, dict | list) for value in values)
    need(simple, f"{where}: enum and const values must be strings, numbers, booleans or null")


def _check_string(node: dict[str, Any], where: str) -> None:
    form = node.get("format")
    need(
        form is None or form in _FORMATS,
        f"{where}: For 'string' type, format '{form}' is not supported",
    )
    pattern = node.get("pattern")
    hard = pattern is not None and _HARD_PATTERN.search(pattern)
    need(not hard, f"{where}: Unsupported regex pattern '{pattern}'")
    ref = node.get("$ref")
    need(ref is None or ref.startswith("#/"), f"{where}: external $ref '{ref}' is not supported")
    need(ref != "#", f"{where}: Recursive schemas are not supported")


def _list_subschemas(node: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the schemas directly inside a schema, with their paths."""
    named = [
        (f"{key}.{name}", part)
        for key in ("properties", "$defs", "definitions")
        for name, part in (node.get(key) or {}).items()
    ]
    listed = [
        (f"{key}.{index}", part)
        for key in ("anyOf", "allOf")
        for index, part in enumerate(node.get(key) or ())
    ]
    items = [("items", node["items"])] if "items" in node else []
    return [*named, *listed, *items]


def _check_recursion(
    definitions: dict[str, Any], name: str, seen: tuple[str, ...], where: str
) -> None:
    need(name not in seen, f"{where}: Recursive schemas are not supported: {name}")
    for ref in _find_references(definitions.get(name, {})):
        _check_recursion(definitions, ref, (*seen, name), where)


def _find_references(node: Any) -> set[str]:
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if "$ref" in node else set()
    return own.union(*(_find_references(part) for _, part in _list_subschemas(node)))
