"""A flag overrides the environment, which overrides the file, which overrides the default."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.settings import Settings, find_paths, format_default, load_settings


def write_file(text: str) -> Path:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_defaults_apply() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.backend) == ("127.0.0.1", 8000, "auto")


def test_a_flag_overrides_a_variable_which_overrides_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_file('port = 1\nbackend = "offline"\nmodel = "claude-opus-5"\n')
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", "2")
    monkeypatch.setenv("CLAUDE_BRIDGE_BACKEND", "anthropic")
    settings = load_settings(port=3, backend=None)
    assert (settings.port, settings.backend, settings.model) == (3, "anthropic", "claude-opus-5")


def test_claude_bridge_home_moves_all_three_folders(home: Path) -> None:
    paths = find_paths()
    assert (paths.config, paths.data, paths.logs) == (home / "config", home / "data", home / "logs")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"port": "many"}, "--port: input should be a valid integer"),
        ({"port": 70000}, "--port: input should be less than or equal to 65535"),
        ({"backend": "magic"}, "--backend: input should be 'auto', 'anthropic'"),
        ({"host": "example.org"}, "--host: .*IPv4 or IPv6"),
    ],
)
def test_an_invalid_flag_is_named(flags: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(**flags)


def test_an_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_DRAIN_SECONDS", "-1")
    with pytest.raises(SettingsError, match="CLAUDE_BRIDGE_DRAIN_SECONDS"):
        load_settings()


def test_a_misspelled_line_of_the_file_is_answered_with_what_was_meant() -> None:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.write_text("modle = 'opus'\n")
    words = "there is no such setting. Did you mean `model`?"
    with pytest.raises(SettingsError, match=re.escape(words)):
        load_settings()


def test_an_unknown_line_of_the_file_is_named_with_the_file() -> None:
    path = write_file('colour = "blue"\n')
    with pytest.raises(SettingsError, match=f"`colour` in {path}"):
        load_settings()


@pytest.mark.parametrize("text", ["port = = 1", "port = " + "[" * 100_000], ids=["line", "deep"])
def test_an_invalid_file_is_named(text: str) -> None:
    path = write_file(text)
    with pytest.raises(SettingsError, match=str(path)):
        load_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_addresses_are_valid_hosts(host: str) -> None:
    assert load_settings(host=host).host == host


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


HOSTS = ("bridge.test", "other.test")


def test_a_list_in_the_file_is_a_list() -> None:
    write_file('allowed_hosts = ["bridge.test", "other.test"]')
    assert load_settings().allowed_hosts == HOSTS


@pytest.mark.parametrize("text", ["bridge.test,other.test", " bridge.test, other.test,, "])
def test_a_comma_separated_string_is_still_read_as_a_list(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = write_file(f'allowed_hosts = "{text}"')
    assert load_settings().allowed_hosts == HOSTS
    path.unlink()
    monkeypatch.setenv("CLAUDE_BRIDGE_ALLOWED_HOSTS", text)
    assert load_settings().allowed_hosts == HOSTS
    assert load_settings(allowed_hosts="flag.test").allowed_hosts == ("flag.test",)


@pytest.mark.parametrize("text", ["", "none"])
def test_an_empty_string_and_the_old_default_are_empty_lists(text: str) -> None:
    assert load_settings(allowed_hosts=text, allowed_origins=text).allowed_hosts == ()


def test_an_invalid_list_is_named() -> None:
    path = write_file("allowed_origins = 7")
    with pytest.raises(SettingsError, match=f"`allowed_origins` in {path}: input should be"):
        load_settings()


def test_defaults_are_shown_as_the_file_has_them() -> None:
    shown = {name: format_default(field.default) for name, field in Settings.model_fields.items()}
    assert [shown[name] for name in ("host", "port", "log_content", "allowed_hosts")] == [
        "127.0.0.1",
        "8000",
        "false",
        "[]",
    ]


def test_a_file_whose_link_is_broken_is_not_read_as_no_file() -> None:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.symlink_to("nowhere")
    with pytest.raises(SettingsError, match="cannot read"):
        load_settings()


@pytest.mark.parametrize("name", ["allowed_origins", "allowed_hosts"])
def test_a_list_with_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="must not contain an empty name"):
        load_settings(**{name: ["https://a.example", ""]})


@pytest.mark.parametrize("text", ["a.example,b.example", '["a.example", "b.example"]'])
def test_a_list_in_a_variable_may_be_json(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_ALLOWED_HOSTS", text)
    assert load_settings().allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    "text",
    ["Fast=haiku, gpt-4o = claude-opus-5-5", '{"fast": "haiku", "GPT-4o": "claude-opus-5-5"}'],
)
def test_model_aliases_are_pairs(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_MODEL_ALIASES", text)
    assert load_settings().model_aliases == {"fast": "haiku", "gpt-4o": "claude-opus-5-5"}


def test_model_aliases_are_a_table_in_the_file(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('[model_aliases]\nfast = "haiku"\n')
    assert load_settings().model_aliases == {"fast": "haiku"}


def test_an_alias_without_a_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_MODEL_ALIASES", "fast")
    with pytest.raises(SettingsError, match="must be pairs such as"):
        load_settings()


RULE = {"name": "Cursor", "client": "cursor*", "use_model": "opus", "computer": False}


def test_rules_are_tables_in_the_file_and_json_in_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = '[[rules]]\nname = "Cursor"\nclient = "cursor*"\nuse_model = "opus"\ncomputer = false\n'
    write_file(text)
    (rule,) = load_settings().rules
    assert rule.model_dump(exclude_defaults=True) == RULE
    monkeypatch.setenv("CLAUDE_BRIDGE_RULES", json.dumps([{**RULE, "name": "Other"}]))
    assert [rule.name for rule in load_settings().rules] == ["Other"]
    assert load_settings(rules="").rules == ()


def test_a_wrong_rule_is_named_with_its_field_and_its_file() -> None:
    path = write_file('[[rules]]\nname = "Cursor"\neffort = "huge"\n')
    with pytest.raises(SettingsError) as raised:
        load_settings()
    words = f"setting `rules` in {path}: rule 1 (“Cursor”), `effort`: input should be 'none',"
    assert str(raised.value).startswith(words)


# --- sign-ins

WORK_RULE = {"name": "Work", "sign_in": "work"}
ODD_SIGN_INS = ("../up", "a/b", "", ".", "-work", "Work", "wörk", "a" * 31, "a\n", "default")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sign_in": "work"}, "sign_in: `work` is not in the setting sign_ins"),
        ({"rules": [WORK_RULE]}, "rules: rule “Work”: `work` is not in the setting sign_ins"),
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


@pytest.mark.parametrize("name", ODD_SIGN_INS)
def test_a_name_is_that_of_a_folder_and_cannot_leave_it(name: str) -> None:
    with pytest.raises(SettingsError, match="must be a name in lower case"):
        load_settings(sign_ins={name: "~/.claude-work"})
