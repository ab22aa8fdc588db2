"""The program that a window belongs to, as the system names it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from bridge.computer.approval.visible_text import make_label

PATH_LENGTH = 4096
"""Characters of a path, at most: a program with a longer one counts as unknown."""

_SHOWN_LENGTH = 300
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class App:
    """A program, by its executable; two windows of one program have equal ones.

    Titles and window classes are not in it: pages and programs choose those freely.
    """

    path: str
    """The executable's path, or `flatpak:` and the id of the sandbox."""
    script: str = ""
    """What an interpreter runs: the path of a script, a jar or an Electron app."""

    @property
    def id(self) -> str:
        """A short name for addresses, the same after a restart."""
        return hashlib.sha256(json.dumps([self.path, self.script]).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The file's name: `firefox`; for an interpreter, that of what it runs."""
        path = self.script or self.path.removeprefix("flatpak:")
        return make_label(re.split(r"[/\\]", path)[-1], _NAME_LENGTH)

    @property
    def place(self) -> str:
        """Where it is: `/usr/bin/firefox`, or `/opt/a.py, run by /usr/bin/python3`."""
        path = make_label(self.path, _SHOWN_LENGTH)
        return f"{make_label(self.script, _SHOWN_LENGTH)}, run by {path}" if self.script else path

    @property
    def label(self) -> str:
        return f"{self.name} ({self.place})"
