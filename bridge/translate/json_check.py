"""Check JSON values against a JSON Schema.

The validator is imported on first use, because most requests do not need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.translate.chat.schema import find_references


def find_problem(value: Any, schema: Mapping[str, Any] | None) -> str | None:
    """Return the schema rule that `value` breaks and its path, or None if it is valid.

    Without a schema, any object is valid. The text never quotes the value.
    """
    if schema is None:
        return None if isinstance(value, dict) else "it is not an object."
    import jsonschema
    import referencing

    kind = jsonschema.validators.validator_for(schema)
    # The empty registry keeps the validator from fetching remote references.
    validator = kind(schema, registry=referencing.Registry())
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return None if error is None else f"`{error.validator}` fails at {error.json_path}."


def can_check(schema: dict[str, Any]) -> bool:
    """Return whether the schema is valid and refers only to itself.

    Imports the validator, so it must not be called on the event loop.
    """
    import jsonschema

    kind = jsonschema.validators.validator_for(schema)
    try:
        kind.check_schema(schema)
    except jsonschema.exceptions.SchemaError:
        return False
    return all(ref.startswith("#") for ref in find_references(schema))
