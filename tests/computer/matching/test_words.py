"""Whole words, in any spelling that looks the same."""

from __future__ import annotations

import pytest

from bridge.computer.matching.form_words import is_card_field
from bridge.computer.matching.words import find_whole_word


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("pay", "Pay now", True),
        ("pay", "Repayment", False),
        ("pay", "Payment", False),
        ("löschen", "Konto loschen", True),
        ("don't save", "Don’t Save", True),
        ("delete", "Dеlete", True),
        ("^order$", "Order", True),
        ("^order$", " Order ", True),
        ("^order$", "Order history", False),
        ("terminal$", "Open a terminal", True),
        ("^ok$", "Book", False),
        ("pay", "Pay_now", True),
        ("pay", "Pay49.90", True),
        ("pay", "49Pay", True),
        ("delete", "De1ete", True),
        ("delete", "Delete\u200baccount", True),
        ("delete", "De\u200blete", True),
        ("delete", "Delete\u3164account", True),
        ("delete", "Delete\x00account", True),
        ("löschen", "Lo\u0308schen", True),
        ("delete", "D&elete", True),
        ("delete", "D_elete", True),
        ("löschen", "Konto loeschen", True),
        ("überweisen", "Ueberweisen", True),
        ("delete", "\u202eeteleD", True),
        ("delete", "Please de\u202eetel", True),
        ("delete", "Undelete", False),
        ("delete", "D e l e t e", True),
        ("delete", "D\u00a0E\u2003L E T E now", True),
        ("delete", "D_e_l_e_t_e", True),
        ("delete", "D.e.l.e.t.e", True),
        ("delete", "De lete", False),
        ("plan b", "Plan B", True),
        ("ab", "a b", False),
        ("^$", "", False),
        (" ", "a b", False),
    ],
)
def test_a_word_is_found_as_a_whole(word: str, text: str, found: bool) -> None:
    assert (find_whole_word([word], text) is not None) == found


def test_the_first_word_is_returned() -> None:
    assert find_whole_word(["a", "b", "c"], "c b") == "b"


@pytest.mark.parametrize("label", ["Card number", "CVC", "Kartennummer", "Numéro de carte *"])
def test_a_field_of_a_card_is_known_by_its_label(label: str) -> None:
    assert is_card_field(label)
    assert not is_card_field("Business card design")
