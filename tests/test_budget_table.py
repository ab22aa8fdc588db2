"""The setting `budgets`: tables in the file, JSON elsewhere, and errors that name the field."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.budget_table import BudgetTable
from bridge.errors import SettingsError
from bridge.settings import find_paths, load_settings

DAY = BudgetTable(dollars=Decimal("5.1"), per="day")


def write_file(text: str) -> Path:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_budgets_are_tables_in_the_file() -> None:
    write_file(
        '[[budgets]]\ndollars = 5.1\nper = "day"\n'
        '[[budgets]]\ndollars = 50\nper = "month"\nkey = "*"\neach = true\nat_limit = "haiku"\n'
    )
    assert load_settings().budgets == (
        DAY,
        BudgetTable(dollars=Decimal(50), per="month", key="*", each=True, at_limit="haiku"),
    )


def test_budgets_are_json_in_a_flag_and_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[{"dollars": 5.1, "per": "day"}]'
    assert load_settings(budgets=text).budgets == (DAY,)
    monkeypatch.setenv("CLAUDE_BRIDGE_BUDGETS", text)
    assert load_settings().budgets == (DAY,)
    assert load_settings(budgets="").budgets == ()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"dollars": 0}, "dollars: input should be greater than or equal to 0.01"),
    "half a cent": ({"dollars": 0.015}, "dollars: decimal input should have no more than 2"),
    "a word": ({"dollars": "much"}, "dollars: input should be a valid decimal"),
    "a week": ({"per": "week"}, "per: input should be 'day' or 'month'"),
    "a backend": ({"backend": "offline"}, "backend: input should be 'anthropic' or 'claude-code'"),
    "each of all": ({"each": True}, "each: value error, needs `client` or `key`"),
    "a typo": ({"clinet": "cursor"}, "clinet: extra inputs are not permitted"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_field_is_named_with_its_entry(name: str) -> None:
    fields, words = WRONG[name]
    tables = [{"dollars": 5, "per": "day"}, {"dollars": 5, "per": "day", **fields}]
    with pytest.raises(SettingsError, match=f"^setting --budgets, entry 2, {words}"):
        load_settings(budgets=json.dumps(tables))


@pytest.mark.parametrize("text", ["five dollars", "{}", "7"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--budgets: "):
        load_settings(budgets=text)


def test_the_file_is_named() -> None:
    path = write_file('[[budgets]]\nper = "day"\n')
    with pytest.raises(SettingsError, match=f"`budgets` in {path}, entry 1, dollars: field req"):
        load_settings()
