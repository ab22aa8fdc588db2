"""The user's decisions on programs, remembered in a file."""

# The file is read once, when computer use first needs it. From then on the table in memory is
# the truth, and each change is written at once. A table is replaced, never changed, so `find_level`
# needs no lock in the desktop's thread.

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.computer.apps.app import PATH_LENGTH, App
from bridge.computer.apps.levels import Level
from bridge.errors import SettingsError
from bridge.private_files import make_private_folder, read_private, write_private

MAX_APPS = 500
"""Programs to remember; a user who decides on each has a few dozen."""


@dataclass(frozen=True, slots=True)
class AppDecision:
    """What Claude may do in a program."""

    app: App
    level: Level
    at: float
    """Unix seconds of the decision."""
    by: str
    """Where the user decided."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1, max_length=PATH_LENGTH)
    script: str = Field("", max_length=PATH_LENGTH)
    level: Level
    at: float
    by: str = Field(max_length=100)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    apps: tuple[_Row, ...] = Field((), max_length=MAX_APPS)


class AppStore:
    """All methods may be called in several threads; those that use the file block."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._decisions: Mapping[App, AppDecision] | None = None

    def load(self) -> None:
        """Read the file, unless that was done before. Raises SettingsError.

        A damaged file is an error: without it, programs that Claude may only look at would be
        open to its input.
        """
        with self._lock:
            if self._decisions is None:
                self._decisions = _read_decisions(self._path)

    def find_level(self, app: App) -> Level | None:
        """Return the level of a program; None if it is undecided. Call `load` before."""
        decision = (self._decisions or {}).get(app)
        return None if decision is None else decision.level

    def list_decisions(self) -> list[AppDecision]:
        """Return all decisions, the newest first. Raises SettingsError."""
        self.load()
        decisions = (self._decisions or {}).values()
        return sorted(decisions, key=lambda decision: decision.at, reverse=True)

    def find(self, id: str) -> AppDecision | None:
        """Return the decision on the program with an id. Raises SettingsError."""
        decisions = self.list_decisions()
        return next((decision for decision in decisions if decision.app.id == id), None)

    def remember(self, apps: tuple[App, ...], level: Level, by: str) -> None:
        """Remember a level for programs. Raises SettingsError, and then remembers nothing."""
        self.load()
        with self._lock:
            decided = {app: AppDecision(app, level, self._clock(), by) for app in apps}
            self._save({**(self._decisions or {}), **decided})

    def forget(self, id: str) -> AppDecision | None:
        """Forget the decision on a program and return it. Raises SettingsError."""
        decision = self.find(id)
        if decision is None:
            return None
        with self._lock:
            rest = dict(self._decisions or {})
            rest.pop(decision.app, None)
            self._save(rest)
        return decision

    def _save(self, decisions: Mapping[App, AppDecision]) -> None:
        if len(decisions) > MAX_APPS:
            raise SettingsError(f"{MAX_APPS} apps are remembered already; remove some")
        rows = [
            _Row(
                path=decision.app.path,
                script=decision.app.script,
                level=decision.level,
                at=decision.at,
                by=decision.by,
            )
            for decision in decisions.values()
        ]
        make_private_folder(self._path.parent)
        write_private(self._path, _File(apps=tuple(rows)).model_dump_json(indent=1) + "\n")
        self._decisions = decisions


def _read_decisions(path: Path) -> Mapping[App, AppDecision]:
    text = read_private(path)
    if text is None:
        return {}
    try:
        rows = _File.model_validate_json(text).apps
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in problem["loc"]) or "the file"
        raise SettingsError(f"{path}: {field}: {problem['msg']}") from error
    decisions = (AppDecision(App(row.path, row.script), row.level, row.at, row.by) for row in rows)
    return {decision.app: decision for decision in decisions}
