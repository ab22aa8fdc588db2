"""The type of a test case that is made of a recorded request."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class PlayedAnswer(BaseModel):
    """A request to Claude, as it must be, and what the fake upstream answers."""

    request: dict[str, Any] = Field(description="The JSON body that the bridge must send.")
    events: list[Any] = Field(description="The events of the answer; empty if it failed.")
    failure: str | None = Field(None, description="The code and the message of the failure.")


class ExchangeCase(BaseModel):
    """A case for `tests/inspect/cases`."""

    version: Literal[1] = 1
    path: str
    headers: dict[str, str] = Field(description="Headers that the translation reads.")
    request: dict[str, Any] = Field(description="The client's body.")
    content: Literal["filler", "kept"]
    notices: list[str] = Field(description="The notices of today's translation.")
    calls: list[PlayedAnswer]
    outcome: str = Field(description="Why the answer ended.")
    status: int
