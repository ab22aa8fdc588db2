"""The retry policy and the circuit breaker, on a clock of the test's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.errors import (
    BridgeError,
    ContextTooLong,
    GatewayFailed,
    InvalidRequest,
    KeyRejected,
    OutputMismatch,
    Overloaded,
    RateLimited,
    StreamBroken,
    UpstreamEmpty,
    UpstreamErrorCut,
    UpstreamFailed,
    UpstreamRedirected,
    UpstreamSilent,
    UpstreamTimedOut,
    UpstreamUnreachable,
    UpstreamWebPage,
)
from bridge.resilience.policy import (
    MOST_BREAKERS,
    CircuitBreaker,
    ModelBreakers,
    RetryPolicy,
    compute_limit_wait,
    is_transient,
    parse_retry_after,
)


@pytest.mark.parametrize(
    ("kind", "transient"),
    [
        (UpstreamUnreachable, True),
        (UpstreamFailed, True),
        (StreamBroken, True),
        (Overloaded, True),
        (RateLimited, True),
        (UpstreamTimedOut, True),
        (UpstreamSilent, False),
        (OutputMismatch, False),
        (UpstreamWebPage, False),
        (UpstreamRedirected, False),
        (GatewayFailed, True),
        (UpstreamEmpty, True),
        (UpstreamErrorCut, True),
        (InvalidRequest, False),
        (ContextTooLong, False),
        (KeyRejected, False),
    ],
)
def test_only_transient_failures_are_retried(kind: type[BridgeError], transient: bool) -> None:
    assert is_transient(kind("x")) is transient
    assert (RetryPolicy().compute_delay(1, kind("x"), 0, 0.5) is not None) is transient


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({}, None),
        ({"retry-after": "x"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1e9"}, None),
    ],
)
def test_retry_after_is_read_as_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(RateLimited("x", headers=headers)) == seconds


def test_a_limited_key_is_soon_tried_again_and_then_less_often() -> None:
    waits = [compute_limit_wait(None, refusals) for refusals in (1, 2, 3, 4, 5, 1000)]
    assert waits == [2, 4, 8, 16, 30, 30]
    assert compute_limit_wait(7.5, 3) == 7.5
    assert compute_limit_wait(0.0, 1) == 2
    assert compute_limit_wait(600_000, 1) == 3600


def test_delays_double_with_jitter() -> None:
    policy = RetryPolicy(attempts=4, base_seconds=1, max_seconds=100)
    assert [policy.compute_delay(n, Overloaded("x"), 0, 1) for n in (1, 2, 3)] == [1, 2, 4]
    assert [policy.compute_delay(n, Overloaded("x"), 0, 0) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert policy.compute_delay(4, Overloaded("x"), 0, 0) is None


def test_retry_after_is_respected_if_there_is_time() -> None:
    error = RateLimited("x", headers={"retry-after": "4"})
    policy = RetryPolicy(base_seconds=1, max_seconds=10)
    assert policy.compute_delay(1, error, 0, 0) == 4
    assert policy.compute_delay(1, error, 7, 0) is None
    assert policy.compute_delay(1, RateLimited("x", headers={"retry-after": "6"}), 0, 0) is None
    assert policy.compute_delay(1, RateLimited("x", headers={"retry-after": "20"}), 0, 0) is None


@given(st.integers(1, 10), st.floats(0, 1), st.floats(0, 60), st.floats(0, 60))
def test_the_delays_never_exceed_the_maximum(
    failures: int, jitter: float, waited: float, seconds: float
) -> None:
    delay = RetryPolicy(attempts=20, max_seconds=seconds).compute_delay(
        failures, Overloaded("x"), waited, jitter
    )
    assert delay is None or waited + delay <= seconds


ONE, OTHER = object(), object()
"""Requests, as the breaker sees them."""


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    breaker = CircuitBreaker(max_failures=3, open_seconds=10)
    for _ in range(2):
        breaker.record_failure(0, ONE)
    breaker.record_success()
    for _ in range(3):
        assert breaker.try_enter(0, ONE)
        breaker.record_failure(0, ONE)
    assert breaker.get_state(0) == "open"
    assert not breaker.try_enter(9.9, ONE)
    assert breaker.get_wait(4) == 6


def open_breaker(**options: Any) -> CircuitBreaker:
    breaker = CircuitBreaker(max_failures=1, open_seconds=10, **options)
    breaker.record_failure(0, ONE)
    return breaker


def test_a_half_open_breaker_lets_one_request_through() -> None:
    breaker = open_breaker()
    assert breaker.get_state(10) == "half-open"
    assert breaker.try_enter(10, ONE)
    assert not breaker.try_enter(10, OTHER)
    breaker.record_success()
    assert breaker.get_state(10) == "closed"
    assert breaker.try_enter(10, ONE)
    assert breaker.try_enter(10, OTHER)


def test_each_failed_probe_doubles_the_open_time() -> None:
    breaker = open_breaker(max_open_seconds=30)
    now = 0.0
    for seconds in (20, 30, 30):
        now += breaker.get_wait(now)
        assert breaker.try_enter(now, ONE)
        breaker.record_failure(now, ONE)
        assert breaker.get_wait(now) == seconds


def test_a_released_probe_lets_the_next_request_probe() -> None:
    breaker = open_breaker()
    assert breaker.try_enter(10, ONE)
    breaker.release(ONE)
    assert breaker.try_enter(10, OTHER)


def test_the_end_of_an_older_answer_is_not_the_end_of_the_probe() -> None:
    breaker = open_breaker()
    assert breaker.try_enter(10, ONE)
    breaker.release(OTHER)
    breaker.record_failure(10, OTHER)
    assert not breaker.try_enter(11, OTHER)
    breaker.hand_over(ONE, OTHER)
    breaker.release(OTHER)
    assert breaker.try_enter(11, ONE)


def test_each_model_has_a_breaker_and_their_number_is_bounded() -> None:
    breakers = ModelBreakers()
    for _ in range(5):
        breakers.get("opus").record_failure(0, ONE)
    assert (breakers.get("opus").get_state(0), breakers.get("haiku").get_state(0)) == (
        "open",
        "closed",
    )
    assert (breakers.get_state(0), breakers.get_wait(0)) == ("open", 10)
    for number in range(MOST_BREAKERS * 3):
        breakers.get(f"model {number}")
    assert breakers.get("opus").get_state(0) == "open", "idle ones are forgotten first"
    for number in range(MOST_BREAKERS * 3):
        breakers.get(f"model {number}").record_failure(0, ONE)
    assert len(breakers._by_model) <= MOST_BREAKERS


def test_only_one_breaker_is_forgotten_for_another() -> None:
    breakers = ModelBreakers()
    for number in range(MOST_BREAKERS):
        for _ in range(5):
            breakers.get(f"model {number}").record_failure(0, ONE)
    breakers.get("model 0")
    breakers.get("one more")
    waits = [breakers.get_wait_for(f"model {number}", 0) for number in range(MOST_BREAKERS)]
    assert waits == [10, 0, *[10] * (MOST_BREAKERS - 2)], "the one not used for longest"
    assert breakers.get_wait_for("never used", 0) == 0
    assert "never used" not in breakers._by_model


def test_a_breaker_in_use_is_not_replaced_by_looking_at_others() -> None:
    breakers = ModelBreakers()
    opus = breakers.get("opus")
    for number in range(MOST_BREAKERS * 3):
        breakers.get_wait_for(f"model {number}", 0)
    assert breakers.get("opus") is opus


class BreakerMachine(RuleBasedStateMachine):
    """However requests begin and end: a broken upstream is probed by one at a time, and again."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = CircuitBreaker(max_failures=2, open_seconds=10, max_open_seconds=40)
        self.now = 0.0
        self.running: list[object] = []
        self.probes: list[object] = []

    @rule()
    def begin(self) -> None:
        request = object()
        was_open = self.breaker.get_state(self.now) != "closed"
        if self.breaker.try_enter(self.now, request):
            self.running.append(request)
            if was_open:
                self.probes.append(request)

    @rule(data=st.data(), end=st.sampled_from(["success", "failure", "release"]))
    def end(self, data: st.DataObject, end: str) -> None:
        if not self.running:
            return
        request = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        if end == "success":
            self.breaker.record_success()
            self.probes.clear()
        elif end == "failure":
            self.breaker.record_failure(self.now, request)
        else:
            self.breaker.release(request)
        self.probes = [probe for probe in self.probes if probe is not request]

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def one_probe_at_most(self) -> None:
        assert len(self.probes) <= 1

    @invariant()
    def it_opens_again_when_nothing_runs(self) -> None:
        if not self.probes:
            assert self.breaker.get_wait(self.now) <= 40
            assert self.breaker.get_state(self.now + 41) != "open"


TestBreaker = BreakerMachine.TestCase
