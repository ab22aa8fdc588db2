"""The plans of all accounts of this process, and their storage."""

from __future__ import annotations

import time
from collections.abc import Callable

from bridge.plan.account import AccountPlan
from bridge.plan.storage import PlanStorage
from bridge.wire.usage import ExtraUsageSetting

DEFAULT_ACCOUNT = "default"


class PlanTracker:
    """The plans by the names of the sign-ins; used on the event loop only."""

    def __init__(
        self,
        setting: ExtraUsageSetting,
        storage: PlanStorage,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._setting = setting
        self._storage = storage
        self._now = now
        self._plans: dict[str, AccountPlan] = {}

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._storage.problems

    async def load(self) -> None:
        """Read what was stored of the accounts that are in use; what is known already is newer."""
        for name, record in (await self._storage.load(self._now())).items():
            # Others are of sign-ins that the settings no longer have.
            if name in self._plans:
                self._plans[name].restore(record)

    def for_account(self, name: str = DEFAULT_ACCOUNT) -> AccountPlan:
        """Return the plan of one account."""
        if name not in self._plans:
            self._plans[name] = AccountPlan(name, self._setting, self._storage.save, self._now)
        return self._plans[name]

    def list_all(self) -> list[AccountPlan]:
        """List the plans of all accounts, by name."""
        return [plan for _, plan in sorted(self._plans.items())]

    def list_known(self) -> list[AccountPlan]:
        """List the plans of which Claude has reported anything, by name."""
        return [plan for plan in self.list_all() if plan.is_known]

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._storage.close()
