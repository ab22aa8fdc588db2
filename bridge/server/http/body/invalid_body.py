"""Explain in plain words what is wrong with a body, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from bridge.errors import InvalidRequest
from bridge.wire.chat_from_responses import NAMED_FIELD
from bridge.wire.chat_input.client_paths import find_client_path


def explain_invalid(
    error: ValidationError, raw: Any, read: Callable[[Any], Any] | None = None
) -> InvalidRequest:
    """Return the error about the body `raw`, with the field's path as `param`.

    `read` makes what was validated of the body; the path is the client's all the same.
    """
    problems = error.errors(include_url=False, include_input=False)
    if problems[0]["type"] == NAMED_FIELD:
        return InvalidRequest(problems[0]["msg"], param=problems[0]["ctx"]["param"])
    # For a union pydantic reports the problems of every member. The deepest one belongs to the
    # member that the client meant.
    validated = raw if read is None else read(raw)
    by_field = [(_join_path(problem, validated), problem) for problem in problems]
    param = max((path for path, _ in by_field), key=lambda path: path.count(".") + path.count("["))
    here = [problem for path, problem in by_field if path == param]
    is_missing = here[0]["type"] == "missing"
    if validated is not raw:
        param = find_client_path(param, raw, is_missing=is_missing)
    if is_missing:
        return InvalidRequest(f"Missing required parameter: {param}.", param=param)
    words = " or ".join(dict.fromkeys(map(_describe_problem, here)))
    if not param:
        return InvalidRequest(f"The body must be a JSON object: {words}.")
    return InvalidRequest(f"Invalid value for {param}: {words}.", param=param)


def _join_path(problem: Any, raw: Any) -> str:
    return join_field_path(problem["loc"], raw, is_missing=problem["type"] == "missing")


def join_field_path(loc: tuple[str | int, ...], raw: Any, *, is_missing: bool = True) -> str:
    """Convert pydantic's location to the client's notation: `messages[0].content`.

    pydantic puts the names of union members between the keys; only the steps that exist in the
    body `raw` are keys, and the last one if that is missing there. The first one is always a key: a
    field of the request, which may have been made of another one.
    """
    path = ""
    for position, step in enumerate(loc):
        is_key = position == 0 or (is_missing and position == len(loc) - 1)
        if isinstance(step, int):
            path += f"[{step}]"
            raw = raw[step] if isinstance(raw, list) and step < len(raw) else None
        elif isinstance(raw, dict) and (step in raw or is_key):
            path += f".{step}" if path else step
            raw = raw.get(step)
    return path


def _describe_problem(problem: Any) -> str:
    """Describe the commonest problems in our own words, and the others in pydantic's."""
    describe = _WORDS.get(problem["type"])
    if describe is None:
        message: str = problem["msg"]
        return message
    return describe(problem.get("ctx", {}))


_Context = Mapping[str, Any]
_WORDS: Mapping[str, Callable[[_Context], str]] = {
    "bool_parsing": lambda _: "it must be true or false",
    "bool_type": lambda _: "it must be true or false",
    "dict_type": lambda _: "it must be an object",
    "float_parsing": lambda _: "it must be a number",
    "float_type": lambda _: "it must be a number",
    "greater_than_equal": lambda ctx: f"it must be at least {ctx['ge']:g}",
    "int_from_float": lambda _: "it must be a whole number",
    "int_parsing": lambda _: "it must be a whole number",
    "int_type": lambda _: "it must be a whole number",
    "less_than_equal": lambda ctx: f"it must be at most {ctx['le']:g}",
    "list_type": lambda _: "it must be a list",
    "literal_error": lambda ctx: f"it must be {ctx['expected']}",
    "model_attributes_type": lambda _: "it must be an object",
    "model_type": lambda _: "it must be an object",
    "string_type": lambda _: "it must be a string",
    "too_long": lambda ctx: f"it has more than {ctx['max_length']} items",
    "too_short": lambda ctx: (
        "it must not be empty"
        if ctx["min_length"] == 1
        else f"it must have at least {ctx['min_length']} items"
    ),
    "union_tag_invalid": lambda ctx: (
        f"its {ctx['discriminator']} is '{str(ctx['tag'])[:100]}'; it must be one of "
        f"{ctx['expected_tags']}"
    ),
    "union_tag_not_found": lambda ctx: f"it has no {ctx['discriminator']}",
}
"""By pydantic's type of the problem."""
