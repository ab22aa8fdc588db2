"""`GET /usage`: what was asked, how many tokens it took, what it cost; never what was said."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Counts(BaseModel):
    """Tokens as upstream counts them; what was cached is not in `input_tokens`."""

    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int


class UsageTotals(Counts):
    """Requests added up, failed ones included."""

    requests: int
    cost: float = Field(description="US dollars, of the requests whose price is known.")
    unpriced: int = Field(description="Requests that are not in `cost`: nobody knows theirs.")


class DayUsage(UsageTotals):
    """What one client asked of one model by one backend on one day."""

    day: str = Field(description="Local calendar day, such as 2026-11-23.")
    model: str
    backend: str
    client: str


class RecentRequest(Counts):
    """One request that was asked of Claude."""

    at: float = Field(description="Unix seconds.")
    model: str
    backend: str = Field(description="`-` when no backend took it.")
    client: str
    cost: float | None = Field(description="US dollars; null: the price is not known.")
    outcome: str = Field(description="The finish_reason, or the code of the error.")
    milliseconds: int
    first_chunk_milliseconds: int | None = Field(description="Null: no answer began.")


class LastFailure(BaseModel):
    """The last request that failed since the server started."""

    at: float = Field(description="Unix seconds.")
    request: str = Field(description="Its x-request-id; the log has more under it.")
    path: str
    status: int
    code: str
    words: str = Field(description="What happened, in plain words.")
    cure: str = Field(description="What to do.")


class UsageReport(BaseModel):
    """`GET /usage?days=30&recent=20`: newest first."""

    today: UsageTotals
    days: list[DayUsage]
    recent: list[RecentRequest]
    last_failure: LastFailure | None
