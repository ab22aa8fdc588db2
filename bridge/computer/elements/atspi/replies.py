"""The shapes of replies on the accessibility bus: the one check of what programs answer."""

# A program may answer anything: another type, another number of values, a name that is none, a
# text of megabytes. So each call names the shape that AT-SPI declares for its reply. D-Bus sends a
# reply's types along as its signature, and dbus-fast makes the values from that, so comparing
# signatures checks all types; what a signature does not say is checked by the shape's reader.

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from bridge.computer.elements.base import READ_LENGTH, TEXT_LENGTH
from bridge.computer.screen.geometry import Rect

_Value = TypeVar("_Value")

# https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-names
_NAME = re.compile(r":[\w-]+(\.[\w-]+)+|[a-z_-][\w-]*(\.[a-z_-][\w-]*)+", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"/|(/\w+)+", re.ASCII)
_LONGEST_NAME = 255
_LONGEST_PATH = 1000
_MOST_NODES = 1000
_MOST_TEXTS = 100
_STATE_WORDS = 2
_MOST_RELATIONS = 20
_LABELLED_BY = 2


class Unanswered(Exception):
    """A program gave an error or another shape, has left, or did not answer in time."""


class TimedOut(Unanswered):
    """A program did not answer in time."""


class Node(NamedTuple):
    """An object of a program on the bus."""

    name: str
    path: str

    @property
    def is_null(self) -> bool:
        return not self.name or self.path.endswith("/null")


@dataclass(frozen=True, slots=True)
class Shape(Generic[_Value]):
    """What a reply or a property has to be."""

    signature: str
    """Of the value, or of all values; empty for a reply without one."""
    read: Callable[[Any], _Value]
    """Makes the value from one with that signature; raises Unanswered."""


def _read_values(reply: Any, signature: str) -> Any:
    """Return the only value of a reply, or all of them where several are declared."""
    if not signature:
        return None
    return reply.body[0] if len(reply.body) == 1 else reply.body


def read_reply(reply: Any, shape: Shape[_Value]) -> _Value:
    """Read the value of a reply. Raises Unanswered for an error and for another shape."""
    from dbus_fast import MessageType

    if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
        raise Unanswered("The program gave an error.")
    if reply.signature != shape.signature:
        raise Unanswered(f"The reply is `{reply.signature}`, not `{shape.signature}`.")
    return shape.read(_read_values(reply, shape.signature))


def make_property(shape: Shape[_Value]) -> Shape[_Value]:
    """Return the shape of a reply with a property, which has its own signature inside."""

    def read(variant: Any) -> _Value:
        if variant.signature != shape.signature:
            raise Unanswered(f"The property is `{variant.signature}`, not `{shape.signature}`.")
        return shape.read(variant.value)

    return Shape("v", read)


def _read_nothing(nothing: Any) -> None:
    return None


def _cut_text(text: str) -> str:
    return text[:TEXT_LENGTH]


def _cut_long_text(text: str) -> str:
    return text[:READ_LENGTH]


def _read_labels(relations: Sequence[tuple[int, Sequence[Sequence[str]]]]) -> list[Node]:
    pairs = (nodes for kind, nodes in relations[:_MOST_RELATIONS] if kind == _LABELLED_BY)
    return [node for each in pairs for node in _read_nodes(each)]


def _read_node(pair: Sequence[str]) -> Node:
    """Read a reference, which may be null.

    The bus ends a connection that calls an invalid name, and here a name is any text. The check
    of dbus-fast lets some pass, such as those with a line break at the end.
    """
    name, path = pair
    if name and (len(name) > _LONGEST_NAME or not _NAME.fullmatch(name)):
        raise Unanswered("The reference has no name of a program.")
    if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        raise Unanswered("The reference has no path.")
    return Node(name, path)


def _read_nodes(pairs: Sequence[Sequence[str]]) -> list[Node]:
    nodes = map(_try_node, pairs[:_MOST_NODES])
    return [node for node in nodes if node is not None and not node.is_null]


def _try_node(pair: Sequence[str]) -> Node | None:
    try:
        return _read_node(pair)
    except Unanswered:
        # One of them must not hide the others.
        return None


def _read_states(words: Sequence[int]) -> int:
    if len(words) != _STATE_WORDS:
        raise Unanswered(f"The states are {len(words)} words, not {_STATE_WORDS}.")
    return words[0] | words[1] << 32


def _read_box(sides: Sequence[int]) -> Rect | None:
    left, top, width, height = sides
    return Rect(left, top, width, height) if width > 0 and height > 0 else None


def _read_range(places: Sequence[int]) -> tuple[int, int]:
    start, end = places
    return start, end


def _read_texts(texts: Mapping[str, str]) -> dict[str, str]:
    some = itertools.islice(texts.items(), _MOST_TEXTS)
    return {_cut_text(name): _cut_text(text) for name, text in some}


NOTHING: Shape[None] = Shape("", _read_nothing)
FLAG: Shape[bool] = Shape("b", bool)
FLOAT: Shape[float] = Shape("d", float)
COUNT: Shape[int] = Shape("i", int)
NUMBER: Shape[int] = Shape("u", int)
RANGE: Shape[tuple[int, int]] = Shape("ii", _read_range)
"""The places of the first character and of the one after the last."""
TEXT: Shape[str] = Shape("s", _cut_text)
"""At most TEXT_LENGTH characters."""
LONG_TEXT: Shape[str] = Shape("s", _cut_long_text)
"""At most READ_LENGTH characters."""
LABELS: Shape[list[Node]] = Shape("a(ua(so))", _read_labels)
"""The objects that name one, of all its relations."""
NODE: Shape[Node] = Shape("(so)", _read_node)
"""It may be null."""
NODES: Shape[list[Node]] = Shape("a(so)", _read_nodes)
"""Without those that are null or have no valid name; at most the first 1,000."""
STATES: Shape[int] = Shape("au", _read_states)
BOX: Shape[Rect | None] = Shape("(iiii)", _read_box)
"""None for an empty area."""
TEXTS: Shape[dict[str, str]] = Shape("a{ss}", _read_texts)
"""At most the first 100, each of at most TEXT_LENGTH characters."""
