"""Read a keyboard layout of X: which keys type which characters."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from bridge.computer.native.x11.xkb import KeyMap
from bridge.errors import InvalidRequest

SHIFT = 0x01
LOCK = 0x02

_RETURN, _TAB, _BACKSPACE, _ESCAPE = 0xFF0D, 0xFF09, 0xFF08, 0xFF1B
_CONTROLS = {"\n": _RETURN, "\t": _TAB, "\b": _BACKSPACE, "\x1b": _ESCAPE}
_LEVEL_KEYS = (0xFE03, 0xFF7E, 0xFE11)
"""Keys that select a level while held: ISO_Level3_Shift (AltGr), Mode_switch, ISO_Level5_Shift."""
_SHIFT_KEYS = (0xFFE1, 0xFFE2)
_UNICODE = 0x01000000
_LEGACY = {
    0x01: "iso8859_2",
    0x02: "iso8859_3",
    0x03: "iso8859_4",
    0x06: "koi8_u",
    0x0C: "iso8859_8",
    0x0D: "iso8859_11",
    0x13: "iso8859_15",
}
"""Keysyms older than Unicode: the high byte is an encoding, the low byte a character in it."""
_NAMED = {
    "ISO_Level3_Shift": 0xFE03,
    "XF86AudioLowerVolume": 0x1008FF11,
    "XF86AudioMute": 0x1008FF12,
    "XF86AudioRaiseVolume": 0x1008FF13,
    "XF86AudioPlay": 0x1008FF14,
    "XF86AudioPrev": 0x1008FF16,
    "XF86AudioNext": 0x1008FF17,
}


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key code, and the key codes of the modifiers to hold."""

    code: int
    holding: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """`symbols[group][level]`, and each group's modifier masks by level."""

    symbols: tuple[tuple[int, ...], ...]
    levels: tuple[Mapping[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """`modifiers`: for the bit of each modifier that can be held, the code of its key."""

    keys: Mapping[int, Key]
    modifiers: Mapping[int, int]

    def find_strokes(self, group: int, without: Collection[int]) -> dict[int, Stroke]:
        """Return the stroke with the fewest modifiers for each keysym.

        Key codes in `without` are skipped; characters are listed by Unicode keysym, too.
        """
        best: dict[int, tuple[int, Stroke]] = {}
        for code, key in self.keys.items():
            if code in without or not key.symbols:
                continue
            at = group % len(key.symbols)
            for level, symbol in enumerate(key.symbols[at]):
                held = self._find_modifiers(key.levels[at].get(level, ()))
                if not symbol or held is None:
                    continue
                for name in {symbol, normalize_keysym(symbol)}:
                    if name not in best or len(held) < best[name][0]:
                        best[name] = (len(held), Stroke(code, held))
        return {symbol: stroke for symbol, (_, stroke) in best.items()}

    def _find_modifiers(self, masks: Iterable[int]) -> tuple[int, ...] | None:
        """Return the fewest keys that give any of these masks; None if no keys do."""
        ways = []
        for mask in masks:
            bits = [1 << bit for bit in range(8) if mask >> bit & 1]
            if all(bit in self.modifiers for bit in bits):
                ways.append(tuple(self.modifiers[bit] for bit in bits))
        return min(ways, key=len, default=None)


def read_layout(answer: KeyMap, modifier_codes: Mapping[int, Collection[int]]) -> Layout:
    """Read a reply to XkbGetMap; `modifier_codes`: key codes by modifier bit."""
    types, at = _read_types(answer)
    keys = {}
    for code in range(answer.first_code, answer.first_code + answer.codes):
        kinds, info, width, count = struct.unpack_from("=4sBBH", answer.body, at)
        symbols = struct.unpack_from(f"={count}I", answer.body, at + 8)
        at += 8 + 4 * count
        groups = range(info & 0x0F)
        keys[code] = Key(
            tuple(symbols[group * width : (group + 1) * width] for group in groups),
            tuple(types[kinds[group]] for group in groups),
        )
    return Layout(keys, _find_modifier_keys(keys, modifier_codes))


def to_keysym(character: str) -> int:
    """Return X's number of a character."""
    number = ord(character)
    if character in _CONTROLS:
        return _CONTROLS[character]
    return number if 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF else _UNICODE | number


def find_keysym(name: str) -> int:
    """Find a keysym by X's name or by character. Raises InvalidRequest."""
    if len(name) == 1:
        return to_keysym(name)
    from Xlib import XK

    symbol = _NAMED.get(name) or int(XK.string_to_keysym(name))
    if not symbol:
        raise InvalidRequest(f"`{name[:40]}` is not a known key.", param="text")
    return symbol


@cache
def normalize_keysym(symbol: int) -> int:
    """Return the keysym that `to_keysym` has for the same character."""
    if symbol == 0x20AC:
        return to_keysym("€")
    table = _LEGACY.get(symbol >> 8)
    if table is not None and symbol & 0xFF >= 0xA0:
        character = bytes([symbol & 0xFF]).decode(table, errors="replace")
        return symbol if character == "�" else to_keysym(character)
    if symbol >> 24 == _UNICODE >> 24:
        return to_keysym(chr(symbol & 0xFFFFFF)) if symbol & 0xFFFFFF <= 0x10FFFF else symbol
    return symbol


def _read_types(answer: KeyMap) -> tuple[list[dict[int, tuple[int, ...]]], int]:
    """Read each key type's masks by level; return them and where in the body they end."""
    types: list[dict[int, tuple[int, ...]]] = []
    at = 0
    for _ in range(answer.types):
        _, _, _, levels, entries, preserve = struct.unpack_from("=BBHBBB", answer.body, at)
        at += 8
        masks: dict[int, tuple[int, ...]] = {0: (0,)}
        for _ in range(entries):
            active, mask, level = struct.unpack_from("=BBB", answer.body, at)
            at += 8
            if active and level < levels:
                masks[level] = (*masks.get(level, ()), mask)
        at += 4 * entries * preserve
        types.append(masks)
    return types, at


def _find_modifier_keys(
    keys: Mapping[int, Key], modifier_codes: Mapping[int, Collection[int]]
) -> dict[int, int]:
    """Find keys of modifiers that only select a level, such as Shift and AltGr."""
    holdable: dict[int, int] = {}
    for bit, codes in modifier_codes.items():
        allowed = _SHIFT_KEYS if bit == SHIFT else _LEVEL_KEYS
        first = {
            key.symbols[0][0]: code for code in codes if (key := keys.get(code)) and key.symbols
        }
        code = next((first[symbol] for symbol in allowed if symbol in first), None)
        if code is not None:
            holdable[bit] = code
    return holdable
