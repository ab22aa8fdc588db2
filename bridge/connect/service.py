"""Connect and disconnect programs, for the command line, the dashboard and the tray alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.connect.installed import System, list_changes
from bridge.connect.ledger import FileRecord, Ledger, Record
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import ROWS
from bridge.connect.refusal import CannotConnect
from bridge.connect.snippets import describe_bridge
from bridge.connect.writer import Plan, UndoResult, list_values, plan_file, undo, write_plans
from bridge.errors import SettingsError
from bridge.paths import Paths
from bridge.wire.connect import Program, Sighting

_UNDONE: dict[UndoResult, str] = {
    "restored": "{path} is as it was before, byte for byte.",
    "removed": "{path} is removed; the bridge had made it.",
    "keys": "{path} was changed since: only the bridge's values were removed.",
    "gone": "{path} was removed since, and stays so.",
    "untouched": "{path} was not changed.",
}


@dataclass(frozen=True, slots=True)
class Address:
    """How programs reach the bridge."""

    base_url: str
    model: str
    key: str | None
    """The access key; None if the bridge has none."""


class Connector:
    """The programs of one user."""

    def __init__(self, paths: Paths, system: System) -> None:
        self._system = system
        self.ledger = Ledger(paths.connections)

    def find_files(self, row: Row) -> list[Path]:
        """Return the files that would be written for a program."""
        files = (self._system.find_file(target) for target in row.targets)
        return [file for file in files if file is not None]

    def plan(self, row: Row, address: Address) -> list[Plan]:
        """Plan what to write for a program; nothing is written.

        Raises CannotConnect and SettingsError.
        """
        bridge = describe_bridge(row, address.base_url, address.model, address.key)
        changes = list_changes(row, bridge, self._system)
        if not changes:
            raise CannotConnect(
                f"The bridge cannot write the settings of {row.title} on this computer."
            )
        return [plan_file(change, self.ledger, row.name) for change in changes]

    def write(self, row: Row, address: Address) -> list[str]:
        """Write a program's files; return what was done. Raises CannotConnect, SettingsError."""
        with self.ledger.lock():
            plans = self.plan(row, address)
            write_plans(
                self.ledger,
                plans,
                program=row.name,
                model=address.model,
                base_url=address.base_url,
                at=time.time(),
            )
        return [*map(_describe_write, plans), *explain_key(row, address.key)]

    def undo(self, row: Row) -> list[str]:
        """Undo what was written; return what was done. Raises CannotConnect and SettingsError.

        Of a row for folders, only what was written in the current one.
        """
        if not row.is_for_folder:
            return self.undo_everywhere(row)
        files = self.find_files(row)
        # By its own name, too: the user may have put a link in its place since.
        here = {str(path) for file in files for path in (file.resolve(), _resolve_folder(file))}
        results = self._undo_files(row, lambda file: file.path in here)
        record = self.ledger.read(row.name)
        if record is None:
            return results
        others = ", ".join(file.path for file in record.files)
        hint = "Undo it in the folder of each, or everything with: claude-bridge connect --undo"
        return [*results, f"Not changed: {others}. {hint}"]

    def undo_everywhere(self, row: Row) -> list[str]:
        """Undo what was written, in all folders. Raises CannotConnect and SettingsError."""
        return self._undo_files(row, lambda _: True)

    def _undo_files(self, row: Row, is_chosen: Callable[[FileRecord], bool]) -> list[str]:
        with self.ledger.lock():
            record = self.ledger.read(row.name)
            if record is None:
                return []
            results = undo(self.ledger, record, is_chosen)
            return [_UNDONE[result].format(path=path) for path, result in results]

    def read_record(self, row: Row) -> Record | None:
        """Return what was written for a program. Raises SettingsError."""
        return self.ledger.read(row.name)

    def describe(
        self,
        row: Row,
        proof: Sighting | None,
        results: tuple[str, ...] = (),
        problem: str | None = None,
    ) -> Program:
        """Describe the state of a program; `proof` is its last request."""
        record = None
        try:
            record = self.read_record(row)
        except SettingsError as error:
            problem = problem or str(error)
        return Program(
            name=row.name,
            title=row.title,
            installed=self._system.find_traces(row),
            files=[str(file) for file in self.find_files(row)],
            written=record is not None,
            proof=None if proof is None or proof.at < (record.at if record else 0.0) else proof,
            start=row.start,
            results=list(results),
            problem=problem,
        )

    def describe_all(self, proofs: Mapping[str, Sighting]) -> list[Program]:
        """Describe all programs, in the order of the table."""
        return [self.describe(row, proofs.get(row.name)) for row in ROWS]


def _resolve_folder(file: Path) -> Path:
    return file.parent.resolve() / file.name


def explain_key(row: Row, key: str | None) -> list[str]:
    """Return where the program takes the access key from; nothing if the bridge has none."""
    if key is None or not any(target.has_key for target in row.targets):
        return []
    if row.variable:
        return [
            f"The file has no access key in it. Where you start {row.title}, set the variable "
            f"{row.variable} to your access key, such as with: export {row.variable}=…"
        ]
    return ["Your access key is in the file, which only you can read."]


def _describe_write(plan: Plan) -> str:
    if not plan.is_needed:
        return f"{plan.file.path} has these values already."
    made = "Made" if plan.file.data is None else "Changed"
    return f"{made} {plan.file.path}: {', '.join(list_values(plan))}."
