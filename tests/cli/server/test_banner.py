"""The banner has what a new user needs next, and nothing else."""

from __future__ import annotations

import pytest

from bridge.banner import describe_connection, format_banner

URL = "http://127.0.0.1:8000"


def test_the_banner() -> None:
    text = format_banner(
        "1.2",
        URL,
        "signed in to Claude Code (claude.ai)",
        needs_key=False,
        how_to_quit="Ctrl+C",
        how_to_stay="claude-bridge autostart on",
    )
    assert text.splitlines() == [
        "Claude OpenAI Bridge 1.2",
        "  API           http://127.0.0.1:8000/v1",
        "  API key       any text (this bridge requires none)",
        "  Dashboard     claude-bridge dashboard (http://127.0.0.1:8000)",
        "  Claude        Signed in to Claude Code (claude.ai)",
        "  Quit          Ctrl+C",
        "  Keep running  claude-bridge autostart on",
    ]


@pytest.mark.parametrize(
    ("needs_key", "words"), [(True, "an access key; for a new one: claude-bridge key"), (None, "")]
)
def test_whether_clients_need_a_key_is_only_told_if_it_is_known(
    needs_key: bool | None, words: str
) -> None:
    text = format_banner("1", URL, "x", needs_key=needs_key, how_to_quit="q", how_to_stay="s")
    assert words in text
    assert ("API key" in text) is (needs_key is not None)


def test_without_a_connection_the_hint_is_told() -> None:
    assert describe_connection("anthropic", "using the key “a”", None) == "using the key “a”"
    assert describe_connection(None, "no key", "Sign in.") == "Not connected. Sign in."
    assert describe_connection(None, "no key", None) == "Not connected. no key"
