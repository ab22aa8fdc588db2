"""After an approval: the pointer and the windows are as the user left them for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.computer.approval.place import Place, read_place, return_to_place
from bridge.computer.desktop import Window, WindowId
from bridge.computer.executor import DesktopContext
from bridge.computer.performer import Performer
from bridge.computer.screen.geometry import Point, Rect
from tests.computer.fake_desktop import FakeDesktop

AREA = Rect(0, 0, 500, 500)


def make_window(number: int, title: str = "Document", *, active: bool = False) -> Window:
    return Window(title, "editor", AREA, active, WindowId(number, 7))


def make_context(*windows: Window) -> tuple[FakeDesktop, DesktopContext]:
    desktop = FakeDesktop()
    desktop.shown[:] = windows
    return desktop, DesktopContext(desktop, Performer(desktop), lambda: None)


def list_activated(desktop: FakeDesktop) -> list[str]:
    return [line[1] for line in desktop.done if line[0] == "activate"]


def test_nothing_is_done_if_the_user_only_clicked_in_the_tray() -> None:
    desktop, context = make_context(make_window(1, active=True), make_window(2))
    return_to_place(context, read_place(context), [make_window(2)])
    assert desktop.done == []


def test_the_approved_window_is_activated_again() -> None:
    """The dashboard's browser is in front; another window has the same title and program."""
    approved = make_window(1, active=True)
    desktop, context = make_context(approved)
    desktop.at = Point(30, 40)
    place = read_place(context)
    browser, imitation = make_window(2, "Claude OpenAI Bridge", active=True), make_window(3)
    desktop.shown[:] = [browser, imitation, make_window(1)]
    desktop.at = Point(800, 600)
    return_to_place(context, place, [approved])
    assert list_activated(desktop) == ["Document"]
    assert desktop.shown[0].id == approved.id
    assert desktop.read_pointer() == Point(30, 40)


def test_of_several_windows_the_first_action_s_is_on_top() -> None:
    desktop, context = make_context(make_window(9, "Browser", active=True))
    one, two = make_window(1, "One"), make_window(2, "Two")
    desktop.shown += [two, one]
    return_to_place(context, Place(one, Point(0, 0)), [one, two, one])
    assert list_activated(desktop) == ["Two", "One"]


def test_where_nothing_can_bring_it_to_the_front_the_user_has_time_for_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on GNOME with Wayland. The user needs the mouse for it."""
    approved = replace(make_window(1), is_placed=False)
    desktop, context = make_context(make_window(9, "Browser", active=True), approved)
    monkeypatch.setattr(desktop, "activate_window", lambda window: None)
    looks: list[int] = []

    def click_by_hand() -> None:
        looks.append(1)
        if len(looks) == 60:
            FakeDesktop.activate_window(desktop, approved)
            desktop.at = Point(700, 300)

    context = replace(context, check=click_by_hand)
    return_to_place(context, Place(approved, Point(30, 40)), [approved])
    assert desktop.shown[0].id == approved.id
    assert desktop.read_pointer() == Point(30, 40)


def test_a_window_that_was_closed_is_waited_for_briefly() -> None:
    desktop, context = make_context(make_window(9, "Browser", active=True))
    gone = make_window(1)
    return_to_place(context, Place(gone, Point(0, 0)), [gone])
    assert desktop.shown[0].title == "Browser"
