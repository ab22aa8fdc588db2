"""Anthropic's list prices per token, as data (read 2026-11-23)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bridge.models.rules import find_rules


class Rates(NamedTuple):
    """US dollars per million tokens, which is micro-dollars per token."""

    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal


class LongPrompt(NamedTuple):
    """The rates for all tokens of a request whose prompt is longer than `above` tokens."""

    above: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Price:
    """The list price of one model on Anthropic's API, and its source."""

    model: str
    rates: Rates
    source: str
    long_prompt: LongPrompt | None = None


def _parse_rates(input: str, write_5m: str, write_1h: str, read: str, output: str) -> Rates:
    # From strings: a float such as 0.20 is not exactly that, and the costs must be exact.
    return Rates(*map(Decimal, (input, write_5m, write_1h, read, output)))


# All prices are in the model catalogue inside Claude Code 2.1.330, which comes with
# claude-agent-sdk 0.2.187 (`_bundled/claude`, `pricing_tiers`). A second source, where there is
# one, agrees with it; mythos-5-2 has none. On 2026-11-23 every model of `rules.py` had a price,
# except `bridge-echo`, which is free. Retired models (Opus 4.1, Sonnet 4, older) are left out.
_CODE = "Claude Code 2.1.330's model catalogue"
_DOCS = f"{_CODE}; https://platform.claude.com/docs/en/about-claude/pricing"
_DOCS_ZH = f"{_CODE}; https://platform.claude.com/docs/zh-CN/about-claude/pricing"
_MODELS_ZH = f"{_CODE}; https://platform.claude.com/docs/zh-CN/models"
# Since 2026-10-07: Haiku 5.5 is new, and a cache read costs half as much on Sonnet 5.5 (the only
# rate of Sonnet 5.5 on that page; the others are also in .../models/sonnet-5-5/overview).
_OCTOBER = f"{_CODE}; https://github.com/kurofune/claudit/releases/tag/v1.9.2"
_RIGHTSIZE = f"{_CODE}; https://github.com/archid21/rightsize/releases/tag/v0.10.2"

_8_40 = _parse_rates("8", "10", "16", "0.20", "40")
_10_50 = _parse_rates("10", "12.50", "20", "1", "50")
_10_50_CHEAP_READ = _parse_rates("10", "12.50", "20", "0.25", "50")
_5_25 = _parse_rates("5", "6.25", "10", "0.50", "25")
_3_15 = _parse_rates("3", "3.75", "6", "0.30", "15")

PRICES: tuple[Price, ...] = (
    Price("claude-fable-5-2", _8_40, _RIGHTSIZE),
    Price("claude-fable-5-1", _10_50_CHEAP_READ, _DOCS),
    Price("claude-fable-5", _10_50, _DOCS),
    Price("claude-mythos-5-2", _8_40, _CODE),
    Price("claude-mythos-5-1", _10_50_CHEAP_READ, _DOCS),
    Price("claude-mythos-5", _10_50, _DOCS),
    Price(
        "claude-opus-5-5",
        _parse_rates("4", "5", "8", "0.20", "20"),
        f"{_MODELS_ZH}/opus-5-5/overview",
    ),
    Price("claude-opus-5", _5_25, _DOCS),
    Price("claude-opus-4-8", _5_25, _DOCS),
    Price("claude-opus-4-7", _5_25, _DOCS),
    Price("claude-opus-4-6", _5_25, _DOCS),
    Price("claude-opus-4-5", _5_25, _DOCS),
    Price("claude-sonnet-5-5", _parse_rates("2", "2.50", "4", "0.10", "10"), _OCTOBER),
    Price(
        "claude-sonnet-5",
        _parse_rates("2", "2.50", "4", "0.20", "10"),
        f"{_MODELS_ZH}/sonnet-5/overview",
    ),
    Price("claude-sonnet-4-6", _3_15, _DOCS_ZH),
    Price("claude-sonnet-4-5", _3_15, _DOCS_ZH),
    Price(
        "claude-haiku-5-5",
        _parse_rates("0.10", "0.125", "0.20", "0.01", "0.50"),
        _OCTOBER,
        LongPrompt(100_000, _parse_rates("0.50", "0.625", "1", "0.05", "2.50")),
    ),
    Price("claude-haiku-4-5", _parse_rates("1", "1.25", "2", "0.10", "5"), _DOCS_ZH),
)

_BY_MODEL = {price.model: price for price in PRICES}
_MILLION = 1_000_000


def find_price(model: str) -> Price | None:
    """Find the price of a model id, also of a dated snapshot (`-20251001`)."""
    rules = find_rules(model)
    return None if rules is None else _BY_MODEL.get(rules.id)


def calculate_cost(
    model: str,
    input_tokens: int,
    cache_write_tokens: int,
    cache_read_tokens: int,
    output_tokens: int,
    *,
    cache_write_1h_tokens: int = 0,
) -> Decimal | None:
    """Calculate the exact cost of one request in US dollars; None if the price is unknown.

    `input_tokens` does not include the cache, as in Claude's usage. `cache_write_1h_tokens` is the
    part of `cache_write_tokens` that was cached for an hour
    (`cache_creation.ephemeral_1h_input_tokens`); the rest was cached for five minutes. Costs not
    counted in tokens (a web search) and price factors (batches, fast mode, US-only inference) are
    left out. On a subscription, this is what the API would have cost.
    """
    price = find_price(model)
    if price is None:
        return None
    rates = _select_rates(price, input_tokens + cache_write_tokens + cache_read_tokens)
    micro_dollars = (
        rates.input * input_tokens
        + rates.cache_write_5m * (cache_write_tokens - cache_write_1h_tokens)
        + rates.cache_write_1h * cache_write_1h_tokens
        + rates.cache_read * cache_read_tokens
        + rates.output * output_tokens
    )
    return micro_dollars / _MILLION


def to_micro_dollars(dollars: Decimal) -> int:
    """Round to whole millionths of a dollar, the unit in which the ledger stores costs."""
    return int((dollars * _MILLION).to_integral_value())


def _select_rates(price: Price, prompt_tokens: int) -> Rates:
    long = price.long_prompt
    return long.rates if long is not None and prompt_tokens > long.above else price.rates
