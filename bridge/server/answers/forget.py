"""Delete what the bridge has stored of conversations and actions, in memory and on disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bridge.computer.action_log import delete_actions
from bridge.errors import BridgeError
from bridge.log_file import FILES
from bridge.paths import Paths
from bridge.store.age import DAY
from bridge.store.damaged_files import delete_damaged, list_damaged
from bridge.store.ledger import Ledger
from bridge.store.responses import ResponseStore
from bridge.store.thinking import ThinkingStore
from bridge.wire.control import DeletionReport, DeletionRequest, StoredContent


@dataclass
class ContentStores:
    """Everything of a home that may hold content: of a running server, or opened for a command."""

    paths: Paths
    responses: ResponseStore
    thinking: ThinkingStore
    ledger: Ledger
    failures: list[str] = field(default_factory=list)
    """What could not be deleted, and why."""

    async def delete(self, request: DeletionRequest) -> DeletionReport:
        """Delete what the request names; one failure does not keep the rest from being deleted."""
        days = request.older_than_days
        seconds = None if days is None else days * DAY
        id = request.id
        responses = await self._count(lambda: self.responses.forget(id=id, older_than=seconds))
        thinking = await self._count(lambda: self.thinking.delete(id=id, older_than=seconds))
        actions = damaged_files = usage = 0
        if id is None:
            before = None if seconds is None else time.time() - seconds
            actions = await self._count_blocking(
                lambda: delete_actions(self.paths.computer_log, before)
            )
            damaged_files = await self._count_blocking(lambda: self._delete_damaged(before))
        if request.usage:
            usage = await self._count(self.ledger.forget_all)
        else:
            await self._count_blocking(self._check_damaged)
        emptied = request.all is True and await self._count_blocking(self._empty_log) > 0
        return DeletionReport(
            responses=responses,
            thinking=thinking,
            actions=actions,
            damaged_files=damaged_files,
            usage=usage,
            log=emptied,
            failures=self.failures,
        )

    async def describe(self) -> StoredContent:
        """Return what is stored now. Raises StorageUnavailable, sqlite3.Error or OSError."""
        in_memory, on_disk = await self.responses.count()
        thinking = await self.thinking.count()
        names, size = await asyncio.to_thread(self._list_files)
        return StoredContent(
            responses_in_memory=in_memory,
            responses_on_disk=on_disk,
            thinking_in_memory=thinking[0],
            thinking_on_disk=thinking[1],
            actions_bytes=size,
            damaged_files=names,
            folder=str(self.paths.data),
        )

    def _list_files(self) -> tuple[list[str], int]:
        logs = [log for log in _list_versions(self.paths.computer_log, 2) if log.exists()]
        damaged = [file.name for path in self._databases for file in list_damaged(path)]
        return damaged, sum(log.stat().st_size for log in logs)

    @property
    def _databases(self) -> tuple[Path, ...]:
        return self.paths.responses, self.paths.thinking, self.paths.ledger

    def _delete_damaged(self, before: float | None) -> int:
        return sum(delete_damaged(path, older_than=before or 0.0) for path in self._databases)

    def _check_damaged(self) -> int:
        names = [file.name for path in self._databases for file in list_damaged(path)]
        if names:
            # One row cannot be deleted from a damaged file.
            self.failures.append(
                f"Damaged files may still contain it ({', '.join(names)}). `--all` deletes them."
            )
        return 0

    def _empty_log(self) -> int:
        # It has content only with log_content, but nobody knows whether that was ever set.
        logs = [log for log in _list_versions(self.paths.log_file, FILES) if log.exists()]
        for log in logs:
            # Emptied, not deleted: the server goes on writing to it.
            os.truncate(log, 0)
        return len(logs)

    async def _count(self, delete: Callable[[], Awaitable[int]]) -> int:
        try:
            return await delete()
        except BridgeError as error:
            self.failures.append(error.message)
        except (sqlite3.Error, OSError) as error:
            self.failures.append(str(error))
        return 0

    async def _count_blocking(self, delete: Callable[[], int]) -> int:
        return await self._count(lambda: asyncio.to_thread(delete))


def _list_versions(path: Path, count: int) -> list[Path]:
    """Return a log file and its older versions, `.1` and so on."""
    return [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, count))]
