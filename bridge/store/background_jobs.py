"""Rows of the responses that are written in the background: state and reason, never content.

A row exists from the moment the client gets the response's id. It is deleted when the response is
complete. A failure stays as a row, so that it can be read after a restart. A row that says
`in_progress`, but whose process has ended, is read as failed: that process was killed.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Literal

JobStatus = Literal["in_progress", "failed", "cancelled"]

_START_TOLERANCE = 5.0
KILLED = "The bridge was killed, or the computer stopped, before this answer ended."

JOB_SCHEMA = """
CREATE TABLE IF NOT EXISTS background_job (
    id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    model TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    reason TEXT
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """A response that was begun in the background."""

    id: str
    model: str
    created_at: int
    status: JobStatus = "in_progress"
    code: str | None = None
    """The error's code if it failed."""
    reason: str | None = None
    """Why it failed, without anything from the request."""


def write_job(database: sqlite3.Connection, job: BackgroundJob, at: float) -> None:
    """Write a job's row, in place of its earlier one."""
    row = (
        job.id,
        at,
        job.model,
        job.created_at,
        _describe_process(os.getpid()),
        job.status,
        job.code,
        job.reason,
    )
    database.execute("INSERT OR REPLACE INTO background_job VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def delete_job(database: sqlite3.Connection, id: str) -> None:
    """Delete a job's row."""
    database.execute("DELETE FROM background_job WHERE id = ?", (id,))


def read_job(database: sqlite3.Connection, id: str) -> BackgroundJob | None:
    """Return a job; one whose process has ended is failed."""
    sql = "SELECT owner, model, created_at, status, code, reason FROM background_job WHERE id = ?"
    with closing(database.execute(sql, (id,))) as rows:
        for owner, model, created_at, status, code, reason in rows:
            if status == "in_progress" and not _is_running(owner):
                return BackgroundJob(id, model, created_at, "failed", "server_error", KILLED)
            return BackgroundJob(id, model, created_at, status, code, reason)
    return None


@cache
def _describe_process(pid: int) -> str:
    # With its start, because the number is used again by later processes.
    import psutil

    return f"{pid} {psutil.Process(pid).create_time():.0f}"


def _is_running(owner: str) -> bool:
    import psutil

    try:
        pid, started = owner.split()
        difference = psutil.Process(int(pid)).create_time() - float(started)
    except (psutil.Error, OverflowError, ValueError):
        return False
    # The system's own idea of it moves a little when the clock is adjusted.
    return abs(difference) < _START_TOLERANCE
