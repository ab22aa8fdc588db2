"""How budgets are put into words."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.budgets.books import Spending
from bridge.budgets.budget import Budget, Group
from bridge.budgets.words import build_notice, describe_budget, format_dollars, format_reset
from tests.budgets.zones import local_zone

NAMES: dict[str, tuple[dict[str, Any], Group | None]] = {
    "$5.00 a day": ({}, None),
    "$5.00 a month": ({"per": "month"}, None),
    "$5.00 a day for backend claude-code": ({"backend": "claude-code"}, None),
    "$5.00 a day for client “cursor”": ({"client": "cursor"}, None),
    "$5.00 a day for client “c*” and access key “t*”": ({"client": "c*", "key": "t*"}, None),
    "$5.00 a day for backend anthropic, client “c*” and access key “t*”": (
        {"client": "c*", "key": "t*", "backend": "anthropic"},
        None,
    ),
    "$5.00 a day for backend anthropic and each client “*”": (
        {"client": "*", "backend": "anthropic", "each": True},
        None,
    ),
    "$5.00 a day for access key “ada”": ({"key": "*", "each": True}, Group(None, "ada")),
    "$5.00 a day for requests without an access key": (
        {"key": "*", "each": True},
        Group(None, ""),
    ),
}


@pytest.mark.parametrize("words", NAMES)
def test_a_budget_is_named_by_whom_it_is_for(words: str) -> None:
    fields, group = NAMES[words]
    budget = Budget(**{"limit": 5_000_000, "per": "day", **fields})
    assert describe_budget(budget, group or budget.patterns) == words
    spending = Spending(budget, group or budget.patterns, 5_000_000, 0, 0.0)
    assert build_notice("claude-haiku-5-5", spending).isascii()


@pytest.mark.parametrize(
    ("micro_dollars", "words"),
    [(0, "$0.00"), (9_999, "$0.00"), (4_999_999, "$4.99"), (1_234_560_000, "$1,234.56")],
)
def test_dollars_are_rounded_down(micro_dollars: int, words: str) -> None:
    assert format_dollars(micro_dollars) == words


def test_a_reset_on_another_day_has_its_date() -> None:
    with local_zone("UTC"):
        assert format_reset(1_795_478_400, 1_795_435_200) == "at 00:00"
        assert format_reset(1_796_083_200, 1_795_435_200) == "on 1 Dec at 00:00"
