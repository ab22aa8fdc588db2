"""Holds a request to the budgets; every request that costs money passes here before it is sent."""

from __future__ import annotations

from bridge.budgets.budget import Spender
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.wire.health import BackendName


async def keep_to_budgets(
    bridge: Bridge, caller: Caller, model: str, backend: BackendName, *, exact: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Return the model that may answer, and a notice if it is a cheaper one.

    Raises BudgetSpent; with `exact`, also where a cheaper model would answer.
    """
    spender = Spender(caller.client, caller.key, backend)
    return await bridge.budgets.select_model(spender, model, exact=exact)
