"""Rounds are compared one by one, so that a busy moment changes no ratio."""

from __future__ import annotations

import pytest

from tests.benchmarks.wire.rounds import (
    Share,
    choose_share,
    get_differences,
    get_medians,
    get_p99,
    get_ratios,
    rotate,
    subtract_base,
)

BUSY = {"proxy": {0: 1.0, 1: 1.0, 2: 10.0}, "chat": {0: 2.0, 1: 2.0, 2: 20.0}}
"""In the last round, the machine was busy: everything took ten times as long."""


def test_a_busy_round_changes_no_ratio() -> None:
    assert get_ratios(BUSY, "proxy") == {"proxy": 1.0, "chat": 2.0}


def test_it_is_the_median_of_the_ratios_and_not_the_ratio_of_the_medians() -> None:
    measured = {"proxy": {0: 1.0, 1: 4.0, 2: 5.0}, "chat": {0: 3.0, 1: 4.0, 2: 20.0}}

    assert get_ratios(measured, "proxy")["chat"] == 3.0
    assert get_medians(measured)["chat"] / get_medians(measured)["proxy"] == 1.0


def test_a_slow_target_is_compared_in_the_rounds_that_it_took_part_in() -> None:
    measured = {**BUSY, "slow": {2: 30.0}}

    assert get_ratios(measured, "proxy")["slow"] == 3.0
    assert get_differences(measured, "proxy")["slow"] == 20.0


def test_what_upstream_itself_takes_is_subtracted_in_each_round() -> None:
    measured = {"direct": {0: 1.0, 1: 5.0}, "proxy": {0: 1.5, 1: 6.0}, "slow": {1: 9.0}}

    added = subtract_base(measured, "direct")

    assert added == {"proxy": {0: 0.5, 1: 1.0}, "slow": {1: 4.0}}


@pytest.mark.parametrize(
    ("each", "share"),
    [
        pytest.param(0.001, Share(320), id="all of them"),
        pytest.param(0.01, Share(100), id="as many as there is time for"),
        pytest.param(0.1, Share(32, stride=4), id="no fewer than at a time, in some rounds"),
    ],
)
def test_a_slow_target_has_a_smaller_share(each: float, share: Share) -> None:
    assert choose_share(320, 32, each, most_seconds=1.0) == share


def test_a_share_with_a_stride_takes_part_in_the_first_round() -> None:
    assert [turn for turn in range(7) if Share(1, stride=3).takes_part_in(turn)] == [0, 3, 6]


def test_the_p99_has_one_percent_above_it() -> None:
    assert get_p99(list(range(1000))) == 990
    assert get_p99([7.0]) == 7.0
    with pytest.raises(ValueError, match="no values"):
        get_p99([])


def test_each_round_begins_with_another_target() -> None:
    assert [rotate("abc", by) for by in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]
