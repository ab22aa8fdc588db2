"""Settings name only sign-ins that exist."""

from __future__ import annotations

import pytest

from bridge.errors import SettingsError
from bridge.settings import load_settings

RULE = {"name": "Work", "sign_in": "work"}
ODD_NAMES = ("../up", "a/b", "", ".", "-work", "Work", "wörk", "a" * 31, "a\n", "default")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sign_in": "work"}, "sign_in: `work` is not in the setting sign_ins"),
        ({"rules": [RULE]}, "rules: rule “Work”: `work` is not in the setting sign_ins"),
        (
            {"fallback": ("anthropic", "claude-code:work when limited")},
            "fallback: `claude-code:work when limited`: `work` is not in the setting sign_ins",
        ),
    ],
)
def test_a_sign_in_that_does_not_exist_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(**settings)
    load_settings(sign_ins={"work": "~/.claude-work"}, **settings)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_that_of_a_folder_and_cannot_leave_it(name: str) -> None:
    with pytest.raises(SettingsError, match="must be a name in lower case"):
        load_settings(sign_ins={name: "~/.claude-work"})
