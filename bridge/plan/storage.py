"""Stores what is known of each account's plan, so that a restart does not forget it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bridge.plan.reading import read_window
from bridge.plan.state import PlanState
from bridge.store.database import Schema
from bridge.store.worker import Worker
from bridge.wire.json_bytes import encode_json
from bridge.wire.usage import Agreement

_SCHEMA = Schema(
    "CREATE TABLE IF NOT EXISTS plan (account TEXT PRIMARY KEY, record TEXT NOT NULL);"
)
_SAVE = "INSERT OR REPLACE INTO plan (account, record) VALUES (?, ?)"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What is stored of one account."""

    state: PlanState = field(default_factory=PlanState)
    agreement: Agreement = "no"
    agreed_until: float | None = None
    """When an agreement for a window ends, in Unix seconds."""
    logged: frozenset[str] = frozenset()
    """Keys of the alerts that were logged."""
    agreed_at: float | None = None
    """When the user agreed for a window, in Unix seconds."""
    owner: str = ""
    """Whose account it is, as a fingerprint; empty if unknown."""


class PlanStorage:
    """One row for each account; without `path` it is only in memory."""

    def __init__(self, path: Path | None) -> None:
        loss = "What is known of the plan could not be stored"
        self._worker = Worker("plan", path, _SCHEMA, loss=loss)

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._worker.problems

    async def load(self, now: float) -> dict[str, PlanRecord]:
        """Return the records by account; those that cannot be read are logged and left out."""

        def fetch(database: sqlite3.Connection) -> list[Any]:
            with closing(database.execute("SELECT account, record FROM plan")) as rows:
                return rows.fetchall()

        try:
            rows: list[Any] = await self._worker.run_if_stored(fetch, [])
        except (sqlite3.Error, OSError) as error:
            _log.warning("What was known of the plan could not be read: %s", error)
            return {}
        records = {account: _parse_record(record, now) for account, record in rows}
        return {account: record for account, record in records.items() if record is not None}

    def save(self, account: str, record: PlanRecord) -> None:
        """Store a record in the background."""
        text = encode_json(_as_json(record)).decode()
        self._worker.put(lambda database: database.execute(_SAVE, (account, text)))

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._worker.close()


def _as_json(record: PlanRecord) -> dict[str, Any]:
    return {**asdict(record), "logged": sorted(record.logged)}


def _parse_record(text: str, now: float) -> PlanRecord | None:
    try:
        record = TypeAdapter(PlanRecord).validate_json(text)
    except ValidationError:
        _log.warning("What was known of a plan is no longer readable, and is left out.")
        return None
    # The same checks as for an event: a file may hold anything, and windows may be over.
    windows = [
        window
        for stored in record.state.windows
        for window in read_window(
            stored.name, {"utilization": stored.used, "resetsAt": stored.resets_at}, now
        )
    ]
    return replace(record, state=replace(record.state, windows=tuple(windows)))
