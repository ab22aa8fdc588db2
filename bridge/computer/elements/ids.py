"""Ids for the objects of programs, for callers that name an element again later."""

from __future__ import annotations

import random
import string
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.computer.desktop import WindowId
from bridge.errors import InvalidRequest

_Node = TypeVar("_Node", bound=Hashable)

_MOST_IDS = 5000
"""Ids that are remembered; the one unused for longest is forgotten first."""
_SUFFIX_LENGTH = 2


@dataclass(frozen=True, slots=True)
class KnownObject(Generic[_Node]):
    """An object as it was listed; with another role or name it is another element."""

    node: _Node
    window: WindowId
    role: int | str
    """As the program tells it."""
    name: str


class Ids(Generic[_Node]):
    """The same object has the same id again; no id is ever used for two."""

    def __init__(self) -> None:
        # Without it, an id from before a restart of the bridge could be that of another element.
        self._suffix = "".join(random.choices(string.ascii_lowercase, k=_SUFFIX_LENGTH))  # noqa: S311 - no secret
        self._count = 0
        self._objects = OrderedDict[str, KnownObject[_Node]]()
        self._ids: dict[KnownObject[_Node], str] = {}

    def add(self, known: KnownObject[_Node]) -> str:
        """Return the id of an object."""
        id = self._ids.get(known)
        if id is None:
            self._count += 1
            id = f"e{self._count}{self._suffix}"
            self._ids[known], self._objects[id] = id, known
            if len(self._objects) > _MOST_IDS:
                _, forgotten = self._objects.popitem(last=False)
                del self._ids[forgotten]
        self._objects.move_to_end(id)
        return id

    def get(self, id: str) -> KnownObject[_Node]:
        """Return the object. Raises InvalidRequest for an unknown id."""
        known = self._objects.get(id)
        if known is None:
            raise explain_gone(id)
        return known


def explain_gone(id: str, name: str = "") -> InvalidRequest:
    """Return the error for an element that is not there any more."""
    named = f" “{name[:80]}”" if name else ""
    return InvalidRequest(
        f"The element {id[:20]}{named} is gone; list the elements again.", param="id"
    )
