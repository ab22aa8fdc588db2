"""Tests of the help lines."""

from talon_user.core.help_lines import build_help_lines, format_rule, search_lines

RULES = [
    "^{user.claude_prefix} stop$",
    "{user.claude_prefix} [<user.claude_model>] ask <user.claude_text>$",
    "go up",
]


def test_a_rule_is_formatted_as_readable_text() -> None:
    assert format_rule(RULES[1], "claude") == "claude [‹model›] ask ‹text›"


def test_help_has_our_commands_and_can_be_searched() -> None:
    lists = {"user.claude_prompt": {"explain": "[this] Explain it.", "fix": "fix"}}
    lines = build_help_lines(RULES, lists, "claude")
    assert lines == [
        "claude [‹model›] ask ‹text›",
        "claude stop",
        "prompt: explain – Explain it.",
        "prompt: fix",
    ]
    assert search_lines(lines, "EXPLAIN prompt") == ["prompt: explain – Explain it."]
    assert search_lines(lines, "banana") == []
