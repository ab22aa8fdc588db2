"""What each model accepts, from Anthropic's documentation and independent of the bridge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Thinking = Literal["adaptive", "enabled", "disabled", "between_tools"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
Lifecycle = Literal["active", "deprecated", "retired"]

VERSIONS = ("2023-06-01", "2026-10-21")
OLD_VERSION = "2023-06-01"
"""The only API version with which models may accept sampling parameters."""


TODAY = date(2026, 11, 29)
"""The day in tests, whenever they run: models retire on theirs."""


@dataclass(frozen=True)
class ImageTier:
    """The largest image that a model reads without scaling."""

    edge: int
    megapixels: float


SMALL = ImageTier(1568, 1.15)
LARGE = ImageTier(2576, 3.75)

_BUDGET: frozenset[Thinking] = frozenset({"enabled", "disabled"})
_FREE: frozenset[Thinking] = frozenset({"adaptive", "disabled"})
_ALWAYS: frozenset[Thinking] = frozenset({"adaptive"})
_BETWEEN: frozenset[Thinking] = frozenset({"adaptive", "between_tools"})

_TO_HIGH: frozenset[Effort] = frozenset({"low", "medium", "high"})
_TO_MAX: frozenset[Effort] = _TO_HIGH | {"max"}
_ALL: frozenset[Effort] = _TO_MAX | {"xhigh"}

_TOOLSET = "computer_toolset_20260801"
_C24 = frozenset({"computer_20250124"})
_C25 = frozenset({"computer_20251124"})
_ONLY_TOOLSET = frozenset({_TOOLSET})


@dataclass(frozen=True, kw_only=True)
class Rules:
    """One model's rules; the defaults are those of the newest models."""

    id: str
    context: int = 1_000_000
    max_tokens: int = 128_000
    sampling: bool = False
    prefill: bool = False
    forced_tools: bool = False
    mid_system: bool = True
    thinking: frozenset[Thinking] = _ALWAYS
    thinks_unasked: bool = True
    shows_thinking: bool = False
    """Sends thinking text without `display: "summarized"`."""
    off_to_high: bool = False
    """Without thinking, or with thinking only between tools, the effort is at most high."""
    efforts: frozenset[Effort] = _ALL
    binds_thinking: bool = True
    images: ImageTier = LARGE
    computer: frozenset[str] = _ONLY_TOOLSET
    programmatic_tools: bool = True
    """Code in the code execution container can call tools."""
    lifecycle: Lifecycle = "active"
    retires_at: str | None = None

    @property
    def line(self) -> str:
        """opus, sonnet, haiku, fable or mythos."""
        return self.id.split("-")[1]


_RETIRE = {"sonnet": "2026-11-30T00:00:00Z", "opus": "2027-01-22T00:00:00Z"}


def _build_4_5(line: str, efforts: frozenset[Effort], computer: frozenset[str]) -> Rules:
    return Rules(
        id=f"claude-{line}-4-5",
        context=200_000,
        max_tokens=64_000,
        sampling=True,
        prefill=True,
        forced_tools=True,
        mid_system=False,
        thinking=_BUDGET,
        thinks_unasked=False,
        shows_thinking=True,
        efforts=efforts,
        binds_thinking=False,
        images=SMALL,
        computer=computer,
        programmatic_tools=line != "haiku",
        lifecycle="deprecated" if line == "sonnet" else "active",
        retires_at=_RETIRE.get(line),
    )


def _build_4_6(line: str) -> Rules:
    return Rules(
        id=f"claude-{line}-4-6",
        sampling=True,
        forced_tools=True,
        mid_system=False,
        thinking=_FREE,
        thinks_unasked=False,
        shows_thinking=True,
        efforts=_TO_MAX,
        binds_thinking=False,
        images=SMALL,
        computer=_C25,
    )


def _build_late_4(version: str, *, mid_system: bool, computer: frozenset[str]) -> Rules:
    return Rules(
        id=f"claude-opus-{version}",
        forced_tools=True,
        mid_system=mid_system,
        thinking=_FREE,
        thinks_unasked=False,
        binds_thinking=False,
        computer=computer,
    )


def _build_frontier(line: str) -> tuple[Rules, ...]:
    both = _C25 | _ONLY_TOOLSET
    return (
        Rules(id=f"claude-{line}-5-2"),
        Rules(id=f"claude-{line}-5-1", computer=both),
        Rules(id=f"claude-{line}-5", computer=both, forced_tools=True),
    )


TABLE: tuple[Rules, ...] = (
    Rules(id="claude-opus-5-5"),
    Rules(id="claude-sonnet-5-5", thinking=_BETWEEN, off_to_high=True),
    Rules(id="claude-haiku-5-5", thinking=_FREE, off_to_high=True, forced_tools=True),
    *_build_frontier("fable"),
    *_build_frontier("mythos"),
    Rules(
        id="claude-opus-5",
        thinking=_FREE,
        off_to_high=True,
        forced_tools=True,
        computer=_C25 | _ONLY_TOOLSET,
    ),
    Rules(
        id="claude-sonnet-5",
        thinking=_FREE,
        forced_tools=True,
        mid_system=False,
        computer=_C25 | _ONLY_TOOLSET,
    ),
    _build_late_4("4-8", mid_system=True, computer=_C25 | _ONLY_TOOLSET),
    _build_late_4("4-7", mid_system=False, computer=_C25),
    _build_4_6("opus"),
    _build_4_6("sonnet"),
    _build_4_5("opus", _TO_HIGH, _C25),
    _build_4_5("sonnet", frozenset(), _C24),
    _build_4_5("haiku", frozenset(), _C24),
)

_DATED = {
    "claude-haiku-4-5-20251001": "claude-haiku-4-5",
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
}
_BY_ID = {row.id: row for row in TABLE}
MODELS = frozenset(_BY_ID)


def has_retired(row: Rules, today: date) -> bool:
    """Return whether a model does not answer on this day, in UTC."""
    return row.retires_at is not None and row.retires_at[:10] <= today.isoformat()


def rules(model: str) -> Rules | None:
    """Return the rules of a model, or None if it does not exist or is retired."""
    return _BY_ID.get(_DATED.get(model, model))
