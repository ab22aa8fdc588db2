"""Whether and how hard Claude thinks: `reasoning_effort` by the rules of each model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from bridge.models.rules import ModelRules
from bridge.translate.chat.limits import MIN_TOKENS_TO_THINK
from bridge.translate.notices import Notices

_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384}
_HIGHEST_BUDGET = 32_000
_LOWEST_BUDGET = 1024

# Without `summarized` the newer models think in silence, and a stream looks frozen.
_ADAPTIVE = {"type": "adaptive", "display": "summarized"}


@dataclass(frozen=True, slots=True)
class ThinkingPlan:
    """`thinking` and `output_config.effort` of the request; None is left out of it."""

    config: Mapping[str, Any] | None
    effort: str | None

    @property
    def on(self) -> bool:
        return self.config is not None and self.config["type"] in ("adaptive", "enabled")


def choose_thinking(
    wanted: str | None, rules: ModelRules, max_tokens: int, blocked: str | None, notices: Notices
) -> ThinkingPlan:
    """`blocked` says, in words, what in the request keeps an older model from thinking."""
    if wanted is None:
        return _choose_default(rules, max_tokens, notices)
    if wanted == "none":
        return _turn_off(rules, notices)
    match rules.thinking:
        case "always" | "between_tools" | "can_disable":
            return ThinkingPlan(_ADAPTIVE, _choose_effort(wanted, rules, notices))
        case "on_request" | "budget" if blocked:
            notices.add(f"reasoning_effort: {rules.id} does not think here; {blocked}")
            return ThinkingPlan(
                None, _choose_effort(wanted, rules, notices) if rules.efforts else None
            )
        case "on_request":
            return ThinkingPlan(_ADAPTIVE, _choose_effort(wanted, rules, notices))
        case "budget":
            return _choose_budget(wanted, rules, max_tokens, notices)
        case "none":
            notices.add(f"reasoning_effort: set aside; {rules.id} does not think")
            return ThinkingPlan(None, None)
        case _:
            assert_never(rules.thinking)


def _choose_default(rules: ModelRules, max_tokens: int, notices: Notices) -> ThinkingPlan:
    """As the model does it by itself, but never so that thinking leaves no room to answer."""
    if rules.thinking in ("between_tools", "can_disable") and max_tokens <= MIN_TOKENS_TO_THINK:
        notices.add(f"max_tokens: {max_tokens} leaves little room to think; thinking is off")
        return ThinkingPlan({"type": _get_off_type(rules)}, None)
    thinks = rules.thinking in ("always", "between_tools", "can_disable")
    return ThinkingPlan(_ADAPTIVE if thinks else None, None)


def _get_off_type(rules: ModelRules) -> str:
    return "between_tools" if rules.thinking == "between_tools" else "disabled"


def _turn_off(rules: ModelRules, notices: Notices) -> ThinkingPlan:
    match rules.thinking:
        case "always":
            notices.add(f"reasoning_effort: {rules.id} always thinks; its lowest effort is used")
            return ThinkingPlan(_ADAPTIVE, rules.efforts[0] if rules.efforts else None)
        case "between_tools" | "can_disable":
            return ThinkingPlan({"type": _get_off_type(rules)}, None)
        case "on_request" | "budget" | "none":
            return ThinkingPlan(None, None)
        case _:
            assert_never(rules.thinking)


def _choose_budget(
    wanted: str, rules: ModelRules, max_tokens: int, notices: Notices
) -> ThinkingPlan:
    """The budget is part of max_tokens, as reasoning is of OpenAI's: half stays for the answer."""
    budget = min(_BUDGETS.get(wanted, _HIGHEST_BUDGET), max_tokens // 2)
    effort = _choose_effort(wanted, rules, notices) if rules.efforts else None
    if budget < _LOWEST_BUDGET:
        notices.add(f"reasoning_effort: max_tokens {max_tokens} leaves no room to think")
        return ThinkingPlan(None, effort)
    config = {"type": "enabled", "budget_tokens": budget, "display": "summarized"}
    return ThinkingPlan(config, effort)


def _choose_effort(wanted: str, rules: ModelRules, notices: Notices) -> str | None:
    if not rules.efforts:
        notices.add(f"reasoning_effort: set aside; {rules.id} has no effort levels")
        return None
    limit = _ORDER.index(wanted)
    below = (level for level in reversed(rules.efforts) if _ORDER.index(level) <= limit)
    effort = next(below, rules.efforts[0])
    if effort != wanted:
        notices.add(f"reasoning_effort: {effort} is used; {rules.id} has no {wanted}")
    return effort
