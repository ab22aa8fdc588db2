"""The type of a test case that is made of recorded requests."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Content = Literal["filler", "kept"]
Ending = Literal["complete", "failed", "broken", "silent", "left"]


class PlayedError(BaseModel):
    """An error that the fake upstream answers with."""

    status: int | None = Field(description="Null for an error in an answer that has begun.")
    body: dict[str, Any] = Field(description="The error object of Claude's API.")


class PlayedAnswer(BaseModel):
    """A request to Claude, as it must be, and what the fake upstream answers."""

    request: dict[str, Any] = Field(description="The JSON body that the bridge must send.")
    compare: Literal["exact", "shape"] = Field(
        "exact", description="`shape`: texts are compared once they are filled."
    )
    failures: list[PlayedError] = Field(
        default_factory=list, description="Errors of the tries before; the request is the same."
    )
    events: list[Any] = Field(description="The events of the answer.")
    ending: Ending = Field("complete", description="How the answer ended.")
    error: PlayedError | None = Field(None, description="Claude's error, if it failed with one.")


class CaseStep(BaseModel):
    """A request of the client's with its answer."""

    path: str
    headers: dict[str, str] = Field(description="Headers that the translation reads.")
    request: Any = Field(description="The client's body; a text if it is not valid JSON.")
    continues: int | None = Field(
        None, description="Index of the step whose response `previous_response_id` is to name."
    )
    notices: list[str]
    calls: list[PlayedAnswer]
    outcome: str = Field(description="Why the answer ended; `cut` if the client left.")
    status: int
    answer: list[Any] | None = Field(
        description="The events that the client got, or one whole answer; ids and times are `*`. "
        "Null if it is not compared."
    )


class ExchangeCase(BaseModel):
    """A case for `tests/inspect/cases`."""

    version: Literal[2] = 2
    content: Content
    steps: list[CaseStep] = Field(description="The requests of one conversation, in their order.")
