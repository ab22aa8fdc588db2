"""Change values in the text of a config file, and prove that nothing else in it changes; pure.

A format proposes splices of the text. They are accepted only if the new text parses to the old
values with that one change, and if nothing but blanks, commas and brackets of empty lists was
replaced where a value is added. Otherwise the file is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.connect.data import (
    MISSING,
    Change,
    Path,
    find_existing,
    get_value,
    is_same,
    put_value,
    remove_value,
    split_change,
)
from bridge.connect.refusal import CannotEdit, NotParsable

_REPLACEABLE = frozenset("[]{}, \t\n")


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace `text[start:end]`."""

    start: int
    end: int
    text: str


Splices = Sequence[Splice]


class Format(Protocol):
    """A kind of config file; lines end with `\\n` in all texts."""

    @property
    def name(self) -> str:
        """What it is called, such as `TOML`."""
        ...

    def parse(self, text: str) -> Any:
        """Return the values. Raises NotParsable."""
        ...

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Yield ways to write a value, the best one first. Raises CannotEdit."""
        ...

    def propose_removal(self, text: str, path: Path) -> Iterable[Splices]:
        """Yield ways to remove a value that is there, the best one first. Raises CannotEdit."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """One value that was written, for undo."""

    path: Path
    value: Any
    existing: int
    """How many steps of the path led to something before; all of them if it was replaced."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed text, and how it came about."""

    text: str
    written: tuple[Written, ...]
    steps: tuple[Splices, ...]
    """Each set of splices is for the text that the ones before it have made."""


def apply_changes(kind: Format, text: str, changes: Iterable[Change]) -> Edit:
    """Return the text with the changes. Raises NotParsable and CannotEdit."""
    written: list[Written] = []
    steps: list[Splices] = []
    # Parsed once for each text: a large file takes seconds.
    data = kind.parse(text)
    for change in changes:
        for step in tuple(split_change(data, change)):
            existing = find_existing(data, step.path)
            splices, data = find_put(kind, text, data, step.path, step.value)
            text = splice(text, splices)
            steps.append(splices)
            written.append(Written(step.path, step.value, existing))
    return Edit(text, tuple(written), tuple(steps))


def find_put(kind: Format, text: str, data: Any, path: Path, value: Any) -> tuple[Splices, Any]:
    """Return the splices that write one value, and the values that the text has then.

    `data` are the values that it has now. Raises NotParsable and CannotEdit.
    """
    try:
        expected = put_value(data, path, value)
    except TypeError as error:
        raise CannotEdit(str(error)) from error
    is_new = get_value(data, path) is MISSING
    for splices in kind.propose_put(text, path, value):
        if is_new and not _is_insertion(text, splices):
            continue
        if _parses_to(kind, splice(text, splices), expected):
            return splices, expected
    raise CannotEdit(f"{format_path(path)} cannot be written without changing anything else")


def remove_written(kind: Format, text: str, written: Written) -> list[Splices]:
    """Return the steps that remove a value, and the empty parents that were made for it.

    Raises NotParsable and CannotEdit.
    """
    steps: list[Splices] = []
    path = written.path
    while path:
        steps.append(_find_removal(kind, text, path, written.existing))
        text = splice(text, steps[-1])
        path = _find_empty_parent(kind.parse(text), path, written.existing)
    return steps


def _find_empty_parent(data: Any, path: Path, existing: int) -> Path:
    """Return the path of an empty mapping or list that was made for a value, or ()."""
    for length in range(existing + 1, len(path)):
        if get_value(data, path[:length]) in ({}, [], None):
            return path[:length]
    return ()


def _find_removal(kind: Format, text: str, path: Path, existing: int) -> Splices:
    accepted = list(_list_removals(kind.parse(text), path, existing))
    for splices in kind.propose_removal(text, path):
        new = splice(text, splices)
        if any(_parses_to(kind, new, one) for one in accepted):
            return splices
    raise CannotEdit(f"{format_path(path)} cannot be removed without changing other text")


def _list_removals(data: Any, path: Path, existing: int) -> Iterator[Any]:
    """Yield what may be left without a value: its parents empty, nothing, or gone as well."""
    data = remove_value(data, path)
    yield data
    while path := path[:-1]:
        if get_value(data, path) not in ({}, []):
            return
        # In YAML, a mapping without its last line is nothing.
        yield put_value(data, path, None)
        if len(path) <= existing:
            return
        data = remove_value(data, path)
        yield data
    if not data:
        yield None


def splice(text: str, splices: Splices) -> str:
    """Return the text with the splices, which must not overlap."""
    for one in sorted(splices, key=lambda one: one.start, reverse=True):
        text = text[: one.start] + one.text + text[one.end :]
    return text


def diff_texts(old: str, new: str) -> Splices:
    """Return the one splice that makes the new text from the old one."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return [Splice(start, len(old) - end, new[start : len(new) - end])]


def format_path(path: Path) -> str:
    """Return a path as users read it."""
    return ".".join(step if isinstance(step, str) else step.value for step in path)


def _is_insertion(text: str, splices: Splices) -> bool:
    return all(_REPLACEABLE.issuperset(text[one.start : one.end]) for one in splices)


def _parses_to(kind: Format, text: str, expected: Any) -> bool:
    try:
        return is_same(kind.parse(text), expected)
    except NotParsable:
        return False
