"""How many spares are kept ready follows use and memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.backends.claude_code.spare_count import (
    BUSY_SECONDS,
    MOST_SPARES,
    PROCESS_BYTES,
    RESERVE_BYTES,
    SpareCount,
)

PLENTY = 1 << 40


def test_each_request_without_a_spare_adds_one_for_a_while() -> None:
    count = SpareCount(1)
    assert count.get_wanted(0, PLENTY) == 1
    count.record_miss(10)
    count.record_miss(20)
    assert count.get_wanted(30, PLENTY) == 3
    assert count.get_wanted(10 + BUSY_SECONDS + 1, PLENTY) == 2
    assert count.get_wanted(20 + BUSY_SECONDS + 1, PLENTY) == 1


def test_little_memory_allows_fewer() -> None:
    count = SpareCount(2)
    assert count.get_wanted(0, RESERVE_BYTES + PROCESS_BYTES) == 1
    assert count.get_wanted(0, RESERVE_BYTES) == 0


def test_a_user_who_wants_none_gets_none() -> None:
    count = SpareCount(0)
    count.record_miss(0)
    assert count.get_wanted(1, PLENTY) == 0


@given(
    st.integers(0, 8),
    st.lists(st.floats(0, 1e6, allow_nan=False)),
    st.floats(0, 2e6, allow_nan=False),
    st.integers(0, 1 << 40),
)
def test_the_count_is_bounded(base: int, misses: list[float], now: float, memory: int) -> None:
    count = SpareCount(base)
    for miss in sorted(misses):
        count.record_miss(miss)
    wanted = count.get_wanted(now, memory)
    assert 0 <= wanted <= max(base, MOST_SPARES)
    assert wanted == 0 or RESERVE_BYTES + wanted * PROCESS_BYTES <= memory
