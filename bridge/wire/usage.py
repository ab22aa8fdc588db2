"""Response types of `GET /usage`: requests, tokens, cost and plans, but no content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Claude's token counts; `input_tokens` does not include the cache."""

    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class UsageTotals(Counts):
    """Sums over requests, including failed ones."""

    requests: int
    cost: Annotated[float, Doc("US dollars, for the requests whose price is known.")]
    unpriced: Annotated[int, Doc("Requests without a known price, which `cost` leaves out.")]


@dataclass(frozen=True, kw_only=True)
class DayUsage(UsageTotals):
    """Usage of one client, model and backend on one day."""

    day: Annotated[str, Doc("Local calendar day, such as 2026-11-23.")]
    model: str
    backend: str
    client: str


@dataclass(frozen=True, kw_only=True)
class RecentRequest(Counts):
    """One request that was sent to Claude."""

    at: Annotated[float, Doc("Unix seconds.")]
    model: str
    backend: Annotated[str, Doc("`-` if no backend accepted it.")]
    client: str
    key: Annotated[str, Doc("Name of the access key that the client sent; empty without one.")] = ""
    cost: Annotated[float | None, Doc("US dollars; null if the price is unknown.")]
    outcome: Annotated[str, Doc("The finish_reason or the error's code.")]
    milliseconds: int
    first_chunk_milliseconds: Annotated[int | None, Doc("Null if no answer began.")]


@dataclass(frozen=True, kw_only=True)
class LastFailure:
    """The last request that failed since the server started."""

    at: Annotated[float, Doc("Unix seconds.")]
    request: Annotated[str, Doc("Its x-request-id, which the log contains, too.")]
    path: str
    status: int
    code: str
    summary: Annotated[str, Doc("What happened.")]
    hint: Annotated[str, Doc("What to do.")]
    words: Annotated[str, Doc("Old name of `summary`.")]
    cure: Annotated[str, Doc("Old name of `hint`.")]


# --- the use of a plan, as Claude reported it with its last answer

ExtraUsage = Literal["unknown", "off", "available", "in_use"]
"""Use beyond the plan, which costs money: whether the account has it, and whether it is in use."""

ExtraUsageSetting = Literal["ask", "allow", "refuse"]
"""The setting `extra_usage`."""

Agreement = Literal["no", "window", "always"]
"""What the user has agreed to: no extra usage, until the window resets, or always."""


@dataclass(frozen=True, kw_only=True)
class PlanWindow:
    """A span of time in which a plan allows so much use."""

    name: Annotated[str, Doc("Claude's own name: `five_hour`, `seven_day`, or another one.")]
    used: Annotated[float, Doc("The part that is used; 1 is all of it.")]
    resets_at: Annotated[float, Doc("Unix seconds.")]


@dataclass(frozen=True, kw_only=True)
class WindowReport(PlanWindow):
    """A window as it is shown."""

    label: Annotated[str, Doc("`Session`, `Week` or `Week (Opus)`.")]
    empty_at: Annotated[
        float | None,
        Doc("When it will be used up at the pace of the last hour; null if that is not before it "
        "resets, or not known."),
    ] = None  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PlanAlert:
    """A notification to show once."""

    key: Annotated[str, Doc("The same for one level of one window.")]
    words: str
    urgent: Annotated[bool, Doc("Whether it is about use that costs money.")] = False


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """The use of one account's plan; a window that has been reset since is left out."""

    backend: str
    account: Annotated[str, Doc("Which sign-in; `default` is Claude Code's own.")]
    as_of: Annotated[
        float | None, Doc("When Claude reported it, in Unix seconds; null before the first answer.")
    ]
    windows: list[WindowReport]
    extra_usage: ExtraUsage
    setting: Annotated[ExtraUsageSetting, Doc("What happens before extra usage.")]
    agreement: Annotated[Agreement, Doc("What the user has agreed to since.")]
    agreed_until: Annotated[
        float | None, Doc("When the agreement for a window ends, in Unix seconds.")
    ] = None
    refusal: Annotated[str | None, Doc("Why requests are refused now, and what to do.")] = None
    words: Annotated[str, Doc("All windows in one line, to show.")]
    alerts: Annotated[
        list[PlanAlert], Doc("Alerts to show once each; `key` identifies an alert.")
    ] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PlanUser:
    """What one client has asked one model through the bridge since a window began."""

    window: Annotated[str, Doc("The window's `name`.")]
    client: str
    model: str
    requests: int
    tokens: Annotated[int, Doc("Of prompts and answers, without those read from the cache.")]
    cost: Annotated[float, Doc("US dollars at list prices: a measure, as the plan pays for it.")]


# --- budgets of the settings

BudgetPeriod = Literal["day", "month"]
"""A local calendar day or month."""


@dataclass(frozen=True, kw_only=True)
class BudgetReport:
    """What is spent of a budget; of one for each client or key, there is one report for each."""

    dollars: Annotated[float, Doc("The limit, in US dollars at list prices.")]
    per: BudgetPeriod
    backend: Annotated[str | None, Doc("Null for any.")]
    client: Annotated[str | None, Doc("Name or pattern; null for any.")]
    key: Annotated[str | None, Doc("The same for the access key; empty for requests without one.")]
    spent: Annotated[float, Doc("US dollars, for the requests that have ended.")]
    unpriced: Annotated[int, Doc("Requests without a known price, which `spent` leaves out.")]
    resets_at: Annotated[float, Doc("Unix seconds.")]
    at_limit: Annotated[str, Doc("`refuse`, or the model that answers at the limit.")]
    words: Annotated[str, Doc("All of it in one line, to show.")]


@dataclass(frozen=True, kw_only=True)
class KeyUsage:
    """What the clients with one access key have used, in the days of the report."""

    name: Annotated[str, Doc("Name of the access key; empty for requests without one.")]
    requests: int
    cost: Annotated[float, Doc("US dollars at list prices, where the price is known.")]


@dataclass(frozen=True, kw_only=True)
class UsageReport:
    """`GET /usage?days=30&recent=20`: newest first."""

    today: UsageTotals
    days: list[DayUsage]
    recent: list[RecentRequest]
    last_failure: LastFailure | None
    plans: Annotated[list[PlanReport], Doc("What is left of each plan.")] = field(
        default_factory=list
    )
    plan_users: Annotated[
        list[PlanUser],
        Doc("Who used the plans through the bridge, most first; empty for `days=0`."),
    ] = field(default_factory=list)
    keys: Annotated[
        list[KeyUsage], Doc("The access keys that were used in these days, the most costly first.")
    ] = field(default_factory=list)
    budgets: Annotated[list[BudgetReport], Doc("The budgets of the settings.")] = field(
        default_factory=list
    )
