"""The values of settings, as flags, variables and the file have them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from bridge.budget_table import BudgetTable
from bridge.fallback import parse_step
from bridge.sign_ins import check_folders
from bridge.wire.routing.rule import RoutingRule, parse_rules


def split_names(value: Any) -> Any:
    """Split a comma-separated string, as flags and variables have it; "none" is an empty list."""
    if not isinstance(value, str):
        return value
    # As other programs have lists in variables. An IPv6 address in brackets is no JSON.
    if isinstance(listed := _parse_json(value), list):
        return tuple(listed)
    # "none" was the default when these settings were strings.
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    return () if names == ("none",) else names


def _parse_json(text: str) -> Any:
    """Return the value of a JSON text; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _check_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(name.strip() for name in names):
        raise ValueError("must not contain an empty name")
    return names


# NoDecode: pydantic-settings would parse a variable as JSON before the validator sees it.
Names = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(split_names), AfterValidator(_check_names)
]
"""A list in `config.toml`; in a flag, a variable or an older file, names separated by commas."""


def _check_steps(steps: tuple[str, ...]) -> tuple[str, ...]:
    for step in steps:
        parse_step(step)
    return steps


Steps = Annotated[Names, AfterValidator(_check_steps)]
"""The steps of a chain of fallbacks, as `bridge.fallback` parses them."""


def split_pairs(value: Any) -> Any:
    """Split `name=other, …`, as flags and variables have it, into a table."""
    if not isinstance(value, str):
        return value
    if isinstance(table := _parse_json(value), dict):
        return table
    pairs = [pair.partition("=") for pair in split_names(value)]
    return {name.strip(): other.strip() for name, _, other in pairs}


LONGEST_MODEL_NAME = 200
"""In characters; the names of clouds, such as Bedrock's ARNs, are shorter."""


def check_alias(name: str, model: str) -> None:
    """Raise ValueError, with the reason, if a name cannot be the user's own for a model."""
    name, model = name.strip(), model.strip()
    if not name or not model:
        raise ValueError("a name and its model must not be empty")
    if max(len(name), len(model)) > LONGEST_MODEL_NAME:
        raise ValueError(f"a name must not be longer than {LONGEST_MODEL_NAME} characters")
    if not (name.isprintable() and model.isprintable()):
        raise ValueError("a name must be one line without control characters")
    if name.lower() == "default":
        raise ValueError("`default` is the active model: change the setting `model` instead")
    if name.lower() == model.lower():
        raise ValueError(f"`{name}` must not stand for itself")


def _check_pairs(pairs: dict[str, str]) -> dict[str, str]:
    if not all(name.strip() and other.strip() for name, other in pairs.items()):
        raise ValueError("must be pairs such as `fast=claude-haiku-5-5`")
    for name, other in pairs.items():
        check_alias(name, other)
    return {name.strip().lower(): other.strip() for name, other in pairs.items()}


Pairs = Annotated[
    dict[str, str], NoDecode, BeforeValidator(split_pairs), AfterValidator(_check_pairs)
]
"""A table in `config.toml`; in a flag or a variable, pairs separated by commas."""


Folders = Annotated[
    dict[str, str], NoDecode, BeforeValidator(split_pairs), AfterValidator(check_folders)
]
"""Folders by name; in a flag or a variable, pairs separated by commas."""


def _read_rules(value: Any) -> tuple[RoutingRule, ...]:
    """Validate rules; a flag or a variable has them as JSON."""
    if isinstance(value, str):
        value = _parse_json(value or "[]")
    return parse_rules(value)


RoutingRules = Annotated[tuple[RoutingRule, ...], NoDecode, BeforeValidator(_read_rules)]
"""`[[rules]]` tables in `config.toml`; in a flag or a variable, a list in JSON."""


def parse_tables(value: Any) -> Any:
    """Parse JSON, as flags and variables have it, into a list of tables."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return ()
    if (tables := _parse_json(value)) is None:
        raise ValueError("must be a list of tables in JSON")
    return tables


BudgetTables = Annotated[tuple[BudgetTable, ...], NoDecode, BeforeValidator(parse_tables)]
"""Tables `[[budgets]]` in `config.toml`; in a flag or a variable, a list in JSON."""
