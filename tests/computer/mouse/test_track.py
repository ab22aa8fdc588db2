"""Claude's own moves are never taken for the user's, however late they arrive."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.computer.mouse.track import JITTER, PointerTrack, is_near
from bridge.computer.screen.geometry import Point

POINTS = st.builds(Point, st.integers(0, 2000), st.integers(0, 2000))


@given(start=POINTS, way=st.lists(POINTS, max_size=30), lag=st.integers(0, 40), data=st.data())
def test_a_desktop_that_is_behind_is_no_user(
    start: Point, way: list[Point], lag: int, data: st.DataObject
) -> None:
    """The pointer follows the moves in order, at any distance behind the last one."""
    track, at = PointerTrack(start), -1
    places = [start, *way]
    for number, place in enumerate(way):
        at = data.draw(st.integers(max(at, number - lag), number))
        track.add_move(place, places[at + 1])
        assert not track.was_moved_by_hand(places[at + 1])


@given(start=POINTS, end=POINTS)
def test_once_the_pointer_has_arrived_every_other_place_is_the_users(
    start: Point, end: Point
) -> None:
    assume(not is_near(start, end))
    track = PointerTrack(start)
    track.add_move(end, start)
    assert not track.was_moved_by_hand(start)
    assert not track.was_moved_by_hand(end)
    assert track.was_moved_by_hand(Point(end.x + JITTER + 1, end.y))


def test_a_place_beside_the_way_is_the_users() -> None:
    track = PointerTrack(Point(0, 0))
    for x in (20, 40, 60):
        track.add_move(Point(x, 0), Point(0, 0))
    assert track.was_moved_by_hand(Point(40, 50))
    assert not track.was_moved_by_hand(Point(40, JITTER))


def test_a_pointer_that_the_desktop_keeps_at_an_edge_is_no_user() -> None:
    track = PointerTrack(Point(50, 50))
    track.add_move(Point(500, 50), Point(99, 50))
    assert not track.was_moved_by_hand(Point(99, 50))


def test_waiting_ends_with_the_arrival() -> None:
    track, seen = PointerTrack(Point(0, 0)), [Point(0, 0), Point(0, 0), Point(90, 0)]
    slept: list[float] = []
    track.add_move(Point(90, 0), Point(0, 0))
    assert track.wait_for_arrival(lambda: seen.pop(0), slept.append) == Point(90, 0)
    assert len(slept) == 2


def test_waiting_ends_without_an_arrival() -> None:
    track, slept = PointerTrack(Point(0, 0)), list[float]()
    track.add_move(Point(90, 0), Point(30, 0))
    assert track.wait_for_arrival(lambda: Point(30, 0), slept.append) == Point(30, 0)
    assert 0.1 < sum(slept) < 1
