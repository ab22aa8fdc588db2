"""Anthropic's rate limits in OpenAI's words."""

from __future__ import annotations

import pytest

from bridge.translate.upstream_headers import convert_rate_limits, format_duration


def test_values_that_are_no_numbers_and_no_times_are_left_out() -> None:
    limits = {
        "anthropic-ratelimit-requests-limit": " 50 ",
        "anthropic-ratelimit-requests-remaining": "-1",
        "anthropic-ratelimit-requests-reset": "soon",
        "anthropic-ratelimit-tokens-limit": "1e9",
        "anthropic-ratelimit-tokens-reset": "1970-01-01T00:01:01.2Z",
    }
    assert convert_rate_limits(limits, 0) == {
        "x-ratelimit-limit-requests": "50",
        "x-ratelimit-reset-tokens": "1m2s",
    }


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (1, "1s"), (60, "1m0s"), (360, "6m0s"), (3605, "1h0m5s")]
)
def test_durations_are_written_as_openai_does(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text
