"""The names that scripts declare, with strict checks."""

import inspect
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.talon_world.script_thread import Violation

SETTING_TYPES = (str, int, float, bool)


@dataclass
class Capture:
    """A capture: its rule, and the function that makes its value."""

    rule: str
    make: Callable[[Any], Any]


@dataclass
class Declarations:
    """All declared names; those of scripts must begin with `claude_`."""

    actions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)
    lists: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, tuple[type, Any]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    modes: set[str] = field(default_factory=set)

    def add_action(self, name: str, function: Callable[..., Any]) -> None:
        """Declare an action; it needs a docstring and a type for each parameter."""
        _check_new(name, self.actions)
        _check_docstring(name, function)
        for parameter in inspect.signature(function).parameters.values():
            if parameter.annotation is parameter.empty:
                raise Violation(f"action {name}: parameter {parameter.name} has no annotation")
            if isinstance(parameter.annotation, types.UnionType):
                raise Violation(f"action {name}: write Optional[X], not X | None")
        self.actions[f"user.{name}"] = function

    def add_capture(self, name: str, rule: str, make: Callable[[Any], Any]) -> None:
        """Declare a capture."""
        _check_new(name, self.captures)
        _check_docstring(name, make)
        if inspect.signature(make).return_annotation is inspect.Signature.empty:
            raise Violation(f"capture {name} has no return annotation")
        self.captures[f"user.{name}"] = Capture(rule, make)

    def add_list(self, name: str, desc: str) -> None:
        """Declare a list."""
        _check_new(name, self.lists)
        _check_description(name, desc)
        self.lists[f"user.{name}"] = {}

    def add_tag(self, name: str, desc: str) -> None:
        """Declare a tag."""
        _check_new(name, self.tags)
        _check_description(name, desc)
        self.tags.add(f"user.{name}")

    def add_mode(self, name: str, desc: str) -> None:
        """Declare a mode."""
        _check_new(name, self.modes)
        _check_description(name, desc)
        self.modes.add(f"user.{name}")

    def add_setting(self, name: str, kind: type, default: Any, desc: str) -> None:
        """Declare a setting."""
        _check_new(name, self.settings)
        _check_description(name, desc)
        if kind not in SETTING_TYPES or not isinstance(default, kind):
            raise Violation(f"setting {name} has no default of a type that Talon knows")
        self.settings[f"user.{name}"] = (kind, default)


def check_list(name: str, items: typing.Any) -> None:
    """Reject spoken forms that cannot be recognized, and values that are not strings."""
    for spoken, value in items.items():
        if not re.fullmatch(r"[^\W\d_]+(?:[ '][^\W\d_]+)*", spoken) or not isinstance(value, str):
            raise Violation(f"list {name}: {spoken!r}: {value!r} cannot be spoken, or is no str")


def check_arguments(name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Reject too many or too few arguments, or arguments of the wrong type."""
    try:
        bound = inspect.signature(function).bind(*args)
    except TypeError as problem:
        raise TypeError(f"{name}: {problem}") from None
    hints = typing.get_type_hints(function)
    for parameter, value in bound.arguments.items():
        if not _fits(value, hints.get(parameter, Any)):
            raise TypeError(f"{name}({parameter}): {value!r} is not {hints[parameter]}")


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if typing.get_origin(hint) is typing.Union:
        return any(_fits(value, one) for one in typing.get_args(hint))
    if hint is float and isinstance(value, int):
        return True
    plain = typing.get_origin(hint) or hint
    return isinstance(value, plain)


def _check_new(name: str, known: typing.Container[str]) -> None:
    if not name.startswith("claude_"):
        raise Violation(f"{name} does not begin with claude_, and Talon's names are global")
    if f"user.{name}" in known:
        raise Violation(f"user.{name} is declared twice")


def _check_docstring(name: str, function: Callable[..., Any]) -> None:
    if not (function.__doc__ or "").strip():
        raise Violation(f"{name} has no docstring")


def _check_description(name: str, desc: str) -> None:
    if not desc.strip():
        raise Violation(f"{name} has no description")
