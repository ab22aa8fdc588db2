"""What was copied along with a key is removed, and what is no such key is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import SettingsError
from bridge.keys import check_secret

KEY = "sk-ant-api03-AbC_d-123"


@pytest.mark.parametrize(
    "typed",
    [
        KEY, f" {KEY}\r\n", f'"{KEY}"', f"'{KEY}'", f"“{KEY}”", f"`{KEY}`", f"Bearer {KEY}",
        f"bearer {KEY}", f"ANTHROPIC_API_KEY={KEY}", f'export ANTHROPIC_API_KEY="{KEY}"\n',
    ],
)  # fmt: skip
def test_what_was_copied_along_is_removed(typed: str) -> None:
    assert check_secret(typed, "anthropic") == KEY


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ('""', "it is empty"),
        ("ANTHROPIC_API_KEY=", "it is empty"),
        (f"{KEY}\nsk-ant-2", "line break"),
        (f"{KEY}\rsk-ant-2", "line break"),
        ("sk-ant-1 sk-ant-2", "space"),
        ("sk-ant-1\t2", "space"),
        ("sk-ant-1\N{NO-BREAK SPACE}2", "space"),
        ('sk-ant-1"2', "quotation mark"),
        ("sk-ant-schlüssel", "special characters"),
        ("sk-ant-1\N{ZERO WIDTH SPACE}2", "special characters"),
        ("sk-ant-1\x002", "special characters"),
        ("sk-ant-oat01-abc", "sign-in token of Claude Code.*claude-bridge login"),
        ("sk-ant-admin01-abc", "Admin API key"),
        ("sk-proj-abc", "OpenAI"),
        ("sk-1234567890", "OpenAI"),
        ("sk-or-v1-abc", "OpenRouter"),
        ("cb-abc", "access key of this bridge"),
        ("hello", "begin with sk-ant-"),
        ("…", "special characters"),
    ],
)
def test_what_is_no_key_of_anthropic_is_refused_by_name(typed: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check_secret(typed, "anthropic")
    assert not typed.strip() or typed.strip() not in str(caught.value)


def test_a_gateway_may_have_keys_of_another_shape() -> None:
    assert check_secret("hello", "anthropic", own_upstream=True) == "hello"
    for typed in ("sk-proj-abc", "cb-abc", "sk-ant-oat01-abc", "two words"):
        with pytest.raises(SettingsError):
            check_secret(typed, "anthropic", own_upstream=True)


@pytest.mark.parametrize(
    ("owner", "typed", "accepted"),
    [
        ("bridge", "cb-own", True), ("bridge", "my-word", True), ("bridge", KEY, False),
        ("bridge", "sk-proj-1", False), ("embeddings", "sk-proj-1", True),
        ("embeddings", "pa-1", True), ("embeddings", KEY, False), ("embeddings", "cb-1", False),
        ("cloud", "made-up-azure-key", True), ("cloud", KEY, False), ("cloud", "cb-1", False),
    ],
)  # fmt: skip
def test_no_key_is_saved_for_another_owner(owner: Any, typed: str, accepted: bool) -> None:
    if accepted:
        assert check_secret(typed, owner) == typed
    else:
        with pytest.raises(SettingsError, match="not saved: this is "):
            check_secret(typed, owner)
