"""Input on Windows: keys and exact text by SendInput."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.computer.desktop import Check, Direction, Window, WindowId
from bridge.computer.keys import SYMBOLS
from bridge.computer.native.input import Input, parse_key_codes, split_text
from bridge.errors import DesktopUnavailable, InvalidRequest

EXTENDED, UP, UNICODE = 0x1, 0x2, 0x4
WHEEL, WHEEL_SIDEWAYS = 0x0800, 0x1000
NOTCH = 120
"""Windows' unit for one notch of a wheel (WHEEL_DELTA)."""

_SHIFT, _CONTROL, _ALT = 0x10, 0x11, 0x12
_KEYS: Mapping[str, int] = parse_key_codes("""
    BackSpace 08  Tab 09  Return 0D  KP_Enter 0D  Escape 1B  space 20  Pause 13  Print 2C
    Menu 5D  Page_Up 21  Page_Down 22  End 23  Home 24  Left 25  Up 26  Right 27  Down 28
    Insert 2D  Delete 2E  Super_L 5B  Super_R 5C  Shift_L A0  Shift_R A1  Control_L A2
    Control_R A3  Alt_L A4  Alt_R A5  ISO_Level3_Shift A5  Caps_Lock 14  Num_Lock 90
    Scroll_Lock 91  F1 70  F2 71  F3 72  F4 73  F5 74  F6 75  F7 76  F8 77  F9 78  F10 79
    F11 7A  F12 7B  F13 7C  F14 7D  F15 7E  F16 7F  F17 80  F18 81  F19 82  F20 83  F21 84
    F22 85  F23 86  F24 87  KP_0 60  KP_1 61  KP_2 62  KP_3 63  KP_4 64  KP_5 65  KP_6 66
    KP_7 67  KP_8 68  KP_9 69  KP_Multiply 6A  KP_Add 6B  KP_Subtract 6D  KP_Decimal 6E
    KP_Divide 6F  XF86AudioMute AD  XF86AudioLowerVolume AE  XF86AudioRaiseVolume AF
    XF86AudioNext B0  XF86AudioPrev B1  XF86AudioPlay B3
""")
"""Virtual keys. https://learn.microsoft.com/windows/win32/inputdev/virtual-key-codes"""
_EXTENDED_KEYS = frozenset(
    {"KP_Enter", "KP_Divide", "Print", "Menu", "Num_Lock", "Insert", "Delete", "Home", "End"}
    | {"Page_Up", "Page_Down", "Left", "Up", "Right", "Down", "Super_L", "Super_R"}
    | {"Control_R", "Alt_R", "ISO_Level3_Shift"}
)
_CONTROLS = {"\n": "Return", "\t": "Tab", "\b": "BackSpace", "\x1b": "Escape"}


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One key event: a virtual key, or with the flag UNICODE a UTF-16 unit in `scan`."""

    key: int
    scan: int = 0
    flags: int = 0


class System(Protocol):
    """The functions of Windows that `WindowsInput` uses."""

    def send_keys(self, events: Sequence[KeyEvent]) -> int:
        """Send events; return how many Windows accepted."""
        ...

    def turn_wheel(self, kind: int, delta: int) -> None: ...

    def find_key(self, character: str) -> int:
        """Return VkKeyScanW: modifiers (high byte) and virtual key; -1 for none."""
        ...

    def list_windows(self) -> Sequence[Window]: ...

    def activate_window(self, window: WindowId) -> None: ...

    def find_focused(self) -> WindowId | None: ...

    def find_pointed(self) -> WindowId | None: ...


class WindowsInput(Input):
    """Input on Windows. Raises DesktopUnavailable when Windows blocks the keys."""

    def __init__(self, system: System, mouse: Any = None) -> None:
        super().__init__(mouse)
        self._system = system
        self._held: dict[str, list[KeyEvent]] = {}

    def scroll(self, direction: Direction, clicks: int) -> None:
        # pyautogui counts in 120ths of a notch on Windows, and scrolls sideways wheels upwards.
        kind = WHEEL if direction in ("up", "down") else WHEEL_SIDEWAYS
        for _ in range(clicks):
            self._system.turn_wheel(kind, NOTCH if direction in ("up", "right") else -NOTCH)

    def press_key(self, keysym: str) -> None:
        """Press a key. Raises InvalidRequest for a name that Windows does not have."""
        if keysym not in self._held:
            events = build_key_events(keysym, self._system)
            self._held[keysym] = events
            self._send(events)

    def release_key(self, keysym: str) -> None:
        """Release a key; does nothing if it is not down."""
        self._send(build_releases(self._held.pop(keysym, [])))

    def type(self, text: str, check: Check) -> None:
        check()
        for piece in split_text(text):
            check()
            self._send(build_text_events(piece))

    def list_windows(self) -> Sequence[Window]:
        return self._system.list_windows()

    def activate_window(self, window: Window) -> None:
        self._system.activate_window(window.id)

    def find_focused(self) -> WindowId | None:
        return self._system.find_focused()

    def find_pointed(self) -> WindowId | None:
        return self._system.find_pointed()

    def close(self) -> None:
        for keysym in list(self._held):
            self.release_key(keysym)

    def _send(self, events: Sequence[KeyEvent]) -> None:
        if events and self._system.send_keys(events) < len(events):
            raise DesktopUnavailable(
                "Windows blocked the keys: the window in front belongs to a program that runs as "
                "administrator, or the screen is locked. Bring another window to the front."
            )


def build_text_events(text: str) -> list[KeyEvent]:
    """Build press and release of each UTF-16 unit; tabs and new lines become keys."""
    events: list[KeyEvent] = []
    for character in text:
        if character in _CONTROLS:
            down = [_make_key_event(_CONTROLS[character])]
            events += [*down, *build_releases(down)]
            continue
        for unit in _encode_utf16(character):
            events += [KeyEvent(0, unit, UNICODE), KeyEvent(0, unit, UNICODE | UP)]
    return events


def build_key_events(keysym: str, system: System) -> list[KeyEvent]:
    """Build the presses of a key, after those of the modifiers it needs."""
    if keysym in _KEYS:
        return [_make_key_event(keysym)]
    character = _find_character(keysym)
    key = system.find_key(character) if len(_encode_utf16(character)) == 1 else -1
    if key == -1:
        return [KeyEvent(0, unit, UNICODE) for unit in _encode_utf16(character)]
    bits = ((0x1, _SHIFT), (0x2, _CONTROL), (0x4, _ALT))
    modifiers = [KeyEvent(modifier) for bit, modifier in bits if key >> 8 & bit]
    return [*modifiers, KeyEvent(key & 0xFF)]


def build_releases(events: Iterable[KeyEvent]) -> list[KeyEvent]:
    """Build the releases of pressed keys, the last one first."""
    return [KeyEvent(event.key, event.scan, event.flags | UP) for event in reversed(list(events))]


def _make_key_event(keysym: str) -> KeyEvent:
    return KeyEvent(_KEYS[keysym], flags=EXTENDED if keysym in _EXTENDED_KEYS else 0)


def _find_character(keysym: str) -> str:
    character = SYMBOLS.get(keysym, keysym)
    if len(character) != 1:
        raise InvalidRequest(f"Windows has no key `{keysym[:40]}`.", param="text")
    return character


def _encode_utf16(character: str) -> list[int]:
    encoded = character.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2], "little") for at in range(0, len(encoded), 2)]
