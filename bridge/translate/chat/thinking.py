"""Translate `reasoning_effort` to thinking and effort, by the rules of each model."""

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
LOWEST_BUDGET = 1024
"""The smallest budget of thinking tokens that the API accepts."""

# Without `summarized`, newer models send no thinking, and the stream seems to hang.
_ADAPTIVE = {"type": "adaptive", "display": "summarized"}


@dataclass(frozen=True, slots=True)
class ThinkingPlan:
    """`thinking` and `output_config.effort` of the request; None leaves the field out."""

    config: Mapping[str, Any] | None
    effort: str | None

    @property
    def on(self) -> bool:
        return self.config is not None and self.config["type"] in ("adaptive", "enabled")


def convert_budget(budget: int) -> str:
    """Return the effort for a budget of thinking tokens, on models that have no budget."""
    if budget == 0:
        return "none"
    return next((name for name, most in _BUDGETS.items() if budget <= most), "xhigh")


def note_budget(effort: str, rules: ModelRules, notices: Notices) -> None:
    """Add the notice that a budget for thinking was read as an effort."""
    notices.add(f"thinking: the budget is read as effort {effort}; {rules.id} has no budget for it")


def choose_thinking(
    requested: str | None,
    rules: ModelRules,
    max_tokens: int,
    blocked: str | None,
    notices: Notices,
    budget: int | None = None,
) -> ThinkingPlan:
    """Choose thinking and effort for the requested `reasoning_effort`, or for a budget of tokens.

    `blocked` is the reason why an older model cannot think in this request, or None.
    """
    if requested is None and budget is not None:
        requested = convert_budget(budget)
        if budget and rules.thinking != "budget":
            note_budget(requested, rules, notices)
    if requested is None:
        return _choose_default(rules, max_tokens, notices)
    if requested == "none":
        return _turn_off(rules, notices)
    match rules.thinking:
        case "always" | "between_tools" | "can_disable":
            return ThinkingPlan(_ADAPTIVE, _choose_effort(requested, rules, notices))
        case "on_request" | "budget" if blocked:
            notices.add(f"reasoning_effort: {rules.id} does not think here; {blocked}")
            return ThinkingPlan(
                None, _choose_effort(requested, rules, notices) if rules.efforts else None
            )
        case "on_request":
            return ThinkingPlan(_ADAPTIVE, _choose_effort(requested, rules, notices))
        case "budget":
            return _choose_budget(requested, rules, max_tokens, notices, budget)
        case "none":
            notices.add(f"reasoning_effort ignored: {rules.id} does not support thinking")
            return ThinkingPlan(None, None)
        case _:
            assert_never(rules.thinking)


def _choose_default(rules: ModelRules, max_tokens: int, notices: Notices) -> ThinkingPlan:
    """Use the model's own default, except where thinking would leave no tokens for the answer."""
    if rules.thinking in ("between_tools", "can_disable") and max_tokens <= MIN_TOKENS_TO_THINK:
        off = "only between tool calls" if rules.thinking == "between_tools" else "off"
        notices.add(f"max_tokens: {max_tokens} is too few for thinking; thinking is {off}")
        return ThinkingPlan({"type": _get_off_type(rules)}, None)
    thinks = rules.thinking in ("always", "between_tools", "can_disable")
    return ThinkingPlan(_ADAPTIVE if thinks else None, None)


def _get_off_type(rules: ModelRules) -> str:
    return "between_tools" if rules.thinking == "between_tools" else "disabled"


def _turn_off(rules: ModelRules, notices: Notices) -> ThinkingPlan:
    match rules.thinking:
        case "always":
            lowest = rules.efforts[0] if rules.efforts else None
            used = "its lowest effort is used" if lowest else "it has no effort levels"
            notices.add(f"reasoning_effort: {rules.id} always thinks; {used}")
            return ThinkingPlan(_ADAPTIVE, lowest)
        case "between_tools" | "can_disable":
            return ThinkingPlan({"type": _get_off_type(rules)}, None)
        case "on_request" | "budget" | "none":
            return ThinkingPlan(None, None)
        case _:
            assert_never(rules.thinking)


def _choose_budget(
    requested: str, rules: ModelRules, max_tokens: int, notices: Notices, given: int | None
) -> ThinkingPlan:
    """Choose a thinking budget of at most half of max_tokens, unless the client gives one.

    The budget is part of max_tokens, as reasoning tokens are at OpenAI, and the other half is for
    the answer.
    """
    if given is not None and given < max_tokens:
        budget = max(given, LOWEST_BUDGET) if max_tokens > LOWEST_BUDGET else given
        if budget != given:
            notices.add(f"thinking: a budget of {budget} is used, the least that Claude accepts")
    else:
        budget = compute_budget(requested, max_tokens)
        if given is not None and budget >= LOWEST_BUDGET:
            notices.add(
                f"thinking: a budget of {budget} is used; {given} is not less than max_tokens"
            )
    effort = _choose_effort(requested, rules, notices) if rules.efforts else None
    if budget < LOWEST_BUDGET:
        notices.add(f"reasoning_effort ignored: max_tokens {max_tokens} is too few for thinking")
        return ThinkingPlan(None, effort)
    config = {"type": "enabled", "budget_tokens": budget, "display": "summarized"}
    return ThinkingPlan(config, effort)


def compute_budget(effort: str, max_tokens: int) -> int:
    """Return the thinking tokens for an effort: at most half of all tokens; maybe too few."""
    return min(_BUDGETS.get(effort, _HIGHEST_BUDGET), max_tokens // 2)


def find_effort(requested: str, rules: ModelRules) -> str:
    """Return the model's highest level that is not above the requested one, or else its lowest.

    A level that is not known is above all others.
    """
    limit = _ORDER.index(requested) if requested in _ORDER else len(_ORDER)
    below = (level for level in reversed(rules.efforts) if _ORDER.index(level) <= limit)
    return next(below, rules.efforts[0])


def _choose_effort(requested: str, rules: ModelRules, notices: Notices) -> str | None:
    if not rules.efforts:
        notices.add(f"reasoning_effort ignored: {rules.id} has no effort levels")
        return None
    effort = find_effort(requested, rules)
    if effort != requested:
        notices.add(f"reasoning_effort: {effort} is used; {rules.id} has no {requested}")
    return effort
