"""Keys are pressed by their names, held, and always let go."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from Xlib import X
from Xlib.ext.xtest import fake_input

from bridge.computer import keys
from bridge.computer.native.x11.keyboard import X11Hands
from bridge.computer.native.x11.layout import LOCK, SHIFT, keysym_named
from bridge.errors import InvalidRequest
from tests.computer.native.listener import listener
from tests.computer.native.programs.start import Program, eventually, tk_window
from tests.computer.native.texts import LONG
from tests.computer.native.x11.test_text import never, typed

pytestmark = pytest.mark.end_to_end


class Stop(Exception):
    """The person has said stop."""


def press(hands: X11Hands, chord: str) -> None:
    """As the executor does it."""
    (named,) = keys.chords(chord)
    for one in named:
        hands.key_down(one)
    for one in reversed(named):
        hands.key_up(one)


@pytest.fixture
def window(hands: X11Hands, layout: Callable[[str], None], tmp_path: Path) -> Iterator[Program]:
    """A Tk window that has the keyboard, the layout `us`."""
    with tk_window(tmp_path) as made:
        made.take_keyboard()
        yield made


def test_control_a_selects_all_and_a_letter_replaces_it(hands: X11Hands, window: Program) -> None:
    assert typed(hands, window, "all of this") == "all of this"
    press(hands, "ctrl+slash")  # Tk's for “select all”
    press(hands, "x")
    assert eventually(lambda: window.text() == "x")


def test_control_a_is_seen_with_control_held(hands: X11Hands, window: Program) -> None:
    press(hands, "ctrl+a")
    expected = [("Control_L", 0), ("a", 4)]

    def seen() -> list[tuple[str, int]]:
        downs = [one for one in window.events() if one["kind"] == "key_down"]
        return [(one["key"], one["state"] & 4) for one in downs]

    assert eventually(lambda: seen() == expected), seen()


@pytest.mark.parametrize("keyboard", ["us", "de", "fr", "us,ru"])
def test_characters_are_keys_on_every_layout(
    hands: X11Hands, window: Program, layout: Callable[[str], None], keyboard: str
) -> None:
    layout(keyboard)
    wanted = "aA1!@{|é€я世"
    for one in wanted:
        press(hands, one)
    assert eventually(lambda: window.text() == wanted), window.text()


def test_named_keys_do_what_they_are_named_for(hands: X11Hands, window: Program) -> None:
    hands.type("abc", never)
    for one in ("Home", "Delete", "End", "BackSpace", "Left", "Return", "Tab", "space"):
        press(hands, one)
    assert eventually(lambda: window.text() == "\n\t b"), window.text()


def test_a_held_key_stays_down_until_it_is_let_go(hands: X11Hands) -> None:
    with listener() as heard:
        hands.key_down("Shift_L")
        hands.key_down("Right")
        assert len(heard.keys_down()) == 2
        assert heard.modifiers() & SHIFT
        hands.key_up("Right")
        assert len(heard.keys_down()) == 1
        hands.key_up("Shift_L")
        assert heard.keys_down() == []
        assert not heard.modifiers() & SHIFT


def test_a_capital_lets_go_only_of_its_own_shift(hands: X11Hands) -> None:
    with listener() as heard:
        hands.key_down("Shift_L")
        hands.key_down("A")
        hands.key_up("A")
        assert heard.modifiers() & SHIFT
        hands.key_up("Shift_L")
        assert heard.keys_down() == []


def test_closing_lets_go_of_every_key(screen: str) -> None:
    with listener() as heard:
        hands = X11Hands({"DISPLAY": screen})
        for one in ("Control_L", "A", "世"):
            hands.key_down(one)
        assert len(heard.keys_down()) == 4
        hands.close()
        assert heard.keys_down() == []


def test_a_stop_in_a_long_text_leaves_no_key_down(hands: X11Hands, window: Program) -> None:
    checks = 0

    def stop() -> None:
        nonlocal checks
        checks += 1
        if checks > 10:
            raise Stop

    with listener() as heard:
        window.take_keyboard()
        with pytest.raises(Stop):
            hands.type("Ä!" + LONG, stop)
        assert heard.keys_down() == []
        assert heard.modifiers() == 0
    part = ("Ä!" + LONG)[:72]
    assert eventually(lambda: window.text() == part), window.text()


def test_the_mapping_is_as_before_once_closed(
    screen: str, window: Program, layout: Callable[[str], None]
) -> None:
    with listener() as heard:
        window.take_keyboard()
        before = heard.mapping()
        hands = X11Hands({"DISPLAY": screen})
        hands.type("é世" + LONG[:60], never)
        assert heard.mapping() != before
        hands.close()
        assert heard.mapping() == before


def test_a_key_that_is_down_keeps_its_meaning(hands: X11Hands, window: Program) -> None:
    with listener() as heard:
        window.take_keyboard()
        hands.key_down("世")
        (code,) = heard.keys_down()
        meaning = heard.mapping()[code - 8]
        hands.type(LONG[:50], never)
        assert heard.keys_down() == [code]
        assert heard.mapping()[code - 8] == meaning
        hands.key_up("世")
        assert heard.keys_down() == []
    assert eventually(lambda: window.text() == "世" + LONG[:50]), window.text()


def test_the_layout_may_change_between_two_texts(
    hands: X11Hands, window: Program, layout: Callable[[str], None]
) -> None:
    text = "zyx@{é世} äöü <ж>"
    for keyboard in ("us", "de", "fr", "us"):
        layout(keyboard)
        assert typed(hands, window, text) == text


def test_the_second_layout_of_two_may_be_in_use(
    hands: X11Hands, window: Program, layout: Callable[[str], None]
) -> None:
    subprocess.run(["setxkbmap", "us,ru", "-option", "grp:menu_toggle"], check=True)
    try:
        with listener() as heard:
            for kind in (X.KeyPress, X.KeyRelease):
                fake_input(heard.display, kind, 135)  # Menu
            heard.display.sync()
            assert heard.modifiers() >> 13 == 1
            window.take_keyboard()
            text = "hello, Привет, é世! <ы>"
            assert typed(hands, window, text) == text
            assert heard.modifiers() >> 13 == 1
    finally:
        subprocess.run(["setxkbmap", "-option", ""], check=True)


def test_caps_lock_neither_changes_a_text_nor_is_changed(hands: X11Hands, window: Program) -> None:
    press(hands, "Caps_Lock")
    with listener() as heard:
        window.take_keyboard()
        assert heard.modifiers() & LOCK
        text = "Straße ÉéÈè Жж aA1! 世"
        assert typed(hands, window, text) == text
        assert heard.modifiers() & LOCK
        press(hands, "Caps_Lock")
        assert not heard.modifiers() & LOCK


@pytest.mark.parametrize("name", sorted(set(keys._NAMED.values())))
def test_every_key_that_can_be_asked_for_is_known_to_x(name: str) -> None:
    assert keysym_named(name) > 0


def test_a_key_of_no_name_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="`Nonsense` is not the name of a key"):
        keysym_named("Nonsense")
