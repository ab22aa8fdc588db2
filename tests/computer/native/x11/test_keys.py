"""Keys are pressed by name, held, and always released."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from Xlib import X
from Xlib.ext.xtest import fake_input

from bridge.computer import keys
from bridge.computer.native.x11.input import X11Input
from bridge.computer.native.x11.layout import LOCK, SHIFT, find_keysym
from bridge.errors import InvalidRequest
from tests.computer.native.listener import open_listener
from tests.computer.native.programs.start import Program, eventually, tk_window
from tests.computer.native.texts import LONG
from tests.computer.native.x11.test_text import never, type_text

pytestmark = pytest.mark.end_to_end


class Stop(Exception):
    """A stop by the user."""


def press(input_device: X11Input, chord: str) -> None:
    """Press and release keys as the executor does."""
    (named,) = keys.parse_chords(chord)
    for one in named:
        input_device.press_key(one)
    for one in reversed(named):
        input_device.release_key(one)


@pytest.fixture
def window(
    input_device: X11Input, layout: Callable[[str], None], tmp_path: Path
) -> Iterator[Program]:
    """A Tk window that has the focus, with the layout `us`."""
    with tk_window(tmp_path) as made:
        made.take_focus()
        yield made


def test_control_a_selects_all_and_a_letter_replaces_it(
    input_device: X11Input, window: Program
) -> None:
    assert type_text(input_device, window, "all of this") == "all of this"
    press(input_device, "ctrl+slash")  # Tk's for “select all”
    press(input_device, "x")
    assert eventually(lambda: window.text() == "x")


def test_a_program_sees_control_held(input_device: X11Input, window: Program) -> None:
    press(input_device, "ctrl+a")
    expected = [("Control_L", 0), ("a", 4)]

    def seen() -> list[tuple[str, int]]:
        downs = [one for one in window.events() if one["kind"] == "key_down"]
        return [(one["key"], one["state"] & 4) for one in downs]

    assert eventually(lambda: seen() == expected), seen()


@pytest.mark.parametrize("keyboard", ["us", "de", "fr", "us,ru"])
def test_characters_can_be_pressed_on_every_layout(
    input_device: X11Input, window: Program, layout: Callable[[str], None], keyboard: str
) -> None:
    layout(keyboard)
    wanted = "aA1!@{|é€я世"
    for one in wanted:
        press(input_device, one)
    assert eventually(lambda: window.text() == wanted), window.text()


def test_named_keys_have_their_usual_effect(input_device: X11Input, window: Program) -> None:
    input_device.type("abc", never)
    for one in ("Home", "Delete", "End", "BackSpace", "Left", "Return", "Tab", "space"):
        press(input_device, one)
    assert eventually(lambda: window.text() == "\n\t b"), window.text()


def test_a_held_key_stays_down_until_it_is_released(input_device: X11Input) -> None:
    with open_listener() as listener:
        input_device.press_key("Shift_L")
        input_device.press_key("Right")
        assert len(listener.list_keys_down()) == 2
        assert listener.read_modifiers() & SHIFT
        input_device.release_key("Right")
        assert len(listener.list_keys_down()) == 1
        input_device.release_key("Shift_L")
        assert listener.list_keys_down() == []
        assert not listener.read_modifiers() & SHIFT


def test_a_capital_releases_only_its_own_shift(input_device: X11Input) -> None:
    with open_listener() as listener:
        input_device.press_key("Shift_L")
        input_device.press_key("A")
        input_device.release_key("A")
        assert listener.read_modifiers() & SHIFT
        input_device.release_key("Shift_L")
        assert listener.list_keys_down() == []


def test_closing_releases_every_key(screen: str) -> None:
    with open_listener() as listener:
        input_device = X11Input({"DISPLAY": screen})
        for one in ("Control_L", "A", "世"):
            input_device.press_key(one)
        assert len(listener.list_keys_down()) == 4
        input_device.close()
        assert listener.list_keys_down() == []


def test_a_stop_in_a_long_text_leaves_no_key_down(input_device: X11Input, window: Program) -> None:
    checks = 0

    def stop() -> None:
        nonlocal checks
        checks += 1
        if checks > 10:
            raise Stop

    with open_listener() as listener:
        window.take_focus()
        with pytest.raises(Stop):
            input_device.type("Ä!" + LONG, stop)
        assert listener.list_keys_down() == []
        assert listener.read_modifiers() == 0
    part = ("Ä!" + LONG)[:72]
    assert eventually(lambda: window.text() == part), window.text()


def test_closing_restores_the_mapping(
    screen: str, window: Program, layout: Callable[[str], None]
) -> None:
    with open_listener() as listener:
        window.take_focus()
        before = listener.read_mapping()
        input_device = X11Input({"DISPLAY": screen})
        input_device.type("é世" + LONG[:60], never)
        assert listener.read_mapping() != before
        input_device.close()
        assert listener.read_mapping() == before


def test_a_key_that_is_down_keeps_its_meaning(input_device: X11Input, window: Program) -> None:
    with open_listener() as listener:
        window.take_focus()
        input_device.press_key("世")
        (code,) = listener.list_keys_down()
        meaning = listener.read_mapping()[code - 8]
        input_device.type(LONG[:50], never)
        assert listener.list_keys_down() == [code]
        assert listener.read_mapping()[code - 8] == meaning
        input_device.release_key("世")
        assert listener.list_keys_down() == []
    assert eventually(lambda: window.text() == "世" + LONG[:50]), window.text()


def test_the_layout_may_change_between_two_texts(
    input_device: X11Input, window: Program, layout: Callable[[str], None]
) -> None:
    text = "zyx@{é世} äöü <ж>"
    for keyboard in ("us", "de", "fr", "us"):
        layout(keyboard)
        assert type_text(input_device, window, text) == text


def test_the_second_layout_of_two_may_be_in_use(
    input_device: X11Input, window: Program, layout: Callable[[str], None]
) -> None:
    subprocess.run(["setxkbmap", "us,ru", "-option", "grp:menu_toggle"], check=True)
    try:
        with open_listener() as listener:
            for kind in (X.KeyPress, X.KeyRelease):
                fake_input(listener.display, kind, 135)  # Menu
            listener.display.sync()
            assert listener.read_modifiers() >> 13 == 1
            window.take_focus()
            text = "hello, Привет, é世! <ы>"
            assert type_text(input_device, window, text) == text
            assert listener.read_modifiers() >> 13 == 1
    finally:
        subprocess.run(["setxkbmap", "-option", ""], check=True)


def test_caps_lock_does_not_change_a_text_and_stays_on(
    input_device: X11Input, window: Program
) -> None:
    press(input_device, "Caps_Lock")
    with open_listener() as listener:
        window.take_focus()
        assert listener.read_modifiers() & LOCK
        text = "Straße ÉéÈè Жж aA1! 世"
        assert type_text(input_device, window, text) == text
        assert listener.read_modifiers() & LOCK
        press(input_device, "Caps_Lock")
        assert not listener.read_modifiers() & LOCK


@pytest.mark.parametrize("name", sorted(set(keys._NAMED.values())))
def test_every_known_key_exists_in_x(name: str) -> None:
    assert find_keysym(name) > 0


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="`Nonsense` is not a known key"):
        find_keysym("Nonsense")
