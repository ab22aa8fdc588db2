"""Choose what belongs into a list of named elements."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.computer.elements.base import Element, NamedElement, Role
from bridge.computer.matching.names import has_name_part, is_name

_CONTENT: tuple[Role, ...] = ("cell", "icon", "list item", "menu item")
"""Roles of which those without a name are only a part of another, or a separator."""


def is_listed(named: NamedElement, earlier: Sequence[NamedElement]) -> bool:
    """Return whether an element belongs into a list after some others."""
    element = named.element
    if element.box is None or (element.role in _CONTENT and not element.name.strip()):
        return False
    return not _repeats(named, earlier)


def has_whole_name(elements: Sequence[NamedElement], name: str | None) -> bool:
    return name is None or any(is_name(each.element.name, name) for each in elements)


def choose_best(matches: Sequence[NamedElement], name: str | None) -> list[NamedElement]:
    """Choose those with the whole name, or else those with a part of it; without repetitions."""
    if name is None:
        return list(matches)
    whole = [each for each in matches if is_name(each.element.name, name)]
    # The label of a field, or the heading above a button, is not what is meant.
    controls = [each for each in whole if each.element.is_control or each.element.is_editable]
    whole = controls or whole
    chosen: list[NamedElement] = []
    for each in whole or [each for each in matches if has_name_part(each.element.name, name)]:
        if not _repeats(each, chosen):
            chosen.append(each)
    return chosen


def drop_labels(elements: Sequence[NamedElement]) -> list[NamedElement]:
    """Drop texts that only name the control behind them."""
    behind = [*elements[1:], None]
    return [
        each
        for each, other in zip(elements, behind, strict=False)
        if other is None or each.element.role != "text" or not _is_label(each, other)
    ]


def _is_label(text: NamedElement, named: NamedElement) -> bool:
    other = named.element
    return (other.is_control or other.is_editable) and is_name(other.name, text.element.name)


def _repeats(named: NamedElement, earlier: Sequence[NamedElement]) -> bool:
    """Return whether a text only says the name of the control that it is in."""
    element = named.element
    if element.is_control or element.is_editable or element.box is None or not earlier:
        return False
    return any(
        _contains(other.element, element)
        for other in earlier[-3:]
        if other.element.is_control or other.element.role in ("heading", "text")
    )


def _contains(outer: Element, inner: Element) -> bool:
    if outer.box is None or inner.box is None:
        return False
    return inner.name in outer.name and outer.box.intersect(inner.box) == inner.box
