"""Check JSON values against a JSON Schema.

The validator is imported on first use, because most requests do not need it. Schemas are those of
draft 2020-12: `schema_repair` has rewritten what older drafts express differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bridge.translate.chat.schema import find_references

_IN_PLACE = ("not", "if", "then", "else")
_IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")


def find_problem(value: Any, schema: Mapping[str, Any] | None) -> str | None:
    """Return the schema rule that `value` breaks and its path, or None if it is valid.

    Without a schema, any object is valid. The text never quotes the value.
    """
    if schema is None:
        return None if isinstance(value, dict) else "it is not an object."
    import jsonschema
    import referencing

    # The empty registry keeps the validator from fetching remote references.
    validator = jsonschema.Draft202012Validator(schema, registry=referencing.Registry())
    try:
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    except RecursionError:
        return "it is nested too deeply to be checked."
    return None if error is None else f"`{error.validator}` fails at {error.json_path}."


def can_check(schema: dict[str, Any]) -> bool:
    """Return whether the schema is valid, refers only to itself, and comes to an end.

    Imports the validator, so it must not be called on the event loop.
    """
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        return (
            "$id" not in schema
            and all(_resolve(schema, ref) is not None for ref in find_references(schema))
            and all(map(_is_pattern, _find_patterns(schema)))
            and not _is_endless(schema)
        )
    except (jsonschema.exceptions.SchemaError, RecursionError):
        return False


def _resolve(schema: Mapping[str, Any], ref: str) -> Any:
    """Return the schema that a JSON pointer refers to; None if there is none."""
    if ref == "#":
        return schema
    if not ref.startswith("#/"):
        return None
    node: Any = schema
    for part in ref[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping):
            node = node.get(key)
        elif isinstance(node, list) and key.isdecimal() and int(key[:9]) < len(node):
            node = node[int(key[:9])]
        else:
            return None
    return node if isinstance(node, Mapping | bool) else None


def _find_patterns(node: Any) -> Iterator[Any]:
    if isinstance(node, list):
        for part in node:
            yield from _find_patterns(part)
    elif isinstance(node, Mapping):
        yield node.get("pattern", "")
        if isinstance(node.get("patternProperties"), Mapping):
            yield from node["patternProperties"]
        for part in node.values():
            yield from _find_patterns(part)


def _is_pattern(pattern: Any) -> bool:
    # JSON Schema uses JavaScript's expressions, of which Python does not know all. A property of
    # the name `pattern` is an object.
    try:
        re.compile(pattern if isinstance(pattern, str) else "")
    except (re.error, OverflowError):
        return False
    return True


def _is_endless(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema applies to a value itself again and again, as `{"$ref": "#"}` does.

    The validator would not return. A schema that refers to itself for a *part* of the value ends.
    """
    done: set[int] = set()
    for start in (_resolve(schema, ref) for ref in find_references(schema)):
        # The path from `start`, each schema with the ones that it still has to visit.
        path = [(id(start), _list_in_place(schema, start))]
        active = {id(start)}
        while path:
            node, rest = path[-1]
            target = next(rest, None)
            if target is None:
                path.pop()
                active.discard(node)
                done.add(node)
            elif id(target) in active:
                return True
            elif id(target) not in done:
                active.add(id(target))
                path.append((id(target), _list_in_place(schema, target)))
    return False


def _list_in_place(root: Mapping[str, Any], node: Any) -> Iterator[Any]:
    """Yield the schemas that apply to the same value as `node`."""
    if not isinstance(node, Mapping):
        return
    if isinstance(node.get("$ref"), str):
        yield _resolve(root, node["$ref"])
    yield from (node[key] for key in _IN_PLACE if isinstance(node.get(key), Mapping))
    for key in _IN_PLACE_LISTS:
        if isinstance(node.get(key), list):
            yield from (part for part in node[key] if isinstance(part, Mapping))
    if isinstance(node.get("dependentSchemas"), Mapping):
        yield from (p for p in node["dependentSchemas"].values() if isinstance(p, Mapping))
