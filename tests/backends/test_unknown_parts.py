"""What upstream sends and this version does not know is counted, and logged once per type."""

from __future__ import annotations

import logging

import pytest

from bridge.backends.unknown_parts import MAX_TYPES, OTHER, UnknownParts


def test_each_type_is_logged_once_and_always_counted(caplog: pytest.LogCaptureFixture) -> None:
    counted: list[tuple[str, str]] = []
    parts = UnknownParts(lambda part, type: counted.append((part, type)))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            parts.add("stop_reason", "future_reason")
    assert counted == [("stop_reason", "future_reason")] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "Upstream sent an unknown stop reason, future_reason, which this version ignores; "
        "/metrics counts them."
    ]


def test_neither_the_log_nor_the_metrics_grow_without_bound() -> None:
    counted: list[str] = []
    parts = UnknownParts(lambda part, type: counted.append(type))
    for number in range(10 * MAX_TYPES):
        parts.add("event", f"event_{number}")
    parts.add("event", "sk-ant-api03 a secret, or a line\nbreak")
    assert len(set(counted)) == MAX_TYPES + 1
    assert counted[-1] == OTHER
