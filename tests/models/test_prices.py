"""The cost of a request, exact or unknown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bridge.models.prices import PRICES, Price, calculate_cost, find_price, to_micro_dollars
from bridge.models.rules import RULES, ModelRules

MILLION = 1_000_000


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.id)
def test_every_known_model_has_a_price(rules: ModelRules) -> None:
    assert find_price(rules.id) is not None


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("claude-fable-5-2", ("8", "10", "0.2", "40")),
        ("claude-fable-5-1", ("10", "12.5", "0.25", "50")),
        ("claude-mythos-5", ("10", "12.5", "1", "50")),
        ("claude-opus-5-5", ("4", "5", "0.2", "20")),
        ("claude-opus-4-5", ("5", "6.25", "0.5", "25")),
        ("claude-sonnet-5-5", ("2", "2.5", "0.1", "10")),
        ("claude-sonnet-5", ("2", "2.5", "0.2", "10")),
        ("claude-sonnet-4-6", ("3", "3.75", "0.3", "15")),
        ("claude-haiku-4-5", ("1", "1.25", "0.1", "5")),
    ],
)
def test_a_million_tokens_of_each_kind_cost_what_the_price_list_says(
    model: str, dollars: tuple[str, ...]
) -> None:
    kinds = [tuple(MILLION if at == kind else 0 for at in range(4)) for kind in range(4)]
    assert [calculate_cost(model, *kind) for kind in kinds] == [Decimal(price) for price in dollars]


def test_costs_add_up_exactly() -> None:
    assert calculate_cost("claude-opus-5", 3, 5, 7, 11) == Decimal("0.00032475")


def test_zero_tokens_cost_nothing() -> None:
    assert calculate_cost("claude-opus-5", 0, 0, 0, 0) == 0


def test_a_one_hour_cache_write_costs_more_than_a_five_minute_one() -> None:
    assert calculate_cost("claude-opus-5", 0, MILLION, 0, 0) == Decimal("6.25")
    assert calculate_cost("claude-opus-5", 0, MILLION, 0, 0, cache_write_1h_tokens=MILLION) == 10
    assert calculate_cost(
        "claude-opus-5", 0, MILLION, 0, 0, cache_write_1h_tokens=MILLION // 2
    ) == Decimal("8.125")


def test_a_dated_id_counts_as_its_model() -> None:
    assert calculate_cost("claude-haiku-4-5-20251001", MILLION, 0, 0, 0) == 1


@pytest.mark.parametrize(
    "model",
    ["", "bridge-echo", "gpt-5", "claude-opus-6", "claude-opus-4-5-2", "claude-opus-4-1", "opus"],
)
def test_a_model_without_a_known_price_has_no_cost(model: str) -> None:
    assert calculate_cost(model, MILLION, MILLION, MILLION, MILLION) is None


def test_the_long_prompt_price_depends_on_the_whole_prompt() -> None:
    model = "claude-haiku-5-5"
    short = Decimal("0.10") * 50_000 + Decimal("0.125") * 25_000 + Decimal("0.01") * 25_000
    assert calculate_cost(model, 50_000, 25_000, 25_000, 10) == (short + 5) / MILLION
    long = Decimal("0.50") * 50_000 + Decimal("0.625") * 25_000 + Decimal("0.05") * 25_001
    assert calculate_cost(model, 50_000, 25_000, 25_001, 10) == (long + 25) / MILLION


def test_a_long_answer_does_not_count_as_prompt() -> None:
    assert calculate_cost("claude-haiku-5-5", 1, 0, 0, 128_000) == Decimal("0.0640001")


@pytest.mark.parametrize("price", PRICES, ids=lambda price: price.model)
def test_each_price_has_a_source_and_plausible_rates(price: Price) -> None:
    assert "Claude Code 2.1.330" in price.source
    for rates in (price.rates, *([price.long_prompt.rates] if price.long_prompt else [])):
        assert 0 < rates.cache_read < rates.input < rates.cache_write_5m
        assert rates.cache_write_5m == rates.input * Decimal("1.25")
        assert rates.cache_write_1h == rates.input * 2
        assert rates.output == rates.input * 5


def test_no_model_has_two_prices() -> None:
    assert len({price.model for price in PRICES}) == len(PRICES)


def test_costs_are_rounded_to_micro_dollars() -> None:
    assert to_micro_dollars(Decimal("1.25")) == 1_250_000
    assert to_micro_dollars(Decimal("0.0000016")) == 2
    assert to_micro_dollars(Decimal(0)) == 0
