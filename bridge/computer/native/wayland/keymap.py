"""The keyboard that the bridge brings along: a US layout, and free keys for any character; pure."""

# A virtual keyboard has a keymap of its own, so the user's layout does not matter. Programs get a
# change of it in order with the keys, so a key may mean something else from one key to the next.

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bridge.computer.keys import SYMBOLS
from bridge.errors import InvalidRequest

_OFFSET = 8
"""A key code of XKB is that of Linux and eight."""
MODIFIERS: Mapping[str, int] = MappingProxyType(
    {
        "Shift_L": 1 << 0,
        "Shift_R": 1 << 0,
        "Control_L": 1 << 2,
        "Control_R": 1 << 2,
        "Alt_L": 1 << 3,
        "Alt_R": 1 << 3,
        "Super_L": 1 << 6,
        "Super_R": 1 << 6,
        "ISO_Level3_Shift": 1 << 7,
    }
)
"""The bit of each modifier in the state of a keyboard."""
_MODIFIER_MAP = """
modifier_map Shift { <K42>, <K54> };
modifier_map Lock { <K58> };
modifier_map Control { <K29>, <K97> };
modifier_map Mod1 { <K56> };
modifier_map Mod2 { <K69> };
modifier_map Mod4 { <K125>, <K126> };
modifier_map Mod5 { <K100> };
"""
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
"""The code of the first key of a row, and the characters without and with Shift."""
_NAMED = """
Escape 1 BackSpace 14 Tab 15 Return 28 Control_L 29 Shift_L 42 Shift_R 54 Alt_L 56 space 57
Caps_Lock 58 F1 59 F2 60 F3 61 F4 62 F5 63 F6 64 F7 65 F8 66 F9 67 F10 68 Num_Lock 69
Scroll_Lock 70 F11 87 F12 88 KP_Enter 96 Control_R 97 Print 99 ISO_Level3_Shift 100 Home 102
Up 103 Page_Up 104 Left 105 Right 106 End 107 Down 108 Page_Down 109 Insert 110 Delete 111
XF86AudioMute 113 XF86AudioLowerVolume 114 XF86AudioRaiseVolume 115 Pause 119 Super_L 125
Super_R 126 Menu 127 XF86AudioNext 163 XF86AudioPlay 164 XF86AudioPrev 165 F13 183 F14 184
F15 185 F16 186 F17 187 F18 188 F19 189 F20 190 F21 191 F22 192 F23 193 F24 194
KP_Multiply 55 KP_7 71 KP_8 72 KP_9 73 KP_Subtract 74 KP_4 75 KP_5 76 KP_6 77 KP_Add 78 KP_1 79
KP_2 80 KP_3 81 KP_0 82 KP_Decimal 83 KP_Divide 98
"""
FREE_CODES: Sequence[int] = (86, 89, 124, 85, 90, 91, 92, 93, 94, 117, 118, 121)
"""Codes of keys that few keyboards have.

Chromium takes characters from these. It ignores codes that it does not know, and closes its window
for one such as KEY_CLOSE, whatever the keymap says of it.
"""
_CONTROL = {"\n": "Return", "\t": "Tab", "\b": "BackSpace", "\x1b": "Escape", " ": "space"}
_ALIASES = {"Alt_R": "Alt_L"}


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key to press, and whether Shift must be held with it."""

    code: int
    """As in Linux' input-event-codes.h."""
    shifted: bool = False


def _read_named() -> dict[str, int]:
    words = _NAMED.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _list_characters() -> dict[str, Stroke]:
    strokes: dict[str, Stroke] = {}
    for first, plain, shifted in _ROWS:
        for at, (character, above) in enumerate(zip(plain, shifted, strict=True)):
            strokes[character] = Stroke(first + at)
            strokes[above] = Stroke(first + at, shifted=True)
    return strokes


NAMED: Mapping[str, int] = MappingProxyType(_read_named())
CHARACTERS: Mapping[str, Stroke] = MappingProxyType(_list_characters())
_LAYOUT_CODES = {stroke.code for stroke in CHARACTERS.values()}
_SPARE_CODES = (*FREE_CODES, *sorted(_LAYOUT_CODES, reverse=True))


def find_stroke(key: str, spare: Mapping[str, int]) -> Stroke | None:
    """Find a key by X's name of it or by its character; None if no code has it now.

    `spare`: the characters that have another code than on the layout, or the code of another one.
    """
    name = _CONTROL.get(key, _ALIASES.get(key, key))
    if name in NAMED:
        return Stroke(NAMED[name])
    character = SYMBOLS.get(key, key)
    if character in spare:
        return Stroke(spare[character])
    stroke = CHARACTERS.get(character)
    return None if stroke is None or stroke.code in spare.values() else stroke


def check_key(key: str) -> None:
    """Raise InvalidRequest for a name that this keyboard does not have."""
    if len(key) > 1 and find_stroke(key, {}) is None:
        raise InvalidRequest(f"`{key}` is not a key of the bridge's keyboard.", param="text")


class SpareKeys:
    """Which characters have a spare code, the least recently used first.

    Spare are FREE_CODES, and then those of characters that are not typed at the same time.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    @property
    def codes(self) -> Mapping[str, int]:
        return self._codes

    def assign(self, keys: Collection[str], held: Collection[int] = ()) -> bool:
        """Give each of some keys a code; return whether the keymap has changed.

        `held`: codes of keys that are down, which keep what they are.
        """
        before = dict(self._codes)
        on_layout = {stroke.code for key in keys if (stroke := find_stroke(key, {})) is not None}
        # A key of the layout gets its code back.
        self._codes = {key: code for key, code in self._codes.items() if code not in on_layout}
        for key in dict.fromkeys(keys):
            if find_stroke(key, {}) is None:
                code = self._codes.pop(key, None)
                self._codes[key] = self._choose_code(on_layout, held) if code is None else code
        return {*before.items()} != {*self._codes.items()}

    def _choose_code(self, on_layout: Collection[int], held: Collection[int]) -> int:
        """Choose a free code, or take that of the character not used for the longest time."""
        taken = {*self._codes.values(), *on_layout, *held}
        free = (code for code in _SPARE_CODES if code not in taken)
        code = next(free, None)
        if code is not None:
            return code
        oldest = next(each for each, code in self._codes.items() if code not in held)
        return self._codes.pop(oldest)


def write_keymap(spare: Mapping[str, int]) -> str:
    """Write the keymap in XKB's text format, with a code for each of these characters.

    https://xkbcommon.org/doc/current/keymap-text-format-v1.html
    """
    keys = {code: [name] for name, code in NAMED.items()}
    for character, stroke in CHARACTERS.items():
        # The character without Shift comes first.
        keys.setdefault(stroke.code, []).append(_name_symbol(character))
    # The key of a character that is not typed now may have another one.
    keys |= {code: [_name_symbol(character)] for character, code in spare.items()}
    codes = "\n".join(f"<K{code}> = {code + _OFFSET};" for code in sorted(keys))
    symbols = "\n".join(f"key <K{code}> {{ [ {', '.join(keys[code])} ] }};" for code in keys)
    return (
        f'xkb_keymap {{\nxkb_keycodes "bridge" {{ minimum = 8; maximum = 255;\n{codes}\n}};\n'
        'xkb_types "bridge" { include "complete" };\n'
        'xkb_compatibility "bridge" { include "complete" };\n'
        f'xkb_symbols "bridge" {{\n{symbols}\n{_MODIFIER_MAP}}};\n}};\n'
    )


def _name_symbol(character: str) -> str:
    """Name the keysym of a character: of Latin-1 its own number, else Unicode's."""
    point = ord(character)
    return f"0x{point:x}" if point < 0x100 else f"0x{0x1000000 + point:x}"
