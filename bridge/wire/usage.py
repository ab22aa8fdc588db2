"""Response types of `GET /usage`: requests, tokens and cost, but no content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

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


@dataclass(frozen=True, kw_only=True)
class UsageReport:
    """`GET /usage?days=30&recent=20`: newest first."""

    today: UsageTotals
    days: list[DayUsage]
    recent: list[RecentRequest]
    last_failure: LastFailure | None
