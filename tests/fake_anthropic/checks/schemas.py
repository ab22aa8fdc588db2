"""Checks of JSON schemas of tools and of structured output."""

from __future__ import annotations

import re
from typing import Any

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
    need_dict(schema.get("properties") or {}, f"{where}.properties")
    required = need_list(schema.get("required") or [], f"{where}.required")
    for index, name in enumerate(required):
        need_str(name, f"{where}.required.{index}")


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
