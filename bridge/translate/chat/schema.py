"""Rewrite JSON Schemas for Claude; keywords it does not support move to the description.

Structured output and strict tools refuse bounds, lengths, `oneOf` and open objects; tools refuse
`anyOf`, `oneOf` and `allOf` at the root. Every OpenAI client sends some of these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

_REFUSED = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "not",
    "if",
    "then",
    "else",
    "prefixItems",
    "unevaluatedProperties",
    "unevaluatedItems",
)
_DEFINITION = re.compile(r"#/(\$defs|definitions)/[^/]+")
_DROPPED = ("$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly")
_FORMATS = frozenset(
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]
)
"""Formats of structured output; https://platform.claude.com/docs/en/build-with-claude/structured-outputs"""
_COMBINERS = ("anyOf", "oneOf", "allOf")


def close_schema(schema: Any) -> Schema:
    """Rewrite a schema for structured output.

    Objects get `additionalProperties: false`, and unsupported keywords move to the description.
    """
    # `true` and `false` are schemas, too; an object cannot express them better than `{}`.
    if not isinstance(schema, Mapping):
        schema = {}
    refused = {k: v for k, v in schema.items() if k in _REFUSED or not _is_known_format(k, v)}
    supported = {k: v for k, v in schema.items() if k not in refused and k not in _DROPPED}
    if "oneOf" in supported:
        # `oneOf` is not supported, and a value that fits exactly one branch also fits `anyOf`.
        supported["anyOf"] = [*supported.pop("oneOf"), *supported.get("anyOf", ())]
    result = {key: _close_value(key, value) for key, value in supported.items()}
    if "properties" in result or _is_object(result):
        result.setdefault("type", "object")
        # The API refuses a required name without a property; an empty schema accepts any value.
        undefined: Schema = {name: {} for name in result.get("required") or ()}
        result["properties"] = {**undefined, **result.get("properties", {})}
        result["additionalProperties"] = False
    if refused:
        result["description"] = _describe_rules(result.get("description"), refused)
    return result


def can_close(schema: Any) -> bool:
    """Return whether structured output can express the schema.

    It can express neither recursion nor objects with arbitrary keys.
    """
    return not _is_recursive(schema) and not _has_open_object(schema)


def _has_open_object(node: Any) -> bool:
    if isinstance(node, list):
        return any(_has_open_object(part) for part in node)
    if not isinstance(node, Mapping):
        return False
    is_open = _is_object(node) and node.get("additionalProperties") is not False
    if is_open and not node.get("properties"):
        return True
    return any(_has_open_object(part) for part in _list_subschemas(node))


def _list_subschemas(schema: Mapping[str, Any]) -> list[Any]:
    """Return the schemas directly inside a schema, but not values such as `enum` or `default`."""
    named = [
        part
        for key in ("properties", "$defs", "definitions")
        if isinstance(schema.get(key), Mapping)
        for part in schema[key].values()
    ]
    return [*named, *(schema[key] for key in ("items", *_COMBINERS) if key in schema)]


def _is_recursive(schema: Any) -> bool:
    """Return whether a definition refers to itself, directly or through others.

    References to anything but definitions count as recursive, because they could be.
    """
    if not all(_DEFINITION.fullmatch(ref) for ref in find_references(schema)):
        return True
    definitions = {**schema.get("$defs", {}), **schema.get("definitions", {})}
    edges = {
        name: set(map(_get_definition_name, find_references(part)))
        for name, part in definitions.items()
    }
    return any(name in _find_reachable(name, edges) for name in edges)


def _get_definition_name(ref: str) -> str:
    return ref.rsplit("/", 1)[-1]


def find_references(node: Any) -> list[str]:
    """Return every `$ref` in a schema."""
    if isinstance(node, Mapping):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for part in node.values() for ref in find_references(part)]
    if isinstance(node, list):
        return [ref for part in node for ref in find_references(part)]
    return []


def _find_reachable(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    reachable: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in reachable:
            reachable.add(name)
            waiting.extend(edges.get(name, ()))
    return reachable


def _is_known_format(key: str, value: Any) -> bool:
    return key != "format" or value in _FORMATS


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _close_value(key: str, value: Any) -> Any:
    if key in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
        return {name: close_schema(part) for name, part in value.items()}
    if key in ("anyOf", "allOf") and isinstance(value, list):
        return [close_schema(part) for part in value]
    if key == "items":
        return close_schema(value)
    return value


def _describe_rules(description: Any, rules: Mapping[str, Any]) -> str:
    text = "; ".join(f"{name}: {json.dumps(value)}" for name, value in rules.items())
    return f"{description} ({text})" if description else f"({text})"


def build_input_schema(parameters: Any) -> Schema:
    """Build a tool's `input_schema`: an object without combiners at the root."""
    if not isinstance(parameters, Mapping):
        return {"type": "object", "properties": {}}
    schema = {k: v for k, v in parameters.items() if k not in ("type", "nullable", "$schema")}
    for combiner in _COMBINERS:
        branches = schema.pop(combiner, None)
        if isinstance(branches, list):
            schema = _merge_branches(
                schema, combiner, [b for b in branches if isinstance(b, Mapping)]
            )
    if not isinstance(schema.get("properties"), Mapping):
        schema["properties"] = {}
    if not isinstance(schema.get("required", []), list):
        del schema["required"]
    return {"type": "object", **schema}


def _merge_branches(schema: Schema, combiner: str, branches: Sequence[Mapping[str, Any]]) -> Schema:
    """Merge the branches of a root combiner into one object.

    The description lists the branches, because the merged schema allows any mix of them.
    """
    merged = dict(schema)
    properties: dict[str, Any] = dict(schema.get("properties") or {})
    for branch in branches:
        for name, part in (branch.get("properties") or {}).items():
            known = properties.get(name, part)
            joined = {"allOf" if combiner == "allOf" else "anyOf": [known, part]}
            properties[name] = known if known == part else joined
    merged["properties"] = properties
    required = set(schema.get("required") or ()) | _merge_required(combiner, branches)
    if required:
        merged["required"] = [name for name in properties if name in required]
    if combiner != "allOf":
        fits = "exactly one" if combiner == "oneOf" else "at least one"
        rule = {f"must fit {fits} of": [dict(branch) for branch in branches]}
        merged["description"] = _describe_rules(schema.get("description"), rule)
    return merged


def _merge_required(combiner: str, branches: Sequence[Mapping[str, Any]]) -> set[str]:
    each = [set(branch.get("required") or ()) for branch in branches]
    if not each:
        return set()
    return set.union(*each) if combiner == "allOf" else set.intersection(*each)
