"""Whether a value fits a JSON Schema; the validator is imported by the first who needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def find_problem(value: Any, schema: Mapping[str, Any] | None) -> str | None:
    """What is wrong, with its place and never its content."""
    if schema is None:
        return None if isinstance(value, dict) else "it is not an object."
    import jsonschema
    import referencing

    kind = jsonschema.validators.validator_for(schema)
    # An empty registry: nothing that a schema points to is fetched.
    validator = kind(schema, registry=referencing.Registry())
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return None if error is None else f"`{error.validator}` fails at {error.json_path}."


def can_check(schema: dict[str, Any]) -> bool:
    """Whether a value can be checked against it; imports the validator, so not on the loop."""
    import jsonschema

    kind = jsonschema.validators.validator_for(schema)
    try:
        kind.check_schema(schema)
    except jsonschema.exceptions.SchemaError:
        return False
    return all(ref.startswith("#") for ref in _references(schema))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [ref for part in node for ref in _references(part)]
    if not isinstance(node, Mapping):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for part in node.values() for ref in _references(part)]
