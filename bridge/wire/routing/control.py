"""Request and response types of `/control/rules`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from bridge.wire.health import BackendName
from bridge.wire.routing.rule import RoutingRule, Rules


class NewRules(BaseModel):
    """`POST /control/rules`: the saved rules from now on; those of the settings stay."""

    model_config = ConfigDict(extra="forbid")

    rules: Rules = Field(description="In order; the first that matches a request applies.")


class RuleReport(BaseModel):
    """A rule, and what became of it."""

    rule: RoutingRule
    saved: bool = Field(description="Whether it was saved here; the settings' rules come after.")
    applied: int = Field(description="Requests that it applied to since the server started.")
    problem: str | None = Field(description="Why it refuses every request that it matches.")


class RulesReport(BaseModel):
    """`/control/rules`: all rules, in the order in which they are tried."""

    rules: list[RuleReport]
    unreadable: str | None = Field(
        description="Why the saved rules cannot be read; until then, requests are refused."
    )


class RuleTest(BaseModel):
    """`POST /control/rules/test`: a request that a client could send."""

    model_config = ConfigDict(extra="forbid")

    client: str = Field("", max_length=200, description="The client's name, or its User-Agent.")
    key: str = Field("", max_length=200, description="Name of its access key, if it sends one.")
    model: str = Field(max_length=200, description="The model that it requests.")


class RuleTestResult(BaseModel):
    """What the request would become; nothing is sent to Claude, and nothing is counted."""

    rule: str | None = Field(description="The rule that applies; null if none does.")
    model: str | None = Field(description="The model that would answer.")
    effort: str | None = Field(
        description="The effort of the rule or the model's name; null: the client's, or none."
    )
    backend: BackendName | None = Field(description="The backend that would answer.")
    sign_in: str | None = Field(
        description="The sign-in of Claude Code that the rule requires; null: the one in use."
    )
    computer: bool = Field(description="Whether it would use this computer.")
    notices: list[str] = Field(description="The notices that the client would get.")
    problem: str | None = Field(description="Why it would be refused.")
