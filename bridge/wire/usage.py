"""`GET /usage`: what was asked, how many tokens it took, what it cost; never what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge.wire.doc import Doc


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Tokens as upstream counts them; what was cached is not in `input_tokens`."""

    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class UsageTotals(Counts):
    """Requests added up, failed ones included."""

    requests: int
    cost: Annotated[float, Doc("US dollars, of the requests whose price is known.")]
    unpriced: Annotated[int, Doc("Requests that are not in `cost`: nobody knows theirs.")]


@dataclass(frozen=True, kw_only=True)
class DayUsage(UsageTotals):
    """What one client asked of one model by one backend on one day."""

    day: Annotated[str, Doc("Local calendar day, such as 2026-11-23.")]
    model: str
    backend: str
    client: str


@dataclass(frozen=True, kw_only=True)
class RecentRequest(Counts):
    """One request that was asked of Claude."""

    at: Annotated[float, Doc("Unix seconds.")]
    model: str
    backend: Annotated[str, Doc("`-` when no backend took it.")]
    client: str
    cost: Annotated[float | None, Doc("US dollars; null: the price is not known.")]
    outcome: Annotated[str, Doc("The finish_reason, or the code of the error.")]
    milliseconds: int
    first_chunk_milliseconds: Annotated[int | None, Doc("Null: no answer began.")]


@dataclass(frozen=True, kw_only=True)
class LastFailure:
    """The last request that failed since the server started."""

    at: Annotated[float, Doc("Unix seconds.")]
    request: Annotated[str, Doc("Its x-request-id; the log has more under it.")]
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
