"""What each model takes and refuses, as data (Anthropic's documentation, November 2026)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Line = Literal["fable", "mythos", "opus", "sonnet", "haiku", "echo"]
Thinking = Literal["always", "between_tools", "can_disable", "on_request", "budget", "none"]

ECHO = "bridge-echo"


@dataclass(frozen=True, slots=True)
class ModelRules:
    """One model; a request that breaks one of these is a 400 upstream."""

    id: str
    line: Line
    context: int
    """Tokens of input and output together."""
    max_output: int
    thinking: Thinking
    """`always`: cannot be switched off; `between_tools` and `can_disable`: on unless told so;
    `on_request`: off unless `adaptive` is asked for; `budget`: only `enabled` with a budget."""
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    default_effort: str = "high"
    sampling: bool = False
    """temperature and top_p, with anthropic-version 2023-06-01."""
    prefill: bool = False
    forced_tools: bool = True
    mid_system: bool = False
    """A `system` message in the middle of the conversation."""
    image_edge: int = 2576
    image_pixels: int = 3_750_000

    @property
    def thinks_by_default(self) -> bool:
        return self.thinking in ("always", "between_tools", "can_disable")


_OLD_EYES = {"image_edge": 1568, "image_pixels": 1_150_000}
_FIVE = {"context": 1_000_000, "max_output": 128_000}
_EFFORTS_46 = ("low", "medium", "high", "max")


def _frontier(name: str, *, forced_tools: bool) -> ModelRules:
    line: Line = "fable" if "fable" in name else "mythos"
    return ModelRules(
        name, line, **_FIVE, thinking="always", forced_tools=forced_tools, mid_system=True
    )


RULES: tuple[ModelRules, ...] = (
    _frontier("claude-fable-5-2", forced_tools=False),
    _frontier("claude-fable-5-1", forced_tools=False),
    _frontier("claude-fable-5", forced_tools=True),
    _frontier("claude-mythos-5-2", forced_tools=False),
    _frontier("claude-mythos-5-1", forced_tools=False),
    _frontier("claude-mythos-5", forced_tools=True),
    ModelRules(
        "claude-opus-5-5",
        "opus",
        **_FIVE,
        thinking="always",
        default_effort="medium",
        forced_tools=False,
        mid_system=True,
    ),
    ModelRules("claude-opus-5", "opus", **_FIVE, thinking="can_disable", mid_system=True),
    ModelRules("claude-opus-4-8", "opus", **_FIVE, thinking="on_request", mid_system=True),
    ModelRules("claude-opus-4-7", "opus", **_FIVE, thinking="on_request"),
    ModelRules(
        "claude-opus-4-6",
        "opus",
        **_FIVE,
        thinking="on_request",
        efforts=_EFFORTS_46,
        sampling=True,
        **_OLD_EYES,
    ),
    ModelRules(
        "claude-opus-4-5",
        "opus",
        200_000,
        64_000,
        thinking="budget",
        efforts=("low", "medium", "high"),
        sampling=True,
        prefill=True,
        **_OLD_EYES,
    ),
    ModelRules(
        "claude-sonnet-5-5",
        "sonnet",
        **_FIVE,
        thinking="between_tools",
        forced_tools=False,
        mid_system=True,
    ),
    ModelRules("claude-sonnet-5", "sonnet", **_FIVE, thinking="can_disable"),
    ModelRules(
        "claude-sonnet-4-6",
        "sonnet",
        **_FIVE,
        thinking="on_request",
        efforts=_EFFORTS_46,
        sampling=True,
        **_OLD_EYES,
    ),
    ModelRules(
        "claude-sonnet-4-5",
        "sonnet",
        200_000,
        64_000,
        thinking="budget",
        efforts=(),
        sampling=True,
        prefill=True,
        **_OLD_EYES,
    ),
    ModelRules(
        "claude-haiku-5-5",
        "haiku",
        **_FIVE,
        thinking="can_disable",
        default_effort="medium",
        mid_system=True,
    ),
    ModelRules(
        "claude-haiku-4-5",
        "haiku",
        200_000,
        64_000,
        thinking="budget",
        efforts=(),
        sampling=True,
        prefill=True,
        **_OLD_EYES,
    ),
)

ECHO_RULES = ModelRules(
    ECHO,
    "echo",
    **_FIVE,
    thinking="none",
    efforts=(),
    sampling=True,
    prefill=True,
    mid_system=True,
)

_BY_ID = {rules.id: rules for rules in (*RULES, ECHO_RULES)}
_DATED = re.compile(r"-\d{8}$")


def rules_for(model: str) -> ModelRules | None:
    """The rules of an exact id; a dated snapshot (`-20251001`) has those of its model."""
    return _BY_ID.get(model) or _BY_ID.get(_DATED.sub("", model))
