"""The model of a budget's `at_limit`, which must be cheaper than the active one."""

from __future__ import annotations

from bridge.budget_table import BudgetTable
from bridge.budgets.tracker import is_cheaper
from bridge.errors import ModelNotFound, SettingsError
from bridge.models.aliases import Aliases
from bridge.models.names import KnownNames, ResolvedModel, resolve


def resolve_cheaper_model(
    table: BudgetTable, number: int, active: str, aliases: Aliases
) -> ResolvedModel | None:
    """Return the model that answers at the limit; None if requests are refused then.

    `number` is the entry's place among the budgets, for the message of a SettingsError.
    """
    if table.at_limit == "refuse":
        return None
    place = f"setting budgets, entry {number}, at_limit"
    try:
        resolved = resolve(table.at_limit, active, KnownNames(aliases=aliases.index))
    except ModelNotFound as error:
        raise SettingsError(f"{place}: {error.message}") from error
    if resolved.effort is not None:
        raise SettingsError(f"{place}: name the model without an effort: {resolved.model}")
    if not is_cheaper(resolved.model, active):
        raise SettingsError(
            f"{place}: {resolved.model} is not cheaper than {active}, the setting `model`, at list "
            "prices for output"
        )
    return resolved
