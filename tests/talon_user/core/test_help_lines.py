"""Help is made from what is loaded."""

from talon_user.core.help_lines import build_help_lines, format_rule, search_lines

RULES = [
    "^{user.claude_prefix} stop$",
    "{user.claude_prefix} [<user.claude_model>] ask <user.claude_text>$",
    "go up",
]


def test_a_rule_reads_as_one_says_it() -> None:
    assert format_rule(RULES[1], "claude") == "claude [‹model›] ask ‹text›"


def test_only_our_commands_are_helped_with_and_words_find_them() -> None:
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
