"""What all who use the desktop share: the hands, the person's rules, their switch, their word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.computer.action_log import ActionLog
from bridge.computer.approvals import Approvals
from bridge.computer.executor import Executor
from bridge.computer.permission import Leash
from bridge.computer.policy import Policy

OFF = (
    "Computer use is off. Only a human turns it on: in the tray, on the dashboard or by voice; "
    "no program and no prompt can."
)


@dataclass
class Desk:
    """On the event loop; whatever blocks is done by the executor, or in a thread."""

    executor: Executor
    read_policy: Callable[[], Policy]
    """Reads the person's file; a mended one counts at once."""
    approvals: Approvals
    log: ActionLog | None
    clock: Callable[[], float]
    """Unix seconds."""
    _leash: Leash = field(default_factory=Leash)

    @property
    def leash(self) -> Leash:
        """What is in force now."""
        return self._leash.at(self.clock())

    @leash.setter
    def leash(self, leash: Leash) -> None:
        self._leash = leash

    async def policy(self) -> Policy:
        """Raises SettingsError, naming what is wrong with the file."""
        return await asyncio.to_thread(self.read_policy)
