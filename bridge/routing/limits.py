"""Check a model against the highest price that a rule allows."""

from __future__ import annotations

from decimal import Decimal

from bridge.models.prices import find_price
from bridge.models.rules import ECHO
from bridge.wire.routing.rule import RoutingRule


def explain_price(rule: RoutingRule | None, model: str) -> str | None:
    """Return why a model is over the rule's `max_price`; None if it is within it."""
    if rule is None or rule.max_price is None or model == ECHO:
        return None
    limit = f"the rule “{rule.name}” allows ${rule.max_price:g} per million output tokens"
    price = find_price(model)
    if price is None:
        return f"{limit}, and the list price of {model} is not known"
    # The prompt's length is not known yet, and the limit must hold for each.
    long = price.long_prompt
    highest = max(price.rates.output, long.rates.output if long is not None else Decimal(0))
    if highest <= rule.max_price:
        return None
    scope = f" for prompts of more than {long.above:,} tokens" if long is not None else ""
    return f"{limit}, and {model} costs ${highest:f}{scope}"
