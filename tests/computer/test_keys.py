"""Key names, in the spellings that models use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.keys import SYMBOLS, parse_chord, parse_chords, parse_combinations
from bridge.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Return", (("Return",),)),
        ("enter", (("Return",),)),
        ("ctrl+s", (("Control_L", "s"),)),
        ("CTRL+Shift+Escape", (("Control_L", "Shift_L", "Escape"),)),
        ("cmd+c", (("Super_L", "c"),)),
        ("alt+Tab", (("Alt_L", "Tab"),)),
        ("Page_Up", (("Page_Up",),)),
        ("ArrowDown", (("Down",),)),
        ("F12", (("F12",),)),
        ("ctrl++", (("Control_L", "plus"),)),
        ("+", (("plus",),)),
        (" ", (("space",),)),
        ("é", (("é",),)),
        ("A", (("A",),)),
        ("Down Down Return", (("Down",), ("Down",), ("Return",))),
        ("ctrl+/", (("Control_L", "slash"),)),
    ],
)
def test_key_combinations_become_keysyms(text: str, keys: tuple[tuple[str, ...], ...]) -> None:
    assert parse_chords(text) == keys


@pytest.mark.parametrize("text", ["", "   ", "ctrl+nothing", "ctrl+", "a+", "hyperspace"])
def test_an_unknown_key_is_named_in_the_error(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_chords(text)
    assert caught.value.param == "text"


def test_only_one_key_combination_can_be_held() -> None:
    assert parse_chord("ctrl+shift") == ("Control_L", "Shift_L")
    with pytest.raises(InvalidRequest, match="expected one key combination"):
        parse_chord("ctrl shift")


def test_a_symbol_and_its_name_are_the_same_key() -> None:
    for name, symbol in SYMBOLS.items():
        assert parse_chords(name) == parse_chords(symbol) == ((name,),)


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        found = parse_chords(text)
    except InvalidRequest:
        return
    assert found
    assert all(key for keys in found for key in keys)


@pytest.mark.parametrize(
    "spelling",
    ["ctrl+shift+t", "Shift_R+Control_R+t", "ctrl+T", "control+ctrl+shift+T", "t+shift+ctrl"],
)
def test_a_combination_has_one_form(spelling: str) -> None:
    assert parse_combinations(spelling) == {frozenset({"Control", "Shift", "t"})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cmd+q", "Super_R+q"),
        ("win+r", "super+r"),
        ("meta+r", "windows+r"),
        ("option+x", "Alt_R+x"),
        ("Enter", "KP_Enter"),
        ("7", "KP_7"),
        ("plus", "shift+equal"),
        ("?", "shift+slash"),
    ],
)
def test_two_spellings_of_the_same_keys(one: str, other: str) -> None:
    assert parse_combinations(one) == parse_combinations(other)


def test_control_with_a_letter_may_be_another_key_as_well() -> None:
    assert parse_combinations("ctrl+m") == {frozenset({"Control", "m"}), frozenset({"Return"})}


@pytest.mark.parametrize("text", ["0xff0d", "XF86Terminal", "U000d", "65293", "ctrl+0xff0d"])
def test_a_key_by_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not a known key"):
        parse_chords(text)
