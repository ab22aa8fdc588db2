"""Medians over rounds, in each of which the targets were asked in turn.

What disturbs the machine for a moment meets all targets of that round. So each is compared with
the proxy of the same round first, and the median of these comparisons is what is said.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")
Measured = Mapping[str, Mapping[int, float]]
"""A value by target and round. A slow target takes part in some of the rounds only."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a target does of a line: `count` requests in every `stride`-th round."""

    count: int
    stride: int = 1

    def takes_part_in(self, turn: int) -> bool:
        return turn % self.stride == 0


def choose_share(count: int, at_once: int, each_seconds: float, most_seconds: float) -> Share:
    """Choose a share of at most `most_seconds` a round on average.

    A slow target sends fewer requests, but no fewer than `at_once`; if these still take too long,
    it leaves rounds out.
    """
    least = min(count, max(at_once, int(most_seconds / each_seconds)))
    return Share(least, max(1, math.ceil(least * each_seconds / most_seconds)))


def compare_rounds(
    measured: Measured, base: str, compare: Callable[[float, float], float]
) -> dict[str, float]:
    """Return the median over the rounds of each target's value compared with the base's."""
    least = measured[base]
    return {
        name: statistics.median(compare(value, least[turn]) for turn, value in values.items())
        for name, values in measured.items()
    }


def get_ratios(measured: Measured, base: str) -> dict[str, float]:
    return compare_rounds(measured, base, lambda value, least: value / least)


def get_differences(measured: Measured, base: str) -> dict[str, float]:
    return compare_rounds(measured, base, lambda value, least: value - least)


def subtract_base(measured: Measured, base: str) -> dict[str, dict[int, float]]:
    """Return how much more than the base each of the other targets has in each round."""
    least = measured[base]
    return {
        name: {turn: value - least[turn] for turn, value in values.items()}
        for name, values in measured.items()
        if name != base
    }


def get_medians(measured: Measured) -> dict[str, float]:
    return {name: statistics.median(values.values()) for name, values in measured.items()}


def get_p99(values: Sequence[float]) -> float:
    """Return the value that 1 % of the others are above. Raises ValueError if there is none."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def rotate(items: Sequence[_T], by: int) -> list[_T]:
    """Return the items in the order of one round, so that none always follows the same other."""
    start = by % len(items)
    return [*items[start:], *items[:start]]
