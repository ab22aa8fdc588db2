"""The result of a check, as text that can be pasted into an issue."""

from __future__ import annotations

import functools
import getpass
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.cli.text import clean_line
from bridge.logs import redact

State = Literal["ok", "note", "warn", "fail"]
"""`note`: a fact, such as a part that is not used; `warn`: works, but not all of it."""

_LABEL_WIDTH = 11
_SHORTEST_NAME = 3
_COMMON_NAMES = ("root", "user", "admin", "home")
"""User names that tell nothing, and are words of messages."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    state: State
    text: str
    fix: str = ""
    """What to do, in a sentence; empty if nothing is to be done."""

    def hide(self) -> Check:
        """Return it without keys, tokens, the user's name and the path of the home folder."""
        return Check(self.name, self.state, hide_personal(self.text), hide_personal(self.fix))

    def as_lines(self) -> Iterator[str]:
        """Yield the lines for a terminal."""
        state = self.state.upper() if self.state == "fail" else self.state
        yield f"{state:4}  {self.name.ljust(_LABEL_WIDTH)}  {self.text}"
        if self.fix:
            yield f"{'':4}  {'':{_LABEL_WIDTH}}  Fix: {self.fix}"


def hide_personal(text: str) -> str:
    """Return one line without keys, tokens, the user's name and the path of the home folder."""
    line = redact(clean_line(text))
    for pattern, replacement in _list_personal():
        line = pattern.sub(replacement, line)
    return line


def _list_personal() -> Iterator[tuple[re.Pattern[str], str]]:
    flags = re.IGNORECASE if os.name == "nt" else 0
    home = _find_home()
    for folder in sorted({str(home), os.path.realpath(home)}, key=len, reverse=True):
        if len(folder) > 1:
            # Not `/home/ann` in `/home/anna`.
            yield re.compile(re.escape(folder) + r"(?![\w.-])", flags), "~"
    if name := _find_user_name():
        yield re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", flags), "USER"


def _find_home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        # A process of a user without an entry in the list of users.
        return Path("/")


@functools.cache
def _find_user_name() -> str:
    """Return the user's name; empty if it is unknown, or tells nothing."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    is_telling = len(name) >= _SHORTEST_NAME and name.lower() not in _COMMON_NAMES
    return name if is_telling else ""
