"""Correct a model's rules from the message of a refused request.

New models and changed limits work without an update: the first refusal corrects the rules, and the
request is sent again. Each pattern matches a message of Anthropic's API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.models.rules import ModelRules, infer_thinking

Change = Callable[[ModelRules, re.Match[str]], ModelRules]


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """A pattern for the message of a 400, and the change of the rules that it implies."""

    pattern: re.Pattern[str]
    change: Change


def _make_rule(pattern: str, change: Change) -> RefusalRule:
    return RefusalRule(re.compile(pattern, re.IGNORECASE | re.DOTALL), change)


def _limit_output(rules: ModelRules, match: re.Match[str]) -> ModelRules:
    return replace(rules, max_output=int(match["limit"]))


def _limit_efforts(rules: ModelRules, match: re.Match[str]) -> ModelRules:
    # Only known levels, in our order: the message may list levels that OpenAI's API lacks.
    named = tuple(level for level in rules.efforts if level in match["levels"])
    return replace(rules, efforts=named)


def _limit_thinking(rules: ModelRules, match: re.Match[str]) -> ModelRules:
    types = re.findall(r"[a-z_]+", match["types"])
    return replace(rules, thinking=infer_thinking(types, rules.thinking))


REFUSAL_RULES: tuple[RefusalRule, ...] = (
    _make_rule(
        r"max_tokens: \d+ > (?P<limit>\d+), which is the maximum",
        _limit_output,
    ),
    _make_rule(
        r"(temperature|top_p|top_k)`? (is|are) (not supported|deprecated)|"
        r"(temperature|top_p|top_k): Extra inputs",
        lambda rules, _: replace(rules, sampling=False),
    ),
    _make_rule(
        r"does not support assistant message prefill|must end with a user message",
        lambda rules, _: replace(rules, prefill=False),
    ),
    _make_rule(
        r"tool_choice.*(not supported|not support|incompatible)",
        lambda rules, _: replace(rules, forced_tools=False),
    ),
    _make_rule(
        r"role.{0,3}system.*not supported|messages\.\d+\.role.*(input should be|unexpected role)",
        lambda rules, _: replace(rules, mid_system=False),
    ),
    _make_rule(
        r"does not support effort level.*supported levels: (?P<levels>[a-z, ]+)", _limit_efforts
    ),
    _make_rule(
        r"does not support the effort parameter", lambda rules, _: replace(rules, efforts=())
    ),
    _make_rule(
        r"thinking\.type: \w+ is not supported on this model\. Supported: (?P<types>[a-z_, ]+)",
        _limit_thinking,
    ),
    _make_rule(
        r"output_config\.format: (Extra inputs|.*not supported)|"
        r"does not support structured output",
        # A model without structured output has no strict tools either.
        lambda rules, _: replace(rules, structured=False, strict_tools=False),
    ),
    _make_rule(
        r"eager_input_streaming.*(Extra inputs|not supported)",
        lambda rules, _: replace(rules, eager_tools=False),
    ),
    _make_rule(
        r"tools\.\d+\.(custom\.)?(strict|input_schema)|strict tools|compiled grammar",
        lambda rules, _: replace(rules, strict_tools=False),
    ),
)


def learn_limits(rules: ModelRules, refusal: str) -> ModelRules | None:
    """Return the corrected rules, or None if the message implies no change."""
    for rule in REFUSAL_RULES:
        match = rule.pattern.search(refusal)
        if match is not None:
            changed = rule.change(rules, match)
            return None if changed == rules else changed
    return None
