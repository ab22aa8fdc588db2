"""TOML, edited by tomlkit, which keeps comments and layout."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bridge.connect.data import MISSING, Item, Path, find_existing, find_item, get_value
from bridge.connect.edit import Splice, Splices, diff_texts
from bridge.connect.refusal import CannotEdit, NotParsable

_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


class TomlFormat:
    """A TOML document."""

    name = "TOML"

    def parse(self, text: str) -> dict[str, Any]:
        """Return the values. Raises NotParsable."""
        try:
            return tomllib.loads(text)
        # Also a recursion error, for brackets nested without end, and a number of too many digits.
        except (ValueError, RecursionError) as error:
            raise NotParsable(str(error)) from error

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Add lines where that is enough; otherwise let tomlkit change the document."""
        existing = find_existing(self.parse(text), path)
        if existing < len(path):
            yield from _propose_lines(text, path, value, existing)
        yield from _edit_parts(text, path, value)

    def propose_removal(self, text: str, path: Path) -> Iterable[Splices]:
        """Remove the lines of a table that was added, with its blank line, or ask tomlkit."""
        value = get_value(self.parse(text), path)
        if isinstance(value, dict):
            lines = "\n" + _format_table(path, value)
            at = text.find(lines)
            if at >= 0:
                yield [Splice(at, at + len(lines), "")]
        yield from _edit_parts(text, path, MISSING)


def _propose_lines(text: str, path: Path, value: Any, existing: int) -> Iterable[Splices]:
    """Add a table at the end, or a line before the first table."""
    before = "" if not text or text.endswith("\n") else "\n"
    blank = "\n" if text else ""
    end, last = len(text), path[-1]
    if isinstance(value, dict):
        yield [Splice(end, end, before + blank + _format_table(path, value))]
    elif len(path) > 1 and existing < len(path) - 1:
        # The table of the key is missing as well.
        table = _format_table(path[:-1], {str(last): value})
        yield [Splice(end, end, before + blank + table)]
    elif len(path) == 1:
        line = _format_line(str(last), value)
        first = _TABLE.search(text)
        if first is None:
            yield [Splice(end, end, before + line)]
        else:
            start = _find_block_start(text, first.start())
            yield [Splice(start, start, line)]
        # A line that looks like a table may be within a text of several lines.
        yield [Splice(0, 0, line)]


def _find_block_start(text: str, table: int) -> int:
    """Return the start of the comments and blank lines right before a table."""
    lines = text[:table].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    start = sum(map(len, lines))
    # A file that begins with comments keeps them at its beginning.
    return start if lines else table


def _format_table(path: Path, value: dict[str, Any]) -> str:
    """Return a table, or an element of a list of tables if the path ends with an item."""
    keys = [step for step in path if isinstance(step, str)]
    is_element = isinstance(path[-1], Item)
    if len(keys) != len(path) - is_element:
        raise CannotEdit("lists within lists of tables are not edited in TOML")
    name = ".".join(tomlkit.key(key).as_string() for key in keys)
    head = f"[[{name}]]" if is_element else f"[{name}]"
    return f"{head}\n" + "".join(_format_line(key, one) for key, one in value.items())


def _format_line(key: str, value: Any) -> str:
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        value = table
    return f"{tomlkit.key(key).as_string()} = {tomlkit.item(value).as_string()}\n"


def _edit_parts(text: str, path: Path, value: Any) -> Iterable[Splices]:
    """Let tomlkit change the table that has the value, then the whole text.

    It does not keep a text whose tables are out of order, but each table for itself.
    """
    starts = [0, *(match.start() for match in _TABLE.finditer(text)), len(text)]
    for start, end in itertools.pairwise(starts):
        try:
            edited = _edit_document(text[start:end], path, value)
        except CannotEdit:
            continue
        yield [Splice(start + one.start, start + one.end, one.text) for one in edited]
    yield _edit_document(text, path, value)


def _edit_document(text: str, path: Path, value: Any) -> Splices:
    """Change one value with tomlkit, or remove it if it is MISSING. Raises CannotEdit."""
    try:
        document = tomlkit.parse(text)
        if tomlkit.dumps(document) != text:
            raise CannotEdit("tomlkit does not keep this text as it is")
        table: Any = document
        for step in path[:-1]:
            table = table[_find_key(table, step)]
        key = _find_key(table, path[-1])
        if value is MISSING:
            del table[key]
        else:
            table[key] = value
        return diff_texts(text, tomlkit.dumps(document))
    except (TOMLKitError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CannotEdit(f"it cannot be changed: {error}") from error


def _find_key(table: Any, step: str | Item) -> str | int:
    if isinstance(step, str):
        return step
    index = find_item(table.unwrap(), step)
    if index is None:
        raise CannotEdit(f"{step.value} is not in the list")
    return index
