"""A rule of the user's for requests, as the settings, the file and the API have it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bridge.wire.chat_input.effort import ReasoningEffort

MOST_RULES = 200
_LONGEST_NAME = 60
_LONGEST_PATTERN = 200
_FAST_MODEL = "haiku"
_FAST_EFFORT: ReasoningEffort = "none"


def _check_printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("one_line", "must be one line without control characters")
    return text


_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_NAME),
    AfterValidator(_check_printable),
]
_Pattern = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_PATTERN),
    AfterValidator(_check_printable),
]


class RoutingRule(BaseModel):
    """Which requests a rule is for (`client`, `key`, `model`), and what it changes about them.

    In patterns, `*` matches any characters, and capitals do not matter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name = Field(description="The rule's name, for notices and errors.")
    client: _Pattern = Field(
        "*", description="Pattern of the client's name, as `/usage` has it (from its User-Agent)."
    )
    key: _Pattern = Field(
        "*", description="Pattern of the access key's name; `?*` is any, `*` also none."
    )
    model: _Pattern = Field(
        "*", description="Pattern of the requested model, as the client sent it."
    )
    profile: Literal["fast"] | None = Field(
        None,
        description="`fast`: Haiku without thinking, unless `use_model` or `effort` say otherwise; "
        "only the instructions are cached, and a connection to Claude is kept open.",
    )
    use_model: _Pattern | None = Field(
        None, description="The model to use, in any spelling, or a name of your own."
    )
    effort: ReasoningEffort | None = Field(
        None, description="The effort, whatever the client sends; `none` is without thinking."
    )
    backend: Literal["anthropic", "claude-code"] | None = Field(
        None, description="The only backend for these requests."
    )
    sign_in: _Name | None = Field(
        None, description="The only sign-in of Claude Code for these requests."
    )
    max_price: float | None = Field(
        None,
        gt=0,
        strict=True,
        allow_inf_nan=False,
        description="Highest list price of the model, in dollars per million output tokens; a "
        "model that costs more is refused.",
    )
    computer: StrictBool | None = Field(
        None, description="Use of this computer: refused, or turned on as by `+computer`."
    )

    @model_validator(mode="after")
    def _check_changes(self) -> Self:
        changes = (self.use_model, self.effort, self.backend, self.sign_in, self.max_price)
        if all(change is None for change in (*changes, self.computer, self.profile)):
            raise PydanticCustomError(
                "no_change",
                "it changes nothing: add profile, use_model, effort, backend, sign_in, max_price "
                "or computer",
            )
        if self.sign_in is not None and self.backend == "anthropic":
            raise PydanticCustomError(
                "no_sign_in", "the backend anthropic has no sign-ins: leave out one of the two"
            )
        return self

    @property
    def chosen_model(self) -> str | None:
        """The model to use: the rule's own, or that of its profile."""
        return self.use_model or (_FAST_MODEL if self.profile == "fast" else None)

    @property
    def chosen_effort(self) -> ReasoningEffort | None:
        """The effort: the rule's own, or that of its profile."""
        return self.effort or (_FAST_EFFORT if self.profile == "fast" else None)

    @property
    def required_backend(self) -> Literal["anthropic", "claude-code"] | None:
        """The only backend for these requests; None if any may answer."""
        return self.backend if self.sign_in is None else "claude-code"


def parse_rules(value: Any) -> tuple[RoutingRule, ...]:
    """Validate a list of rules; an error names the first wrong rule and its field."""
    if not isinstance(value, list | tuple):
        raise _make_error("must be a list of rules; in the file, each begins with [[rules]]")
    if len(value) > MOST_RULES:
        raise _make_error(f"must not have more than {MOST_RULES} rules")
    rules: list[RoutingRule] = []
    for number, fields in enumerate(value, 1):
        try:
            rule = RoutingRule.model_validate(fields)
        except ValidationError as error:
            raise _make_error(_explain_problem(number, fields, error)) from error
        # Notices and errors name the rule, so that the user can find it.
        if rule.name.lower() in {other.name.lower() for other in rules}:
            raise _make_error(f"rule {number} (“{rule.name}”): another rule has this name")
        rules.append(rule)
    return tuple(rules)


def _make_error(words: str) -> PydanticCustomError:
    return PydanticCustomError("rules", "{words}", {"words": words})


def _explain_problem(number: int, fields: Any, error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    name = fields.get("name") if isinstance(fields, dict) else None
    label = f" (“{name[:_LONGEST_NAME]}”)" if isinstance(name, str) and name.strip() else ""
    field = f", `{str(problem['loc'][0])[:_LONGEST_NAME]}`" if problem["loc"] else ""
    message = problem["msg"]
    return f"rule {number}{label}{field}: {message[0].lower()}{message[1:]}"


Rules = Annotated[tuple[RoutingRule, ...], BeforeValidator(parse_rules)]
"""Rules in their order: the first that matches a request applies."""
