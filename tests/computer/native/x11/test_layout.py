"""Keyboard layouts are decoded from X's replies."""

from __future__ import annotations

import struct

import pytest

from bridge.computer.native.x11.layout import (
    SHIFT,
    Layout,
    Stroke,
    normalize_keysym,
    read_layout,
    to_keysym,
)
from bridge.computer.native.x11.xkb import KeyMap

ALTGR = 0x80
SHIFT_CODE, ALTGR_CODE = 50, 92
SHIFT_L, LEVEL3 = 0xFFE1, 0xFE03


def kind(*entries: tuple[int, int]) -> bytes:
    """Encode a key type: masks of modifiers and the levels they select."""
    levels = 1 + max((level for _, level in entries), default=0)
    head = struct.pack("=BBHBBBx", 0xFF, 0, 0, levels, len(entries), 0)
    return head + b"".join(struct.pack("=BBBxxxxx", 1, mask, level) for mask, level in entries)


def key(kind: int, *groups: tuple[int, ...]) -> bytes:
    width = max((len(group) for group in groups), default=0)
    symbols = [symbol for group in groups for symbol in (*group, *[0] * (width - len(group)))]
    head = struct.pack("=4sBBH", bytes([kind] * 4), len(groups), width, len(symbols))
    return head + struct.pack(f"={len(symbols)}I", *symbols)


def layout(*keys: bytes, first: int = 10) -> Layout:
    """Read a layout of keys with codes from `first` on; Shift and AltGr come before them."""
    types = kind() + kind((SHIFT, 1)) + kind((SHIFT, 1), (ALTGR, 2), (SHIFT | ALTGR, 3))
    body = types + key(0, (SHIFT_L,)) + key(0, (LEVEL3,)) + b"".join(keys)
    answer = KeyMap(first - 2, len(keys) + 2, 3, body)
    return read_layout(answer, {SHIFT: [first - 2], ALTGR: [first - 1]})


def test_a_level_is_reached_by_the_modifiers_of_the_keys_type() -> None:
    found = layout(key(2, (0x71, 0x51, 0x40, 0x7D9))).find_strokes(0, ())
    assert found[ord("q")] == Stroke(10)
    assert found[ord("Q")] == Stroke(10, (8,))
    assert found[ord("@")] == Stroke(10, (9,))
    assert found[0x7D9] == Stroke(10, (8, 9))


def test_the_stroke_with_the_fewest_modifiers_is_chosen() -> None:
    found = layout(key(1, (0x61, 0x3C)), key(0, (0x3C,))).find_strokes(0, ())
    assert found[ord("<")] == Stroke(11)


def test_only_the_group_in_use_counts_but_a_key_with_one_group_is_in_all() -> None:
    keys = layout(key(1, (0x61, 0x41), (0x6C6, 0x6E6)), key(0, (0x20,)))
    assert ord("a") in keys.find_strokes(0, ())
    assert ord("a") not in keys.find_strokes(1, ())
    assert keys.find_strokes(1, ())[to_keysym("ф")] == Stroke(10)
    assert keys.find_strokes(1, ())[ord(" ")] == Stroke(11)


def test_an_assigned_spare_key_is_not_part_of_the_layout() -> None:
    assert ord("a") not in layout(key(0, (0x61,))).find_strokes(0, {10})


def test_a_level_whose_modifier_cannot_be_held_is_left_out() -> None:
    types = kind() + kind((0x20, 1))
    answer = KeyMap(10, 1, 2, types + key(1, (0x61, 0x62)))
    assert set(read_layout(answer, {}).find_strokes(0, ())) == {0x61}


@pytest.mark.parametrize(
    ("symbol", "character"),
    [
        *((0x61, "a"), (0xE9, "é"), (0x1B1, "ą"), (0x6C1, "а"), (0x6A3, "ё"), (0x20AC, "€")),
        *((0xCE0, "א"), (0x13BD, "œ"), (0x1004E16, "世"), (0x10000E9, "é")),
    ],
)
def test_older_keysyms_are_the_same_characters(symbol: int, character: str) -> None:
    assert normalize_keysym(symbol) == to_keysym(character)


@pytest.mark.parametrize(
    ("character", "symbol"), [("\n", 0xFF0D), ("\t", 0xFF09), ("😀", 0x101F600)]
)
def test_a_character_has_one_keysym(character: str, symbol: int) -> None:
    assert to_keysym(character) == symbol
