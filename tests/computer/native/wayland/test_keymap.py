"""The bridge's keymap: each key and character has one stroke, and free codes are reused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.keys import _NAMED, SYMBOLS
from bridge.computer.native.wayland.keymap import (
    CHARACTERS,
    FREE_CODES,
    NAMED,
    SpareKeys,
    Stroke,
    check_key,
    find_stroke,
    write_keymap,
)
from bridge.errors import InvalidRequest


def test_every_printable_ascii_character_has_a_key() -> None:
    missing = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in CHARACTERS]
    assert missing == []
    assert find_stroke("a", {}) == Stroke(30)
    assert find_stroke("A", {}) == Stroke(30, shifted=True)
    assert find_stroke("?", {}) == find_stroke("question", {}) == Stroke(53, shifted=True)


def test_every_key_that_claude_may_name_is_there() -> None:
    names = {name for name in _NAMED.values() if len(name) > 1}
    assert [name for name in sorted(names) if find_stroke(name, {}) is None] == []


def test_control_characters_are_keys() -> None:
    assert [find_stroke(each, {}) for each in "\n\t\b\x1b "] == [
        Stroke(NAMED[name]) for name in ("Return", "Tab", "BackSpace", "Escape", "space")
    ]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="XF86Sleep"):
        check_key("XF86Sleep")
    check_key("世")


def test_no_code_is_used_twice() -> None:
    used = [*NAMED.values(), *{stroke.code for stroke in CHARACTERS.values()}, *FREE_CODES]
    assert len(used) == len(set(used))
    assert max(used) + 8 <= 255


def test_the_keymap_has_unicode_for_spare_keys() -> None:
    text = write_keymap({"世": 84, "é": 85})
    assert "<K84> = 92;" in text
    assert "key <K84> { [ 0x1004e16 ] };" in text
    assert "key <K85> { [ 0xe9 ] };" in text
    assert "key <K30> { [ 0x61, 0x41 ] };" in text


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12))
def test_characters_typed_together_have_different_keys(pieces: list[str]) -> None:
    spare = SpareKeys()
    for piece in pieces:
        spare.assign(piece)
        strokes = {character: find_stroke(character, spare.codes) for character in piece}
        assert None not in strokes.values()
        typed = {key: stroke for key, stroke in strokes.items() if key not in "\n\r\t\b\x1b "}
        assert len(set(typed.values())) == len(typed)


def test_a_key_that_is_down_keeps_its_code() -> None:
    spare = SpareKeys()
    assert spare.assign("世")
    held = spare.codes["世"]
    for at in range(100):
        spare.assign(chr(0x5000 + at), [held])
    assert spare.codes["世"] == held


def test_a_shortcut_has_its_usual_key_again() -> None:
    spare = SpareKeys()
    for at in range(60):
        spare.assign(chr(0x5000 + at))
    assert find_stroke("v", spare.codes) is None, "its key types another character"
    assert spare.assign("v")
    assert find_stroke("v", spare.codes) == CHARACTERS["v"]
    assert not spare.assign("v"), "nothing changes for the next time"


def test_symbols_have_the_stroke_of_their_character() -> None:
    for name, character in SYMBOLS.items():
        assert find_stroke(name, {}) == find_stroke(character, {})
