"""State that the computer service and its sessions share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.computer.action_log import ActionLog
from bridge.computer.approval.pending import Approvals
from bridge.computer.apps.store import AppStore
from bridge.computer.executor import Executor
from bridge.computer.permission import Permission
from bridge.computer.policy import Policy
from bridge.deadline import ReadClocks, read_clocks
from bridge.errors import RulesUnreadable, SettingsError

COMPUTER_USE_OFF = (
    "Computer use is off. Only a human can turn it on: in the tray, on the dashboard, by voice or "
    "at a terminal; no program and no prompt can."
)


@dataclass
class ComputerState:
    """Used on the event loop only; blocking calls run in the executor or a thread."""

    executor: Executor
    load_policy: Callable[[], Policy]
    """Reads the user's file; called for each batch, so that edits apply at once."""
    approvals: Approvals
    log: ActionLog | None
    apps: AppStore
    clocks: ReadClocks = read_clocks
    _permission: Permission = field(default_factory=Permission)

    @property
    def permission(self) -> Permission:
        """The permission in force now."""
        # Stored, so that a clock that is set back later does not revive a grant that has ended.
        self._permission = self._permission.as_of(self.clocks())
        return self._permission

    @permission.setter
    def permission(self, permission: Permission) -> None:
        self._permission = permission

    async def read_policy(self) -> Policy:
        """Read the rules and the levels of programs. Raises RulesUnreadable for a broken file."""
        try:
            return await asyncio.to_thread(self._read_policy)
        except SettingsError as error:
            # Not the built-in rules: the user's own may forbid more.
            raise RulesUnreadable(
                f"Computer use is not possible, because your rules cannot be read: {error}"
            ) from error

    def _read_policy(self) -> Policy:
        self.apps.load()
        return replace(self.load_policy(), find_level=self.apps.find_level)
