"""Which characters a keyboard's layout has; libxkbcommon reads it."""

from __future__ import annotations

import pytest

from bridge.computer.native.portal import keymap
from bridge.computer.native.portal.keymap import find_keysym, load_xkbcommon, parse_keymap
from bridge.computer.native.wayland.wire import WaylandError
from bridge.errors import DesktopUnavailable

TEXT = """
xkb_keymap {{
xkb_keycodes "k" {{ minimum = 8; maximum = 255; <A> = 38; <B> = 39; <R> = 36; }};
xkb_types "t" {{ include "complete" }};
xkb_compat "c" {{ include "complete" }};
xkb_symbols "s" {{ {symbols} }};
}};
"""
ONE = "key <A> { [ a, A, at ] }; key <B> { [ dead_acute, eacute ] }; key <R> { [ Return ] };"
TWO = """
key <A> { symbols[Group1] = [ a, A ], symbols[Group2] = [ Cyrillic_ef, Cyrillic_EF ] };
key <B> { [ 1, exclam ] };
"""


def test_each_character_has_the_symbol_of_its_key() -> None:
    found = parse_keymap(TEXT.format(symbols=ONE))
    assert found.symbols == {"a": 0x61, "A": 0x41, "@": 0x40, "é": 0xE9}
    assert found.codes == {"a": 30}


def test_with_two_layouts_only_what_both_have_is_sure() -> None:
    found = parse_keymap(TEXT.format(symbols=TWO))
    assert found.symbols == {"1": 0x31, "!": 0x21}
    assert found.codes == {"a": 30, "ф": 30, "1": 31}


def test_names_are_those_of_x() -> None:
    assert find_keysym("Return") == 0xFF0D
    assert find_keysym("XF86AudioMute") == 0x1008FF12
    assert find_keysym("Nonsense") == 0


def test_what_is_no_keymap_is_refused() -> None:
    with pytest.raises(WaylandError, match="cannot be read"):
        parse_keymap("none")


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keymap, "_LIBRARY", "libxkbcommon-none.so")
    load_xkbcommon.cache_clear()
    try:
        with pytest.raises(DesktopUnavailable, match="`libxkbcommon0`"):
            find_keysym("a")
    finally:
        load_xkbcommon.cache_clear()
