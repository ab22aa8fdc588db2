"""Sizes of pictures: the ones Anthropic publishes, and properties of all others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.screen.geometry import Size
from bridge.computer.screen.sizes import HIGH, OLDER, Tier, count_tokens, enlarge, fit, select_tier
from bridge.models.rules import LARGE, SMALL

SIDES = st.integers(1, 9000)
SIZES = st.builds(Size, SIDES, SIDES)
TIERS = st.sampled_from(
    [OLDER, HIGH, OLDER.reduce_for_many_images(), HIGH.reduce_for_many_images()]
) | st.builds(Tier, st.integers(1, 4000), st.integers(500, 6000))


@pytest.mark.parametrize(
    ("screen", "tier", "shown"),
    [
        ((1920, 1080), OLDER, (1456, 819)),
        ((1280, 720), OLDER, (1280, 720)),
        ((1092, 1092), OLDER, (1092, 1092)),
        ((1920, 1080), HIGH, (1920, 1080)),
        ((2560, 1440), HIGH, (2560, 1440)),
        ((3840, 2160), HIGH, (2576, 1449)),
        ((2160, 3840), HIGH, (1449, 2576)),
        ((3840, 2160), HIGH.reduce_for_many_images(), (2000, 1125)),
        ((1920, 1080), OLDER.reduce_for_many_images(), (1456, 819)),
        ((9000, 1), HIGH, (2576, 1)),
    ],
)
def test_published_sizes(screen: tuple[int, int], tier: Tier, shown: tuple[int, int]) -> None:
    assert fit(Size(*screen), *tier) == shown


def test_a_limit_of_total_pixels_is_respected() -> None:
    shown = fit(Size(1920, 1080), *OLDER, SMALL.pixels)
    assert shown == (1430, 804)
    assert shown.width * shown.height <= SMALL.pixels


def test_a_small_region_is_enlarged_to_the_budget() -> None:
    assert enlarge(Size(160, 90), *OLDER) == (1456, 819)
    assert enlarge(Size(10, 10), *HIGH) == (1932, 1932)


def test_the_tier_of_a_model_follows_its_largest_image() -> None:
    assert select_tier(SMALL) == OLDER
    assert select_tier(LARGE) == HIGH
    assert select_tier(LARGE._replace(edge=2000)) == HIGH.reduce_for_many_images()


@given(SIZES, TIERS)
def test_every_fitted_size_is_within_its_limits_and_keeps_its_shape(size: Size, tier: Tier) -> None:
    fitted = fit(size, *tier)
    assert fitted.width <= size.width
    assert fitted.height <= size.height
    assert_within_limits(fitted, tier)
    assert_same_shape(fitted, size)


@given(SIZES, TIERS)
def test_nothing_larger_would_fit(size: Size, tier: Tier) -> None:
    fitted = fit(size, *tier)
    wide = size.width >= size.height
    long, of = (fitted.width, size.width) if wide else (fitted.height, size.height)
    if long == of:
        return
    short = min(size) * (long + 1) / of
    # Half a pixel decides which way the short edge is rounded.
    other = max(1, int(short + 0.5))
    larger = Size(long + 1, other) if wide else Size(other, long + 1)
    assert long + 1 > tier.edge or count_tokens(larger) > tier.tokens


@given(SIZES, TIERS)
def test_a_size_that_fits_is_unchanged(size: Size, tier: Tier) -> None:
    fitted = fit(size, *tier)
    assert fit(fitted, *tier) == fitted
    if max(size) <= tier.edge and count_tokens(size) <= tier.tokens:
        assert fitted == size


@given(SIZES, TIERS)
def test_enlarging_is_never_smaller_than_fitting(size: Size, tier: Tier) -> None:
    large, fitted = enlarge(size, *tier), fit(size, *tier)
    assert large.width >= fitted.width
    assert large.height >= fitted.height
    assert_within_limits(large, tier)
    assert_same_shape(large, size)


def assert_within_limits(size: Size, tier: Tier) -> None:
    assert min(size) >= 1
    assert max(size) <= tier.edge
    assert count_tokens(size) <= tier.tokens


def assert_same_shape(size: Size, given: Size) -> None:
    """Compare shapes within the rounding of the short edge, which is at least a pixel."""
    exact = min(given) * max(size) / max(given)
    assert abs(min(size) - max(1.0, exact)) <= 0.5
