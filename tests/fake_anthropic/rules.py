"""What each model takes, written down from Anthropic's documentation and not from the bridge."""

from __future__ import annotations

from dataclasses import dataclass

_FIVE_FIVE = {"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"}
_FRONTIER = {f"claude-{line}-{v}" for line in ("fable", "mythos") for v in ("5", "5-1", "5-2")}
_FOUR_FIVE = {"claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"}
_FOUR_SIX = {"claude-opus-4-6", "claude-sonnet-4-6"}
_OTHERS = {"claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-5"}

MODELS = _FIVE_FIVE | _FRONTIER | _FOUR_FIVE | _FOUR_SIX | _OTHERS


@dataclass(frozen=True)
class Rules:
    """One model's rules."""

    max_tokens: int
    sampling: bool
    prefill: bool
    forced_tools: bool
    mid_system: bool
    thinking: frozenset[str]
    efforts: frozenset[str]
    binds_thinking: bool
    image_edge: int
    thinks_unasked: bool


def rules(model: str) -> Rules | None:
    """The rules of a model, or None where there is none of that name."""
    name = model.rsplit("-20", 1)[0] if model[-8:].isdigit() else model
    if name not in MODELS:
        return None
    old = name in _FOUR_FIVE
    return Rules(
        max_tokens=64_000 if old else 128_000,
        sampling=old or name in _FOUR_SIX,
        prefill=old,
        forced_tools=name
        not in {"claude-opus-5-5", "claude-sonnet-5-5"}
        | {f"claude-{line}-{v}" for line in ("fable", "mythos") for v in ("5-1", "5-2")},
        mid_system=name in _FIVE_FIVE | _FRONTIER | {"claude-opus-5", "claude-opus-4-8"},
        thinking=_thinking(name),
        efforts=_efforts(name),
        binds_thinking="-5" in name.removesuffix("-4-5") and not old,
        image_edge=1568 if old or name in _FOUR_SIX else 2576,
        thinks_unasked=name in _FIVE_FIVE | _FRONTIER | {"claude-opus-5", "claude-sonnet-5"},
    )


def _thinking(name: str) -> frozenset[str]:
    if name in _FRONTIER | {"claude-opus-5-5"}:
        return frozenset({"adaptive"})
    if name == "claude-sonnet-5-5":
        return frozenset({"adaptive", "between_tools"})
    if name in _FOUR_FIVE:
        return frozenset({"enabled", "disabled"})
    return frozenset({"adaptive", "disabled"})


def _efforts(name: str) -> frozenset[str]:
    if name in {"claude-sonnet-4-5", "claude-haiku-4-5"}:
        return frozenset()
    if name == "claude-opus-4-5":
        return frozenset({"low", "medium", "high"})
    if name in _FOUR_SIX:
        return frozenset({"low", "medium", "high", "max"})
    return frozenset({"low", "medium", "high", "xhigh", "max"})
