"""Pixels of a picture and points of the desktop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.screen.geometry import Point, Rect, Size, View, interpolate
from bridge.errors import InvalidRequest

SIDES = st.integers(1, 5000)
PLACES = st.integers(-5000, 5000)
AREAS = st.builds(Rect, PLACES, PLACES, SIDES, SIDES)
VIEWS = st.builds(View, AREAS, st.builds(Size, SIDES, SIDES))
POINTS = st.builds(Point, PLACES, PLACES)


@given(VIEWS, st.data())
def test_every_pixel_maps_to_a_point_inside(view: View, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, view.picture.width - 1))
    y = data.draw(st.integers(0, view.picture.height - 1))
    assert view.to_desktop(x, y) in view.area


@given(VIEWS, PLACES, PLACES)
def test_a_pixel_outside_of_the_picture_is_refused(view: View, x: int, y: int) -> None:
    if 0 <= x < view.picture.width and 0 <= y < view.picture.height:
        assert view.to_desktop(x, y) in view.area
        return
    with pytest.raises(InvalidRequest, match="outside of the picture") as caught:
        view.to_desktop(x, y)
    assert f"({x}, {y})" in caught.value.message


@given(AREAS, st.integers(1, 8), st.data())
def test_pixels_of_a_reduced_picture_survive_a_round_trip(
    area: Rect, factor: int, data: st.DataObject
) -> None:
    small = Size(-(-area.width // factor), -(-area.height // factor))
    view = View(area, small)
    x = data.draw(st.integers(0, small.width - 1))
    y = data.draw(st.integers(0, small.height - 1))
    back_x, back_y = view.to_picture(view.to_desktop(x, y))
    assert abs(back_x - x) <= 1
    assert abs(back_y - y) <= 1


def test_pixels_of_a_picture_of_the_same_size_are_points() -> None:
    view = View(Rect(-1920, 0, 1920, 1080), Size(1920, 1080))
    assert view.to_desktop(0, 0) == (-1920, 0)
    assert view.to_desktop(1919, 1079) == (-1, 1079)
    assert view.to_picture(Point(-1920, 5)) == (0, 5)


def test_a_screen_with_two_pixels_per_point() -> None:
    view = View(Rect(0, 0, 1440, 900), Size(2880, 1800))
    assert view.to_desktop(2879, 1799) == (1439, 899)
    assert view.to_desktop(100, 101) == (50, 50)


@given(VIEWS, st.data())
def test_a_region_of_the_picture_is_inside_the_area(view: View, data: st.DataObject) -> None:
    width, height = view.picture
    x0, x1 = data.draw(st.tuples(*[st.integers(0, width)] * 2).filter(lambda x: x[0] != x[1]))
    y0, y1 = data.draw(st.tuples(*[st.integers(0, height)] * 2).filter(lambda y: y[0] != y[1]))
    view.check_region((x0, y0, x1, y1))
    area = view.crop(x0, y0, x1, y1)
    assert area.intersect(view.area) == area


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 11, 5), (0, 6, 5, 0), (20, 20, 30, 30)])
def test_a_region_beyond_the_picture_is_refused(region: tuple[int, int, int, int]) -> None:
    view = View(Rect(0, 0, 100, 50), Size(10, 5))
    view.check_region((10, 5, 0, 0))
    with pytest.raises(InvalidRequest, match="outside of the picture"):
        view.check_region(region)


def test_a_crop_is_the_area_under_the_region() -> None:
    view = View(Rect(100, 0, 1000, 500), Size(500, 250))
    assert view.crop(0, 0, 50, 25) == Rect(101, 1, 99, 49)
    assert view.crop(50, 25, 0, 0) == view.crop(0, 0, 50, 25)


@given(POINTS, POINTS, st.integers(1, 300))
def test_interpolation_ends_at_the_end_in_short_steps(
    start: Point, end: Point, longest: int
) -> None:
    way = interpolate(start, end, longest)
    assert way[-1] == end
    for one, other in zip([start, *way], way, strict=False):
        assert max(abs(other.x - one.x), abs(other.y - one.y)) <= longest + 1


@given(AREAS, AREAS)
def test_an_intersection_is_inside_both(one: Rect, other: Rect) -> None:
    both = one.intersect(other)
    assert both == other.intersect(one)
    if both is not None:
        for area in (one, other):
            assert Point(both.left, both.top) in area
            assert Point(both.right - 1, both.bottom - 1) in area
