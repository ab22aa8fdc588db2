"""Parse JSON with comments and trailing commas, and remember where everything is; pure.

The libraries for it drop comments, need Node, or are not kept up; editing needs only positions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.connect.refusal import NotParsable

_BLANK = re.compile(r"(?:[ \t\n\r]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_ATOM = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(slots=True)
class Node:
    """A value and the place of its text."""

    kind: Literal["object", "array", "atom"]
    value: Any
    start: int
    end: int
    members: list[Member] = field(default_factory=list)
    """Of an object, or the elements of an array."""


@dataclass(slots=True)
class Member:
    """A member of an object, or an element of an array, whose key is empty."""

    key: str
    start: int
    node: Node
    comma: int | None = None
    """Where the comma behind it is."""


def parse_nodes(text: str) -> Node | None:
    """Return the value of a text; None if there are only blanks and comments.

    Raises NotParsable.
    """
    start = skip_blank(text, 0)
    if start == len(text):
        return None
    try:
        node = _parse_node(text, start)
    except RecursionError as error:
        raise NotParsable("it is nested too deep") from error
    end = skip_blank(text, node.end)
    if end != len(text):
        raise _describe_error(text, end)
    return node


def skip_blank(text: str, at: int) -> int:
    """Return where the blanks and comments that begin here end."""
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _parse_node(text: str, at: int) -> Node:
    first = text[at : at + 1]
    if first == "{":
        return _parse_container(text, at, "object", "}")
    if first == "[":
        return _parse_container(text, at, "array", "]")
    match = (_STRING if first == '"' else _ATOM).match(text, at)
    if match is None:
        raise _describe_error(text, at)
    return Node("atom", _decode_token(text, match), at, match.end())


def _parse_container(text: str, at: int, kind: Literal["object", "array"], end: str) -> Node:
    members: list[Member] = []
    place = skip_blank(text, at + 1)
    while text[place : place + 1] != end:
        if members and members[-1].comma is None:
            raise _describe_error(text, place)
        member = _parse_member(text, place) if kind == "object" else _parse_element(text, place)
        members.append(member)
        place = skip_blank(text, member.node.end)
        if text[place : place + 1] == ",":
            member.comma = place
            place = skip_blank(text, place + 1)
    value: Any = [member.node.value for member in members]
    if kind == "object":
        value = {member.key: member.node.value for member in members}
        if len(value) < len(members):
            raise NotParsable(f"a key occurs twice in the object {_locate(text, at)}")
    return Node(kind, value, at, place + 1, members)


def _parse_element(text: str, at: int) -> Member:
    return Member("", at, _parse_node(text, at))


def _parse_member(text: str, at: int) -> Member:
    match = _STRING.match(text, at)
    if match is None:
        raise _describe_error(text, at)
    colon = skip_blank(text, match.end())
    if text[colon : colon + 1] != ":":
        raise _describe_error(text, colon)
    return Member(_decode_token(text, match), at, _parse_node(text, skip_blank(text, colon + 1)))


def _decode_token(text: str, match: re.Match[str]) -> Any:
    try:
        return json.loads(match[0])
    except ValueError as error:
        raise _describe_error(text, match.start()) from error


def _describe_error(text: str, at: int) -> NotParsable:
    found = f"unexpected {text[at]!r}" if at < len(text) else "unexpected end"
    return NotParsable(f"{found} {_locate(text, at)}")


def _locate(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"(line {line}, column {at - text.rfind(chr(10), 0, at)})"
