"""Types of `POST /inspect`, and of the list of exchanges."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

MOST_MINUTES = 24 * 60


class RecorderSwitch(BaseModel):
    """`POST /inspect`: turn the recorder on or off. Turning it off drops everything."""

    model_config = ConfigDict(extra="forbid")

    on: StrictBool
    minutes: float = Field(
        30, gt=0, le=MOST_MINUTES, description="After this time it turns itself off."
    )


class RecorderState(BaseModel):
    """Whether requests are recorded, and what is stored."""

    on: bool
    until: float | None = Field(description="Unix seconds at which it turns itself off.")
    exchanges: int = Field(description="Number of exchanges that are stored.")
    bytes: int = Field(description="Their size in memory, about.")
    dropped: int = Field(description="Number of exchanges that had to go for want of room.")


class ExchangeSummary(BaseModel):
    """One request with its answer, in a list."""

    id: str = Field(description="A number, counted from the start of the server.")
    request_id: str | None = Field(description="The id in the response's header and in the log.")
    at: float = Field(description="Unix seconds of the request.")
    via: Literal["http", "socket", "background", "again"]
    method: str
    path: str
    client: str = Field(description="The client program, from its User-Agent.")
    key: str = Field(description="The name of the access key; empty without one.")
    requested_model: str | None = Field(description="The model as the client named it.")
    model: str | None = Field(description="The model that answers; null as long as none does.")
    backend: str | None
    running: bool
    status: int | str | None = Field(
        description="The HTTP status; a word if there was no HTTP response."
    )
    outcome: str | None = Field(
        description="Why the answer ended, or the code of the error; `cut` if the client left."
    )
    failed: bool
    rejected: bool = Field(
        description="Whether it was answered with an error before its endpoint had it, such as "
        "for a wrong key, address or host; its body was not read then."
    )
    notices: int = Field(description="Number of notices about what was changed or ignored.")
    first_chunk_seconds: float | None
    seconds: float | None
    input_tokens: int | None = Field(description="With those of the cache.")
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cost: float | None = Field(description="Dollars at list prices; null if a price is unknown.")
    bytes: int = Field(description="Size of all content.")
    repeats: str | None = Field(description="The id of the exchange that this one sends again.")


class ExchangeList(BaseModel):
    """The exchanges that are stored, the oldest first."""

    recorder: RecorderState
    exchanges: list[ExchangeSummary]


class RecorderEvent(BaseModel):
    """A change, as an event: the recorder's state, and the exchanges that have changed."""

    recorder: RecorderState
    exchanges: list[ExchangeSummary]
