"""Waiting times in every form that servers send are finite seconds, or nothing."""

from __future__ import annotations

import math
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors.retry_after import MAX_WAIT_SECONDS, format_wait, parse_wait, read_retry_after

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0.5 ", 0.5),
        (12, 12),
        ("0", 0),
        (str(int(NOW) + 60), 60),
        (NOW + 60, 60),
        (str(int(NOW) - 60), 0),
        (f"{int(NOW + 60)}000", 60),
        (formatdate(NOW + 90, usegmt=True), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        ("2026-11-18T11:07:40Z", 60),
        ("2026-11-18T11:07:40", 60),
        ("5, 30", 30),
    ],
)
def test_what_can_be_meant_is_read(value: object, seconds: float) -> None:
    assert parse_wait(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("inf", "-inf", "nan", "-5", "", " ", "soon", "1e400", "9" * 400, "5, soon", ","),
        *("Fri, 31 Dec 9999 23:59:59 GMT", "Wed, 99 Foo 2026", "0000-00-00", "99999999"),
        *(None, True, [], {}, math.inf, math.nan, -1, 10**400),
    ],
)
def test_anything_else_is_no_wait(value: object) -> None:
    assert parse_wait(value, NOW) is None


@given(st.text() | st.integers() | st.floats() | st.datetimes().map(str), st.floats(0, 4e9))
def test_every_wait_is_within_the_bounds(value: object, now: float) -> None:
    wait = parse_wait(value, now)
    assert wait is None or 0 <= wait <= MAX_WAIT_SECONDS
    if wait is not None:
        assert -0.000_001 < float(format_wait(wait)) - wait < 0.002


def test_milliseconds_come_first_as_in_the_sdks() -> None:
    assert read_retry_after({"retry-after-ms": "1500", "retry-after": "9"}, NOW) == "1.5"
    assert read_retry_after({"retry-after-ms": "172800000"}, NOW) == "172800"
    assert read_retry_after({"retry-after-ms": "inf", "retry-after": "9"}, NOW) == "9"
    assert read_retry_after({"retry-after": "inf"}, NOW) is None
    assert read_retry_after({}, NOW) is None
