"""What each model takes and refuses, as data (Anthropic's documentation, November 2026)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

Line = Literal["fable", "mythos", "opus", "sonnet", "haiku", "echo"]
Thinking = Literal["always", "between_tools", "can_disable", "on_request", "budget", "none"]

ECHO = "bridge-echo"


class ImageSize(NamedTuple):
    """The largest image a model takes: pixels on the long edge, and in all."""

    edge: int
    pixels: int


LARGE = ImageSize(2576, 3_750_000)
SMALL = ImageSize(1568, 1_150_000)


@dataclass(frozen=True, slots=True)
class ModelRules:
    """One model; a request that breaks one of these is a 400 upstream."""

    id: str
    line: Line
    thinking: Thinking
    """`always`: cannot be switched off; `between_tools` and `can_disable`: on unless told so;
    `on_request`: off unless `adaptive` is asked for; `budget`: only `enabled` with a budget."""
    context: int = 1_000_000
    """Tokens of input and output together."""
    max_output: int = 128_000
    efforts: tuple[str, ...] = ("low", "medium", "high", "xhigh", "max")
    default_effort: str = "high"
    sampling: bool = False
    """temperature and top_p, with anthropic-version 2023-06-01."""
    prefill: bool = False
    forced_tools: bool = True
    mid_system: bool = False
    """A `system` message in the middle of the conversation."""
    thinking_back: bool = True
    """Thinking of earlier turns can be given back, where it is known."""
    images: ImageSize = LARGE
    structured: bool = True
    """`output_config.format` holds the answer to a schema."""
    strict_tools: bool = True
    computer: Literal["toolset", "none", "not_here"] = "toolset"
    """Whether it has `computer_toolset_20260801`, and whether this road to it takes that."""
    eager_tools: bool = True
    """Tool arguments can be streamed as they are written."""


def infer_thinking(types: Collection[str], known: Thinking) -> Thinking:
    """From the `thinking.type`s a model takes; what they leave open is as it was known."""
    if "adaptive" not in types:
        return "budget" if "enabled" in types else "none"
    if "between_tools" in types:
        return "between_tools"
    if "disabled" not in types:
        return "always"
    return known if known in ("can_disable", "on_request") else "can_disable"


_EFFORTS_46 = ("low", "medium", "high", "max")


def _build_frontier(line: Line, version: str, *, forced_tools: bool) -> ModelRules:
    return ModelRules(
        f"claude-{line}-{version}",
        line,
        "always",
        forced_tools=forced_tools,
        mid_system=True,
    )


def _build_4_6(line: Line) -> ModelRules:
    return ModelRules(
        f"claude-{line}-4-6",
        line,
        "on_request",
        efforts=_EFFORTS_46,
        sampling=True,
        images=SMALL,
        computer="none",
    )


def _build_4_5(line: Line, *, efforts: tuple[str, ...] = ()) -> ModelRules:
    return ModelRules(
        f"claude-{line}-4-5",
        line,
        "budget",
        context=200_000,
        max_output=64_000,
        efforts=efforts,
        sampling=True,
        prefill=True,
        images=SMALL,
        computer="none",
    )


RULES: tuple[ModelRules, ...] = (
    _build_frontier("fable", "5-2", forced_tools=False),
    _build_frontier("fable", "5-1", forced_tools=False),
    _build_frontier("fable", "5", forced_tools=True),
    _build_frontier("mythos", "5-2", forced_tools=False),
    _build_frontier("mythos", "5-1", forced_tools=False),
    _build_frontier("mythos", "5", forced_tools=True),
    ModelRules(
        "claude-opus-5-5",
        "opus",
        "always",
        default_effort="medium",
        forced_tools=False,
        mid_system=True,
    ),
    ModelRules("claude-opus-5", "opus", "can_disable", mid_system=True),
    ModelRules("claude-opus-4-8", "opus", "on_request", mid_system=True),
    ModelRules("claude-opus-4-7", "opus", "on_request", computer="none"),
    _build_4_6("opus"),
    _build_4_5("opus", efforts=("low", "medium", "high")),
    ModelRules("claude-sonnet-5-5", "sonnet", "between_tools", forced_tools=False, mid_system=True),
    ModelRules("claude-sonnet-5", "sonnet", "can_disable"),
    _build_4_6("sonnet"),
    _build_4_5("sonnet"),
    ModelRules(
        "claude-haiku-5-5", "haiku", "can_disable", default_effort="medium", mid_system=True
    ),
    _build_4_5("haiku"),
)

ECHO_RULES = ModelRules(
    ECHO,
    "echo",
    "none",
    efforts=(),
    sampling=True,
    prefill=True,
    mid_system=True,
    computer="none",
)

_BY_ID = {rules.id: rules for rules in (*RULES, ECHO_RULES)}
_DATED = re.compile(r"-\d{8}$")


def find_rules(model: str) -> ModelRules | None:
    """The rules of an exact id; a dated snapshot (`-20251001`) has those of its model."""
    return _BY_ID.get(model) or _BY_ID.get(_DATED.sub("", model))
