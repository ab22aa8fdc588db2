"""Merge, add up and convert token counts, which all come from upstream."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, cast

from bridge.wire.completion import CompletionUsage
from bridge.wire.messages import Usage

TokenCounts = tuple[int, int, int, int]
"""New input, cache writes, cache reads and output."""

_MOST_TOKENS = 1_000_000_000
"""More in one answer is a mistake, and sums of it would not fit the ledger's numbers."""


def merge_usage(earlier: Usage, later: Usage) -> Usage:
    """Merge two reports of one answer: the later one wins for each field it contains."""
    present = {name: value for name, value in later.items() if value is not None}
    return cast(Usage, {**earlier, **present})


def sum_usage(one: Usage, other: Usage) -> Usage:
    """Add the tokens of two requests; a value that is not a number is taken from `other`."""
    return cast(Usage, _add_counts(one, other))


def _add_counts(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _add_count(one.get(name), other.get(name)) for name in dict.fromkeys((*one, *other))
    }


def _add_count(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _add_counts(one, other)
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return one if other is None else other


def sum_completion_usage(usages: Iterable[CompletionUsage]) -> CompletionUsage:
    """Add the tokens of all choices; there must be at least one."""
    return cast(CompletionUsage, functools.reduce(_add_counts, cast(Iterable[Any], usages)))


def to_completion_usage(usage: Usage) -> CompletionUsage:
    """Convert to OpenAI's counts.

    OpenAI's prompt_tokens includes cached tokens; Claude's input_tokens leaves them out.
    """
    new, written, read, completion = list_counts(usage)
    prompt = new + written + read
    details = usage.get("output_tokens_details")
    thought = details.get("thinking_tokens") if isinstance(details, dict) else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "completion_tokens_details": {"reasoning_tokens": as_count(thought)},
    }


def list_counts(usage: Usage) -> TokenCounts:
    """List new input, cache writes, cache reads and output, as upstream counts them."""
    return (
        as_count(usage.get("input_tokens")),
        as_count(usage.get("cache_creation_input_tokens")),
        as_count(usage.get("cache_read_input_tokens")),
        as_count(usage.get("output_tokens")),
    )


def count_hour_writes(usage: Usage) -> int:
    """Return the part of the cache writes that is cached for an hour, which costs more."""
    written = usage.get("cache_creation")
    hour = written.get("ephemeral_1h_input_tokens") if isinstance(written, dict) else 0
    # Prices are multiplied with the rest, which must not be negative.
    return min(as_count(hour), as_count(usage.get("cache_creation_input_tokens")))


def as_count(value: object) -> int:
    """Return a number of tokens as upstream reports it; 0 for what is no such number."""
    # `isinstance` would accept booleans.
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else 0
