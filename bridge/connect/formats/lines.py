"""Files with one variable a line: `.env`, and the start-up files of shells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from bridge.connect.data import Path
from bridge.connect.edit import Splice, Splices
from bridge.connect.refusal import CannotEdit

_TEXT = r"""'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|(?:[^\s'"#\\]|\\.)*"""
_VALUE = rf"(?P<value>{_TEXT})(?=[ \t]*(?:[ \t]\#.*)?$)"
"""A value that ends on its line; one that goes on after a backslash is none."""
_NAME = r"(?P<name>[A-Za-z_]\w*)"
_ENV = re.compile(rf"^[ \t]*(?:export[ \t]+)?{_NAME}={_VALUE}", re.MULTILINE)
# Without a blank in front: an indented line is in a function or behind a condition.
_SHELL = re.compile(rf"^(?:export[ \t]+)?{_NAME}={_VALUE}", re.MULTILINE)
_FISH = re.compile(rf"^set[ \t]+-gx[ \t]+{_NAME}[ \t]+{_VALUE}", re.MULTILINE)
_HERE_DOCUMENT = re.compile(
    r"<<-?[ \t]*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote).*\n(?:.*\n)*?[ \t]*(?P=end)$", re.MULTILINE
)
"""Text for a program, such as `cat <<EOF`, up to the line with its last word."""
_EXPANDED = re.compile(r"[$`]")


class Expression(str):
    """A value as it is written, because the shell makes another text of it, such as `"$HOME/x"`."""

    __slots__ = ()


class LinesFormat:
    """Assignments; every other line is left as it is, and any text is valid."""

    def __init__(self, name: Literal["env", "shell", "fish"]) -> None:
        self.name = {"env": "a .env file", "shell": "a shell script", "fish": "a fish script"}[name]
        self._kind = name
        self._pattern = {"env": _ENV, "shell": _SHELL, "fish": _FISH}[name]

    def parse(self, text: str) -> dict[str, str]:
        """Return the last value of each variable."""
        return {match["name"]: _parse_value(match["value"]) for match in self._list_lines(text)}

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Replace the value of the last assignment, or add a line at the end."""
        name = _get_name(path)
        quoted = value if isinstance(value, Expression) else shlex.quote(str(value))
        there = self._find_last(text, name)
        if there is not None:
            yield [Splice(there.start("value"), there.end("value"), quoted)]
            return
        prefix = "" if not text or text.endswith("\n") else "\n"
        yield [Splice(len(text), len(text), f"{prefix}{self._format(name, quoted)}\n")]

    def propose_removal(self, text: str, path: Path) -> Iterable[Splices]:
        """Remove the line of the last assignment."""
        there = self._find_last(text, _get_name(path))
        if there is not None:
            end = text.find("\n", there.end()) + 1
            yield [Splice(there.start(), end or len(text), "")]

    def _find_last(self, text: str, name: str) -> re.Match[str] | None:
        matches = [match for match in self._list_lines(text) if match["name"] == name]
        return matches[-1] if matches else None

    def _list_lines(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the assignments, but those in texts for other programs."""
        others = list(_HERE_DOCUMENT.finditer(text)) if self._kind == "shell" else []
        for match in self._pattern.finditer(text):
            if not any(other.start() < match.start() < other.end() for other in others):
                yield match

    def _format(self, name: str, quoted: str) -> str:
        if self._kind == "fish":
            return f"set -gx {name} {quoted}"
        return f"export {name}={quoted}" if self._kind == "shell" else f"{name}={quoted}"


def _get_name(path: Path) -> str:
    if len(path) != 1 or not isinstance(path[0], str):
        raise CannotEdit("only variables can be written there")
    return path[0]


def _parse_value(written: str) -> str:
    is_literal = written.startswith("'") or not _EXPANDED.search(written)
    if not is_literal:
        return Expression(written)
    words = shlex.split(written)
    return words[0] if words else ""
