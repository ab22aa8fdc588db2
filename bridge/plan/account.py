"""The plan of one account: tracks its use, and refuses extra usage until the user agrees."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from bridge.errors import ExtraUsageNotAgreed, InvalidRequest
from bridge.plan.alerts import drop_old_keys, list_alerts
from bridge.plan.pace import Pace
from bridge.plan.reading import read_plan
from bridge.plan.state import ExtraUse, PlanState
from bridge.plan.storage import PlanRecord
from bridge.plan.words import format_moment, make_label, summarize
from bridge.wire.usage import Agreement, ExtraUsageSetting, PlanReport, WindowReport

CLAUDE_CODE = "claude-code"
_FRESH_SECONDS = 5.0
_SESSION_SECONDS = 5 * 3600.0
_HEADER_NAMES = {"five_hour": "5h", "seven_day": "7d"}
"""In the headers of Claude's API, as Claude Code reads them."""
_HOW_TO_AGREE = "Agree in the tray menu, on the dashboard, or with `claude-bridge usage allow`."
_log = logging.getLogger(__name__)


class AccountPlan:
    """What is known of one account's plan, and what the user has agreed to.

    Used on the event loop only.
    """

    def __init__(
        self,
        name: str,
        setting: ExtraUsageSetting,
        save: Callable[[str, PlanRecord], None],
        now: Callable[[], float],
    ) -> None:
        """`name` is that of the sign-in; `save` stores a record under it."""
        self._name = name
        self._setting = setting
        self._save = save
        self._now = now
        self._record = PlanRecord()
        self._pace = Pace()

    @property
    def name(self) -> str:
        """The name of the sign-in."""
        return self._name

    @property
    def is_known(self) -> bool:
        """Whether Claude has reported anything."""
        return self._record.state.as_of is not None

    @property
    def is_refusing(self) -> bool:
        """Whether requests are refused until the user agrees."""
        return self._find_refused() is not None

    def restore(self, stored: PlanRecord) -> None:
        """Take over what was stored, unless something newer or another owner is known."""
        owner = self._record.owner or stored.owner
        if self._record == PlanRecord(owner=self._record.owner) and stored.owner in ("", owner):
            self._record = replace(stored, owner=owner)

    def set_owner(self, owner: str) -> bool:
        """Note whose account it is; return whether it is another one than before.

        What was known, and agreed to, was about the account before: it is forgotten.
        """
        before = self._record.owner
        if owner == before:
            return False
        if not before:
            self._keep(replace(self._record, owner=owner))
            return False
        self._pace = Pace()
        self._keep(PlanRecord(owner=owner))
        return True

    def note(self, info: Mapping[str, Any]) -> None:
        """Note the `rate_limit_info` of an event."""
        now = self._now()
        reading = read_plan(info, now)
        if not reading.windows and reading.extra_usage == "unknown":
            # Such as events about a plan of another kind: they say nothing that is shown.
            return
        for window in reading.windows:
            self._pace.note(window, now)
        self._keep(replace(self._record, state=self._record.state.note(reading, now)))

    def is_fresh(self) -> bool:
        """Return whether the last event is so new that another one would say the same."""
        as_of = self._record.state.as_of
        return as_of is not None and 0 <= self._now() - as_of < _FRESH_SECONDS

    def check(self, model: str) -> None:
        """Raise ExtraUsageNotAgreed if a request would cost money without the user's consent."""
        use = self._find_refused(model)
        if use is not None:
            now = self._now()
            headers = {"x-should-retry": "false"}
            if use.window is not None:
                headers["retry-after"] = str(max(1, math.ceil(use.window.resets_at - now)))
            raise ExtraUsageNotAgreed(self._explain_refusal(use, now), headers=headers)

    def agree(self, agreement: Agreement) -> None:
        """Let extra usage begin, or go on: until the window resets, always, or not any more.

        Raises InvalidRequest if the setting refuses it.
        """
        if agreement != "no" and self._setting == "refuse":
            raise InvalidRequest(
                "The setting extra_usage is `refuse`. Change it to `ask` to agree to extra usage.",
                param="agreement",
            )
        now = self._now()
        until = self._find_end(self._record.state.at(now)) if agreement == "window" else None
        self._keep(replace(self._record, agreement=agreement, agreed_until=until, agreed_at=now))

    def build_report(self) -> PlanReport:
        """Report what is known now."""
        now, record = self._now(), self._record
        state = record.state.at(now)
        refused = self._find_refused()
        agreement = self._get_agreement(now)
        windows = [
            WindowReport(
                **asdict(window),
                label=make_label(window.name),
                empty_at=self._pace.find_empty_at(window, now),
            )
            for window in state.windows
        ]
        return PlanReport(
            backend=CLAUDE_CODE,
            account=self._name,
            as_of=state.as_of,
            windows=windows,
            extra_usage=state.extra_usage,
            setting=self._setting,
            agreement=agreement,
            agreed_until=record.agreed_until if agreement == "window" else None,
            refusal=None if refused is None else self._explain_refusal(refused, now),
            words=summarize(state, now),
            alerts=list_alerts(state, now, record.logged),
        )

    def build_headers(self) -> dict[str, str]:
        """Return the windows as Claude's API names them in its headers."""
        headers: dict[str, str] = {}
        for window in self._record.state.at(self._now()).windows:
            name = _HEADER_NAMES.get(window.name, window.name)
            prefix = f"anthropic-ratelimit-unified-{name}"
            headers[f"{prefix}-utilization"] = f"{window.used:.4g}"
            headers[f"{prefix}-reset"] = f"{window.resets_at:.0f}"
        return headers

    def _keep(self, record: PlanRecord) -> None:
        now = self._now()
        logged = drop_old_keys(record.logged, self._record.state, now)
        alerts = list_alerts(record.state.at(now), now, logged)
        for alert in alerts:
            if alert.key not in logged:
                _log.warning("%s", alert.words)
        self._record = replace(record, logged=logged | {alert.key for alert in alerts})
        self._save(self._name, self._record)

    def _find_refused(self, model: str | None = None) -> ExtraUse | None:
        now = self._now()
        if self._get_agreement(now) != "no" or self._setting == "allow":
            return None
        return self._record.state.at(now).find_extra_use(model)

    def _get_agreement(self, now: float) -> Agreement:
        record = self._record
        if self._setting == "refuse":
            # It may have been given before the setting was changed.
            return "no"
        if record.agreement != "window":
            return record.agreement
        # By a clock that was ahead when the user agreed, the end may be years away.
        begin, end = record.agreed_at or 0, record.agreed_until or 0
        return "window" if begin <= now < end else "no"

    def _find_end(self, state: PlanState) -> float:
        """Return when the window ends that the user agrees for."""
        full = [window.resets_at for window in state.windows if window.used >= 1]
        ends = [state.ends_at] if state.ends_at is not None else full
        # Without one it is for the session, the shortest window of each plan.
        return max(ends, default=self._now() + _SESSION_SECONDS)

    def _explain_refusal(self, use: ExtraUse, now: float) -> str:
        if use.window is None:
            first = "Claude reported that your plan is used up, but not until when."
        else:
            label, moment = make_label(use.window.name), format_moment(use.window.resets_at, now)
            first = f"Your plan's limit “{label}” is used up until {moment}."
        second = "Going on would be extra usage, which costs money"
        if self._setting == "refuse":
            return f"{first} {second}; the setting extra_usage refuses it."
        return f"{first} {second}. {_HOW_TO_AGREE}"
