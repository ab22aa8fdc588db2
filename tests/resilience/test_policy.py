"""What is tried again, and when: on a clock of the test's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import (
    BridgeError,
    ContextTooLong,
    InvalidRequest,
    KeyRejected,
    OutputMismatch,
    Overloaded,
    RateLimited,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
    UpstreamTimedOut,
    UpstreamUnreachable,
)
from bridge.resilience.policy import Breaker, Patience, is_passing, retry_after


@pytest.mark.parametrize(
    ("kind", "passing"),
    [
        (UpstreamUnreachable, True),
        (UpstreamFailed, True),
        (StreamBroken, True),
        (Overloaded, True),
        (RateLimited, True),
        (UpstreamTimedOut, True),
        (UpstreamSilent, False),
        (OutputMismatch, False),
        (InvalidRequest, False),
        (ContextTooLong, False),
        (KeyRejected, False),
    ],
)
def test_what_may_pass(kind: type[BridgeError], passing: bool) -> None:
    assert is_passing(kind("x")) is passing
    assert (Patience().pause(1, kind("x"), 0, 0.5) is not None) is passing


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({}, None),
        ({"retry-after": "x"}, None),
    ],
)
def test_what_upstream_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(RateLimited("x", headers=headers)) == seconds


def test_waits_double_and_are_never_the_same_for_all() -> None:
    patience = Patience(tries=4, base=1, seconds=100)
    assert [patience.pause(n, Overloaded("x"), 0, 1) for n in (1, 2, 3)] == [1, 2, 4]
    assert [patience.pause(n, Overloaded("x"), 0, 0) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert patience.pause(4, Overloaded("x"), 0, 0) is None


def test_what_upstream_asks_for_is_kept_when_there_is_time() -> None:
    error = RateLimited("x", headers={"retry-after": "7"})
    patience = Patience(base=1, seconds=10)
    assert patience.pause(1, error, 0, 0) == 7
    assert patience.pause(1, error, 4, 0) is None
    assert patience.pause(1, RateLimited("x", headers={"retry-after": "20"}), 0, 0) is None


@given(st.integers(1, 10), st.floats(0, 1), st.floats(0, 60), st.floats(0, 60))
def test_nobody_waits_longer_than_set(
    failed: int, chance: float, waited: float, seconds: float
) -> None:
    pause = Patience(tries=20, seconds=seconds).pause(failed, Overloaded("x"), waited, chance)
    assert pause is None or waited + pause <= seconds


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(most=3, seconds=10)
    for _ in range(2):
        breaker.failed(0)
    breaker.succeeded()
    for _ in range(3):
        assert breaker.enter(0)
        breaker.failed(0)
    assert breaker.state(0) == "open"
    assert not breaker.enter(9.9)
    assert breaker.closed_in(4) == 6


def test_half_open_lets_one_through() -> None:
    breaker = Breaker(most=1, seconds=10)
    breaker.failed(0)
    assert breaker.state(10) == "half-open"
    assert breaker.enter(10)
    assert not breaker.enter(10)
    breaker.succeeded()
    assert (breaker.state(10), breaker.enter(10), breaker.enter(10)) == ("closed", True, True)


def test_it_stays_open_longer_each_time() -> None:
    breaker = Breaker(most=1, seconds=10, longest=30)
    breaker.failed(0)
    now = 0.0
    for seconds in (20, 30, 30):
        now += breaker.closed_in(now)
        assert breaker.enter(now)
        breaker.failed(now)
        assert breaker.closed_in(now) == seconds


def test_a_probe_that_says_nothing_lets_the_next_one_try() -> None:
    breaker = Breaker(most=1, seconds=10)
    breaker.failed(0)
    assert breaker.enter(10)
    breaker.left()
    assert breaker.enter(10)
