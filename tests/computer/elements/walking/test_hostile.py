"""Programs that tell anything: what comes of it is bounded, and nothing is raised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.computer.desktop import Elements, Window, WindowId
from bridge.computer.elements.base import (
    DIALOG_LENGTH,
    ROLES,
    TEXT_LENGTH,
    Dialog,
    Element,
    ElementList,
    State,
)
from bridge.computer.elements.walking import elements as walking
from bridge.computer.elements.walking import worker
from bridge.computer.elements.walking.node import Node, TimedOut, Unanswered
from bridge.computer.screen.geometry import Point, Rect
from bridge.errors import InvalidRequest
from tests.computer.elements.walking.fake_tree import (
    PROCESS,
    WINDOW,
    FakeSource,
    Thing,
    open_elements,
)
from tests.computer.elements.walking.programs import make_browser, make_notepad

OTHER = Window("Other", "other", Rect(0, 0, 800, 600), False, WindowId(8, PROCESS + 1))
ANYTHING = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.builds(lambda: "Delete " * 400_000),
    st.just("half \ud800 of a character"),
    st.binary(max_size=4),
    st.lists(st.floats(), max_size=5),
)
BOXES = st.one_of(
    ANYTHING,
    st.tuples(*(st.integers(-(2**40), 2**40) for _ in range(4))),
    st.tuples(*(st.integers(0, 800) for _ in range(4))),
    st.tuples(*(st.floats() for _ in range(4))),
)
THINGS: st.SearchStrategy[Thing] = st.recursive(
    st.builds(
        Thing,
        st.sampled_from(ROLES),
        ANYTHING,
        BOXES,
        states=st.sets(st.sampled_from(get_args(State))),
        description=ANYTHING,
        value=ANYTHING,
        address=ANYTHING,
        is_page=st.booleans(),
        is_form=st.booleans(),
        is_opaque=st.booleans(),
        clips=st.booleans(),
    ),
    lambda inner: st.builds(
        lambda thing, children: adopt(thing, children), inner, st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


def adopt(thing: Thing, children: Sequence[Thing]) -> Thing:
    thing.children = [*thing.children, *children]
    for child in children:
        child.parent = thing
    return thing


def use_all(elements: Elements, window: Window = WINDOW) -> list[Any]:
    """Do everything with a window; return the elements, and check that all are bounded."""
    found: list[Any] = [
        elements.element_at(Point(110, 125), window),
        elements.find_focused(window),
        elements.default_button(window),
    ]
    elements.password_areas([window])
    lists: list[Callable[[], ElementList]] = [
        lambda: elements.window_tree(window, 120),
        lambda: elements.find(window, None, "Delete"),
        lambda: elements.find(window, "button", None),
    ]
    for ask in lists:
        with suppress(InvalidRequest):
            for named in ask().elements[:3]:
                found.append(named.element)
                use(elements, named.id, window)
    for element in found:
        check(element)
    return found


def use(elements: Elements, id: str, window: Window) -> None:
    acts: list[Callable[[], object]] = [
        lambda: elements.look_up(id, [window]),
        lambda: elements.read_text(id),
        lambda: elements.set_value(id, "on"),
        lambda: elements.focus_element(id),
        lambda: elements.press(id),
    ]
    for act in acts:
        with suppress(InvalidRequest):
            act()


def check(element: Element | None) -> None:
    if element is None:
        return
    dialog = element.dialog or Dialog()
    texts = (element.name, element.description, element.address, element.text, dialog.title)
    assert max(map(len, texts)) <= TEXT_LENGTH
    assert len(dialog.text) <= DIALOG_LENGTH
    "".join((*texts, dialog.text)).encode()


@given(top=THINGS, native=st.booleans(), focus=st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_anything_makes_bounded_elements_or_none(top: Thing, native: bool, focus: int) -> None:
    source = FakeSource(top, native=native)
    everything = [top, *top.walk()]
    source.focus = everything[focus % len(everything)]
    with open_elements(source) as elements:
        use_all(elements)


@pytest.mark.parametrize("native", [False, True])
def test_a_tree_that_contains_itself_ends(native: bool) -> None:
    top = make_browser()
    page = top.children[1]
    loop = Thing("group", "Loop", (0, 60, 800, 540))
    # Both contain each other, and their parents go round.
    loop.children, loop.parent = [loop, page.children[0]], loop
    page.children = [loop, *page.children]
    source = FakeSource(make_notepad())
    source.top = top
    loop.native = False
    with open_elements(source) as elements:
        assert elements.find(WINDOW, None, "Pay").elements
        assert elements.element_at(Point(60, 20), WINDOW) is not None
        use_all(elements)


class Endless(Sequence[Thing]):
    """Many children, which are made when they are looked at."""

    def __init__(self, make: Callable[[], Thing], count: int) -> None:
        self._make, self._count, self.made = make, count, 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Thing]:
        for _ in range(self._count):
            self.made += 1
            yield self._make()

    def __getitem__(self, index: Any) -> Any:
        return self._make()


def test_of_100_000_children_only_some_are_asked_for() -> None:
    top = make_browser()
    many = Endless(lambda: Thing("button", "Item", (0, 60, 10, 10)), 100_000)
    source = FakeSource(top)
    top.children[1].children = many
    with open_elements(source) as elements:
        listed = elements.window_tree(WINDOW, 120)
        assert 0 < len(listed.elements) <= 120
        assert not listed.is_whole
        use_all(elements)
    assert many.made < 20_000


def test_endless_depth_is_not_followed() -> None:
    def make_deeper() -> Thing:
        inner = Thing("group", "Deeper", (0, 0, 800, 600))
        inner.children = Endless(make_deeper, 1)
        return inner

    source = FakeSource(make_notepad())
    source.top = make_deeper()
    with open_elements(source) as elements:
        listed = elements.find(WINDOW, None, "Save")
        assert not listed.elements
        assert not listed.is_whole


def test_an_object_that_dies_hides_no_other() -> None:
    def die() -> None:
        raise Unanswered("gone")

    top = make_browser()
    for name in ("Back", "Card number", "Cookies"):
        top.find(name).before = die
    with open_elements(FakeSource(top)) as elements:
        names = [each.element.name for each in elements.window_tree(WINDOW, 120).elements]
        assert "Pay" in names
        assert "Back" not in names
        assert elements.password_areas([WINDOW]) == [Rect(100, 160, 200, 20)]
        # What its form asks for is the more important the less is known of it.
        found = elements.element_at(Point(130, 330), WINDOW)
        assert found is not None
        assert "password" in found.form


def test_an_object_with_a_bug_is_unknown() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    top = make_browser()
    top.find("Back").before = fail
    with open_elements(FakeSource(top)) as elements:
        assert elements.element_at(Point(10, 10), WINDOW) is None
        assert elements.element_at(Point(60, 20), WINDOW) is not None


def test_a_program_that_hangs_is_left_alone_and_others_are_known() -> None:
    release, calls = threading.Event(), 0

    def hang() -> None:
        nonlocal calls
        calls += 1
        release.wait(30)

    top = make_browser()
    source = FakeSource(top)
    with open_elements(source) as elements:
        assert elements.password_areas([WINDOW])
        known = elements.find(WINDOW, None, "Back").elements[0].id
        top.find("Back").before = hang
        assert elements.element_at(Point(10, 10), WINDOW) is None
        assert calls == 1
        release.set()
        for _ in range(3):
            assert elements.element_at(Point(60, 20), WINDOW) is None, "left alone"
        assert elements.password_areas([WINDOW]) == [Rect(100, 160, 200, 20)], "as last known"
        with pytest.raises(InvalidRequest, match="did not answer within"):
            elements.press(known)
        assert calls == 1
        for each in (top, *top.walk()):
            each.change(process=OTHER.id.process)
        assert elements.element_at(Point(60, 20), OTHER) is not None


def test_a_call_that_never_returns_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "STUCK_SECONDS", 0.0)
    release = threading.Event()
    top = make_browser()
    with open_elements(FakeSource(top)) as elements:
        top.find("Back").before = lambda: release.wait(30)
        assert elements.element_at(Point(10, 10), WINDOW) is None
        top.find("Address").change(process=OTHER.id.process)
        top.change(process=OTHER.id.process)
        assert elements.element_at(Point(60, 20), OTHER) is not None
        release.set()


def test_a_press_without_an_answer_is_not_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "NAMED_SECONDS", 0.1)
    release = threading.Event()
    top = make_browser()
    back = top.find("Back")
    with open_elements(FakeSource(top)) as elements:
        (back_id, pay_id) = (elements.find(WINDOW, None, n).elements[0].id for n in ("Back", "Pay"))

        def hang_when_pressed() -> bool:
            back.done.append(("press",))
            release.wait(30)
            return True

        back.press = hang_when_pressed  # type: ignore[method-assign]
        assert elements.press(back_id) == "unconfirmed"
        assert back.done == [("press",)]
        release.set()
        with pytest.raises(InvalidRequest, match="did not answer"):
            elements.press(pay_id)


def test_a_program_that_is_silent_after_a_press() -> None:
    top = make_browser()
    back = top.find("Back")
    with open_elements(FakeSource(top)) as elements:
        id = elements.find(WINDOW, None, "Back").elements[0].id

        def press() -> bool:
            def hang() -> None:
                raise TimedOut("no answer")

            back.before = hang
            return True

        back.press = press  # type: ignore[method-assign]
        assert elements.press(id) == "silent"


def test_a_window_that_is_too_large_to_search_is_not_searched_again() -> None:
    searches = 0

    class Large(Thing):
        def find_below(self, *args: Any, **more: Any) -> Sequence[Node] | None:
            nonlocal searches
            searches += 1
            raise TimedOut("too large")

    top = make_browser()
    large = Large("window", "Log in – Browser", (0, 0, 800, 600), *top.children)
    with open_elements(FakeSource(large)) as elements:
        for _ in range(3):
            assert elements.password_areas([WINDOW]) == []
        assert searches == 1
        assert elements.element_at(Point(10, 10), WINDOW) is not None, (
            "other questions are answered"
        )


def test_a_platform_that_does_not_open_offers_nothing() -> None:
    source = FakeSource(make_browser())

    def fail() -> None:
        raise OSError("no such library")

    source.opening = fail
    with open_elements(source) as elements:
        assert elements.element_at(Point(10, 10), WINDOW) is None
        assert elements.find_focused(WINDOW) is None
        assert elements.default_button(WINDOW) is None
        assert elements.password_areas([WINDOW]) == []
        with pytest.raises(InvalidRequest, match="not offered here"):
            elements.window_tree(WINDOW, 120)
        with pytest.raises(InvalidRequest, match="not offered here"):
            elements.find(WINDOW, None, "OK")


def test_opening_that_takes_long_leaves_everything_unknown_until_then() -> None:
    release = threading.Event()
    source = FakeSource(make_browser())
    source.opening = lambda: release.wait(30)
    with open_elements(source) as elements:
        assert elements.element_at(Point(10, 10), WINDOW) is None
        release.set()
        assert elements.window_tree(WINDOW, 120).elements, "the program was not to blame"
