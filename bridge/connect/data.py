"""Plain values of a config file, addressed by paths; pure."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """The element of a list that has this value under this key."""

    key: str
    value: str


Path = tuple[str | Item, ...]
"""Where a value is: keys of mappings, and elements of lists."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value to write; if it and what is there are mappings, their other keys stay."""

    path: Path
    value: Any
    is_default: bool = False
    """Whether another value that is there already stays."""


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What `get_value` returns where nothing is."""


def get_value(data: Any, path: Path) -> Any:
    """Return the value at a path, or MISSING."""
    for step in path:
        data = _get_child(data, step)
        if data is MISSING:
            return MISSING
    return data


def _get_child(data: Any, step: str | Item) -> Any:
    if isinstance(step, str):
        return data.get(step, MISSING) if isinstance(data, dict) else MISSING
    if not isinstance(data, list):
        return MISSING
    index = find_item(data, step)
    return MISSING if index is None else data[index]


def find_item(data: list[Any], item: Item) -> int | None:
    """Return the index of the first element that matches."""
    matches = (
        index
        for index, element in enumerate(data)
        if isinstance(element, dict) and element.get(item.key) == item.value
    )
    return next(matches, None)


def put_value(data: Any, path: Path, value: Any) -> Any:
    """Return a copy with the value at a path; missing mappings and lists are made.

    Raises TypeError if something else is where the path needs a mapping or a list.
    """
    if not path:
        return copy.deepcopy(value)
    step, rest = path[0], path[1:]
    child = put_value(_get_child(data, step), rest, value)
    if isinstance(step, str):
        if data is MISSING or data is None:
            return {step: child}
        if not isinstance(data, dict):
            raise TypeError(f"there is no mapping for {step}")
        return {**data, step: child}
    if data is MISSING or data is None:
        return [child]
    if not isinstance(data, list):
        raise TypeError(f"there is no list for {step.value}")
    index = find_item(data, step)
    return [*data, child] if index is None else [*data[:index], child, *data[index + 1 :]]


def remove_value(data: Any, path: Path) -> Any:
    """Return a copy without the value at a path, which must be there."""
    step, rest = path[0], path[1:]
    if rest:
        child = remove_value(_get_child(data, step), rest)
        return put_value(data, (step,), child)
    if isinstance(step, str):
        return {key: value for key, value in data.items() if key != step}
    index = find_item(data, step)
    return [element for at, element in enumerate(data) if at != index]


def split_change(data: Any, change: Change) -> Iterator[Change]:
    """Split a change into those that replace one value or add one; equal values are left out."""
    there = get_value(data, change.path)
    if change.is_default and there is not MISSING:
        return
    if isinstance(change.value, dict) and isinstance(there, dict):
        for key, value in change.value.items():
            yield from split_change(data, Change((*change.path, key), value))
    elif there is MISSING or not is_same(there, change.value):
        yield change


def find_existing(data: Any, path: Path) -> int:
    """Return how many steps of a path lead to something."""
    count = 0
    while count < len(path) and get_value(data, path[: count + 1]) is not MISSING:
        count += 1
    return count


def nest_value(path: Path, value: Any) -> Any:
    """Return the value within the mappings and lists that lead to it."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def is_same(left: Any, right: Any) -> bool:
    """Return whether two values are equal, with their types; the order of keys does not count."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(is_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and bool(left == right)
