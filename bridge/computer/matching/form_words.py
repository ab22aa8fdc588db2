"""Recognize the fields of a form for a payment card by their labels."""

from __future__ import annotations

from bridge.computer.matching.words import find_whole_word

_CARD_WORDS = (
    *("card number", "credit card", "debit card", "cvc", "cvv", "security code", "expiry date"),
    *("kartennummer", "kreditkarte", "prüfziffer", "sicherheitscode", "iban"),
    *("numéro de carte", "carte bancaire", "carte de crédit", "cryptogramme", "code de sécurité"),
    *("número de tarjeta", "tarjeta de crédito", "código de seguridad"),
)


def is_card_field(label: str) -> bool:
    return find_whole_word(_CARD_WORDS, label) is not None
