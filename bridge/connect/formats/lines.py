"""Files with one variable a line: `.env`, and the start-up files of shells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Any, Literal

from bridge.connect.data import Path
from bridge.connect.edit import Splice, Splices
from bridge.connect.refusal import CannotEdit

_VALUE = r"""(?P<value>'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|[^\s'"#]*)(?=[ \t]*(?:[ \t]\#.*)?$)"""
_NAME = r"(?P<name>[A-Za-z_]\w*)"
_ASSIGNMENT = re.compile(rf"^[ \t]*(?:export[ \t]+)?{_NAME}={_VALUE}", re.MULTILINE)
_FISH = re.compile(rf"^[ \t]*set[ \t]+-gx[ \t]+{_NAME}[ \t]+{_VALUE}", re.MULTILINE)


class LinesFormat:
    """Assignments; every other line is left as it is, and any text is valid."""

    def __init__(self, name: Literal["env", "shell", "fish"]) -> None:
        self.name = {"env": "a .env file", "shell": "a shell script", "fish": "a fish script"}[name]
        self._kind = name
        self._pattern = _FISH if name == "fish" else _ASSIGNMENT

    def parse(self, text: str) -> dict[str, str]:
        """Return the last value of each variable."""
        return {match["name"]: _unquote(match["value"]) for match in self._pattern.finditer(text)}

    def propose_put(self, text: str, path: Path, value: Any) -> Iterable[Splices]:
        """Replace the value of the last assignment, or add a line at the end."""
        name = _get_name(path)
        quoted = shlex.quote(str(value))
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
        matches = [match for match in self._pattern.finditer(text) if match["name"] == name]
        return matches[-1] if matches else None

    def _format(self, name: str, quoted: str) -> str:
        if self._kind == "fish":
            return f"set -gx {name} {quoted}"
        return f"export {name}={quoted}" if self._kind == "shell" else f"{name}={quoted}"


def _get_name(path: Path) -> str:
    if len(path) != 1 or not isinstance(path[0], str):
        raise CannotEdit("only variables can be written there")
    return path[0]


def _unquote(value: str) -> str:
    words = shlex.split(value)
    return words[0] if words else ""
