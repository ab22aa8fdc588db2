"""On Windows, texts and keys become the right input events."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import pytest

from bridge.computer import keys
from bridge.computer.desktop import Window, WindowId
from bridge.computer.native.windows.input import (
    EXTENDED,
    UNICODE,
    UP,
    WHEEL,
    WHEEL_SIDEWAYS,
    KeyEvent,
    WindowsInput,
    build_key_events,
    build_text_events,
)
from bridge.computer.native.windows.system import InputRecord, make_keyboard_input
from bridge.errors import DesktopUnavailable, InvalidRequest
from tests.computer.native.test_input import FakeMouse

SHIFT, CONTROL, ALT = KeyEvent(0x10), KeyEvent(0x11), KeyEvent(0x12)


class FakeSystem:
    """A German keyboard with a few keys; it accepts at most `limit` events."""

    def __init__(self, limit: int = 10_000) -> None:
        self.sent: list[KeyEvent] = []
        self.turned: list[tuple[int, int]] = []
        self.activated: list[WindowId] = []
        self._limit = limit

    def send_keys(self, events: Sequence[KeyEvent]) -> int:
        self.sent += events[: self._limit]
        return min(len(events), self._limit)

    def turn_wheel(self, kind: int, delta: int) -> None:
        self.turned.append((kind, delta))

    def find_key(self, character: str) -> int:
        return {"a": 0x41, "A": 0x141, "@": 0x651}.get(character, -1)

    def list_windows(self) -> Sequence[Window]:
        return ()

    def activate_window(self, window: WindowId) -> None:
        self.activated.append(window)

    def find_focused(self) -> WindowId | None:
        return None

    def find_pointed(self) -> WindowId | None:
        return None


def unit(number: int) -> list[KeyEvent]:
    return [KeyEvent(0, number, UNICODE), KeyEvent(0, number, UNICODE | UP)]


def test_each_utf16_unit_is_pressed_and_released() -> None:
    assert build_text_events("é") == unit(0xE9)
    assert build_text_events("😀") == unit(0xD83D) + unit(0xDE00)


def test_tabs_and_new_lines_are_keys() -> None:
    assert build_text_events("\n\t") == [
        *(KeyEvent(0x0D), KeyEvent(0x0D, flags=UP)),
        *(KeyEvent(0x09), KeyEvent(0x09, flags=UP)),
    ]


def test_a_character_is_pressed_with_its_modifiers() -> None:
    system = FakeSystem()
    assert build_key_events("a", system) == [KeyEvent(0x41)]
    assert build_key_events("A", system) == [SHIFT, KeyEvent(0x41)]
    assert build_key_events("at", system) == [CONTROL, ALT, KeyEvent(0x51)]


def test_a_character_without_a_key_is_sent_as_unicode() -> None:
    assert build_key_events("世", FakeSystem()) == [KeyEvent(0, 0x4E16, UNICODE)]
    assert len(build_key_events("😀", FakeSystem())) == 2


def test_keys_are_released_once_and_in_reverse() -> None:
    system = FakeSystem()
    input_device = WindowsInput(system, FakeMouse())
    for _ in range(2):
        input_device.press_key("A")
    for _ in range(2):
        input_device.release_key("A")
    up = [KeyEvent(0x41, flags=UP), KeyEvent(0x10, flags=UP)]
    assert system.sent == [SHIFT, KeyEvent(0x41), *up]


def test_closing_releases_held_keys() -> None:
    system = FakeSystem()
    input_device = WindowsInput(system, FakeMouse())
    input_device.press_key("Super_L")
    input_device.close()
    assert system.sent == [KeyEvent(0x5B, flags=EXTENDED), KeyEvent(0x5B, flags=EXTENDED | UP)]


def test_the_wheel_turns_by_whole_notches_in_all_directions() -> None:
    system = FakeSystem()
    input_device = WindowsInput(system, FakeMouse())
    input_device.scroll("down", 2)
    input_device.scroll("right", 1)
    assert system.turned == [(WHEEL, -120), (WHEEL, -120), (WHEEL_SIDEWAYS, 120)]


def test_blocked_input_is_an_error() -> None:
    input_device = WindowsInput(FakeSystem(limit=1), FakeMouse())
    with pytest.raises(DesktopUnavailable, match="administrator"):
        input_device.type("ab", lambda: None)


def test_a_stop_takes_effect_between_pieces_of_a_text() -> None:
    system = FakeSystem()
    checks = iter(range(3))
    with pytest.raises(StopIteration):
        WindowsInput(system, FakeMouse()).type("x" * 100, lambda: print(next(checks)))
    assert len(system.sent) == 2 * 16


@pytest.mark.parametrize("name", sorted(set(keys._NAMED.values())))
def test_every_known_key_has_an_event(name: str) -> None:
    (event,) = build_key_events(name, FakeSystem())[-1:]
    assert event.key or event.flags & UNICODE


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no key `Nonsense`"):
        build_key_events("Nonsense", FakeSystem())


def test_the_structure_has_the_size_that_windows_expects() -> None:
    """With another size SendInput does nothing. A LONG has 32 bits on Windows, 64 here."""
    assert ctypes.sizeof(InputRecord) >= 40
    made = make_keyboard_input(KeyEvent(0, 0xE9, UNICODE | UP), 0xE9)
    assert (made.type, made.of.keyboard.scan, made.of.keyboard.flags) == (1, 0xE9, 6)
