"""A keyboard layout of X as a value: which key, with which modifiers, gives which character."""

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
"""Keys that choose a level while held: ISO_Level3_Shift (AltGr), Mode_switch, ISO_Level5_Shift."""
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
"""Keysyms older than Unicode: the high byte names a table, the low one a character in it."""
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
    """A key, by its code, and the modifiers to hold, as codes of theirs."""

    code: int
    holding: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """`symbols[group][level]`, and for each group the masks of modifiers that choose a level."""

    symbols: tuple[tuple[int, ...], ...]
    levels: tuple[Mapping[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """`modifiers`: the key to hold for each modifier that can be held, by its bit."""

    keys: Mapping[int, Key]
    modifiers: Mapping[int, int]

    def strokes(self, group: int, without: Collection[int]) -> dict[int, Stroke]:
        """By keysym, the way that holds the fewest modifiers; characters by Unicode as well."""
        found: dict[int, tuple[int, Stroke]] = {}
        for code, key in self.keys.items():
            if code in without or not key.symbols:
                continue
            at = group % len(key.symbols)
            for level, symbol in enumerate(key.symbols[at]):
                held = self._holding(key.levels[at].get(level, ()))
                if not symbol or held is None:
                    continue
                for name in {symbol, unified(symbol)}:
                    if name not in found or len(held) < found[name][0]:
                        found[name] = (len(held), Stroke(code, held))
        return {symbol: stroke for symbol, (_, stroke) in found.items()}

    def _holding(self, masks: Iterable[int]) -> tuple[int, ...] | None:
        """The shortest way to hold any of these; None where no key does it."""
        ways = []
        for mask in masks:
            bits = [1 << bit for bit in range(8) if mask >> bit & 1]
            if all(bit in self.modifiers for bit in bits):
                ways.append(tuple(self.modifiers[bit] for bit in bits))
        return min(ways, key=len, default=None)


def read_layout(answer: KeyMap, modifier_codes: Mapping[int, Collection[int]]) -> Layout:
    """`modifier_codes`: the codes of the keys of each modifier, by its bit."""
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
    return Layout(keys, _holdable(keys, modifier_codes))


def keysym_of(character: str) -> int:
    """X's number of the key that types it."""
    number = ord(character)
    if character in _CONTROLS:
        return _CONTROLS[character]
    return number if 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF else _UNICODE | number


def keysym_named(name: str) -> int:
    """A key by X's name for it, or a character. Raises InvalidRequest for anything else."""
    if len(name) == 1:
        return keysym_of(name)
    from Xlib import XK

    found = _NAMED.get(name) or int(XK.string_to_keysym(name))
    if not found:
        raise InvalidRequest(f"`{name[:40]}` is not the name of a key.", param="text")
    return found


@cache
def unified(symbol: int) -> int:
    """The keysym by which `keysym_of` names the same character."""
    if symbol == 0x20AC:
        return keysym_of("€")
    table = _LEGACY.get(symbol >> 8)
    if table is not None and symbol & 0xFF >= 0xA0:
        character = bytes([symbol & 0xFF]).decode(table, errors="replace")
        return symbol if character == "�" else keysym_of(character)
    if symbol >> 24 == _UNICODE >> 24:
        return keysym_of(chr(symbol & 0xFFFFFF)) if symbol & 0xFFFFFF <= 0x10FFFF else symbol
    return symbol


def _read_types(answer: KeyMap) -> tuple[list[dict[int, tuple[int, ...]]], int]:
    """For each type of key, the masks for each level; and where in the body they end."""
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


def _holdable(
    keys: Mapping[int, Key], modifier_codes: Mapping[int, Collection[int]]
) -> dict[int, int]:
    """Only modifiers that choose a level and do nothing else: Shift, AltGr and their kin."""
    found: dict[int, int] = {}
    for bit, codes in modifier_codes.items():
        wanted = _SHIFT_KEYS if bit == SHIFT else _LEVEL_KEYS
        first = {
            key.symbols[0][0]: code for code in codes if (key := keys.get(code)) and key.symbols
        }
        code = next((first[symbol] for symbol in wanted if symbol in first), None)
        if code is not None:
            found[bit] = code
    return found
