"""The bodies of all requests share one budget."""

from __future__ import annotations

import pytest

from bridge.errors import RequestTooLarge, TooManyBodies
from bridge.resilience.memory_budget import MemoryBudget


def test_what_does_not_fit_now_is_refused_until_another_lease_is_closed() -> None:
    budget = MemoryBudget(100)
    first, second = budget.open_lease(), budget.open_lease()
    first.add(60)
    with pytest.raises(TooManyBodies) as refusal:
        second.add(41)
    assert refusal.value.headers == {"retry-after": "1"}
    second.add(40)
    second.close()
    first.close()
    first.close()
    assert budget.used == 0


def test_what_never_fits_is_too_large() -> None:
    lease = MemoryBudget(100).open_lease()
    lease.add(60)
    with pytest.raises(RequestTooLarge):
        lease.add(41)
