"""Tracks the use of each account's plan, and refuses extra usage until the user agrees."""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from bridge.errors import ExtraUsageNotAgreed, InvalidRequest
from bridge.plan.pace import Pace
from bridge.plan.reading import read_plan
from bridge.plan.state import ExtraUse, PlanState
from bridge.plan.storage import PlanRecord, PlanStorage
from bridge.plan.words import format_moment, list_alerts, make_label, summarize
from bridge.wire.usage import Agreement, ExtraUsageSetting, PlanReport, WindowReport

CLAUDE_CODE = "claude-code"
DEFAULT_ACCOUNT = "default"
_FRESH_SECONDS = 5.0
_SESSION_SECONDS = 5 * 3600.0
_HEADER_NAMES = {"five_hour": "5h", "seven_day": "7d"}
"""In the headers of Claude's API, as Claude Code reads them."""
_HOW_TO_AGREE = "Agree in the tray menu, on the dashboard, or with `claude-bridge usage allow`."
_log = logging.getLogger(__name__)


class AccountPlan:
    """The plan of one account, for the backend that asks with it."""

    def __init__(self, tracker: PlanTracker, account: str) -> None:
        self._tracker = tracker
        self._account = account

    @property
    def account(self) -> str:
        """The name of the sign-in."""
        return self._account

    def note(self, info: Mapping[str, Any]) -> None:
        """Note the `rate_limit_info` of an event."""
        self._tracker.note(info, self._account)

    def is_fresh(self) -> bool:
        """Return whether the last event is so new that another one would say the same."""
        return self._tracker.is_fresh(self._account)

    def check(self, model: str) -> None:
        """Raise ExtraUsageNotAgreed if a request would cost money without the user's consent."""
        self._tracker.check(model, self._account)

    def build_headers(self) -> dict[str, str]:
        """Return the windows as Claude's API names them in its headers."""
        return self._tracker.build_headers(self._account)


class PlanTracker:
    """The plans of this process; used on the event loop only."""

    def __init__(
        self,
        setting: ExtraUsageSetting,
        storage: PlanStorage,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._setting = setting
        self._storage = storage
        self._now = now
        self._records: defaultdict[str, PlanRecord] = defaultdict(PlanRecord)
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)

    @property
    def problems(self) -> list[str]:
        """What happened to the file since the start, for the user."""
        return self._storage.problems

    async def load(self) -> None:
        """Read what was stored; what has been noted meanwhile is newer."""
        for account, record in (await self._storage.load(self._now())).items():
            self._records.setdefault(account, record)

    def for_account(self, account: str) -> AccountPlan:
        """Return the plan of one account."""
        return AccountPlan(self, account)

    def note(self, info: Mapping[str, Any], account: str = DEFAULT_ACCOUNT) -> None:
        """Note the `rate_limit_info` of an event."""
        now = self._now()
        reading = read_plan(info, now)
        if not reading.windows and reading.extra_usage == "unknown":
            # Such as events about a plan of another kind: they say nothing that is shown.
            return
        for window in reading.windows:
            self._paces[account].note(window, now)
        record = self._records[account]
        self._keep(account, replace(record, state=record.state.note(reading, now)), now)

    def is_fresh(self, account: str = DEFAULT_ACCOUNT) -> bool:
        """Return whether the last event is so new that another one would say the same."""
        as_of = self._records[account].state.as_of
        return as_of is not None and 0 <= self._now() - as_of < _FRESH_SECONDS

    def check(self, model: str, account: str = DEFAULT_ACCOUNT) -> None:
        """Raise ExtraUsageNotAgreed if a request would cost money without the user's consent."""
        use = self._find_refused(account, model)
        if use is not None:
            now = self._now()
            headers = {"x-should-retry": "false"}
            if use.window is not None:
                headers["retry-after"] = str(max(1, math.ceil(use.window.resets_at - now)))
            raise ExtraUsageNotAgreed(self._explain_refusal(use, now), headers=headers)

    def agree(self, agreement: Agreement, account: str = DEFAULT_ACCOUNT) -> None:
        """Let extra usage begin, or go on: until the window resets, always, or not any more.

        Raises InvalidRequest if the setting refuses it.
        """
        if agreement != "no" and self._setting == "refuse":
            raise InvalidRequest(
                "The setting extra_usage is `refuse`. Change it to `ask` to agree to extra usage.",
                param="agreement",
            )
        now = self._now()
        record = self._records[account]
        until = self._find_end(record.state.at(now)) if agreement == "window" else None
        self._keep(account, replace(record, agreement=agreement, agreed_until=until), now)

    def list_accounts(self) -> list[str]:
        """List the accounts whose use is known."""
        return sorted(name for name, record in self._records.items() if record.state.as_of)

    def build_report(self, account: str = DEFAULT_ACCOUNT) -> PlanReport:
        """Report what is known of a plan now."""
        now = self._now()
        record, pace = self._records[account], self._paces[account]
        state = record.state.at(now)
        refused = self._find_refused(account)
        agreement = self._get_agreement(record, now)
        windows = [
            WindowReport(
                **asdict(window),
                label=make_label(window.name),
                empty_at=pace.find_empty_at(window, now),
            )
            for window in state.windows
        ]
        return PlanReport(
            backend=CLAUDE_CODE,
            account=account,
            as_of=state.as_of,
            windows=windows,
            extra_usage=state.extra_usage,
            setting=self._setting,
            agreement=agreement,
            agreed_until=record.agreed_until if agreement == "window" else None,
            refusal=None if refused is None else self._explain_refusal(refused, now),
            words=summarize(state, now),
            alerts=list_alerts(state, now),
        )

    def build_headers(self, account: str = DEFAULT_ACCOUNT) -> dict[str, str]:
        """Return the windows as Claude's API names them in its headers."""
        headers: dict[str, str] = {}
        for window in self._records[account].state.at(self._now()).windows:
            name = _HEADER_NAMES.get(window.name, window.name)
            prefix = f"anthropic-ratelimit-unified-{name}"
            headers[f"{prefix}-utilization"] = f"{window.used:.4g}"
            headers[f"{prefix}-reset"] = f"{window.resets_at:.0f}"
        return headers

    async def close(self) -> None:
        """Write everything and close the file."""
        await self._storage.close()

    def _keep(self, account: str, record: PlanRecord, now: float) -> None:
        alerts = list_alerts(record.state.at(now), now)
        for alert in alerts:
            if alert.key not in record.logged:
                _log.warning("%s", alert.words)
        # Keys of windows that are over are dropped with them.
        record = replace(record, logged=frozenset(alert.key for alert in alerts))
        self._records[account] = record
        self._storage.save(account, record)

    def _find_refused(self, account: str, model: str | None = None) -> ExtraUse | None:
        record, now = self._records[account], self._now()
        agreement = self._get_agreement(record, now)
        if agreement != "no" or self._setting == "allow":
            return None
        return record.state.at(now).find_extra_use(model)

    def _get_agreement(self, record: PlanRecord, now: float) -> Agreement:
        if self._setting == "refuse":
            # It may have been given before the setting was changed.
            return "no"
        is_over = record.agreed_until is None or record.agreed_until <= now
        return "no" if record.agreement == "window" and is_over else record.agreement

    def _find_end(self, state: PlanState) -> float:
        """Return when the window ends that the user agrees for."""
        full = [window.resets_at for window in state.windows if window.used >= 1]
        ends = [state.ends_at] if state.ends_at is not None else full
        # Without one it is for the session, the shortest window of each plan.
        return max(ends, default=self._now() + _SESSION_SECONDS)

    def _explain_refusal(self, use: ExtraUse, now: float) -> str:
        if use.window is None:
            first = "Your plan is used up."
        else:
            label, moment = make_label(use.window.name), format_moment(use.window.resets_at, now)
            first = f"Your plan's limit “{label}” is used up until {moment}."
        second = "Going on would be extra usage, which costs money"
        if self._setting == "refuse":
            return f"{first} {second}; the setting extra_usage refuses it."
        return f"{first} {second}. {_HOW_TO_AGREE}"
