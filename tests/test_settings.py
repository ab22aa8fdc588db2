"""A flag wins over the environment, that over the file, that over the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.settings import Settings, find_paths, load_settings


def write_file(text: str) -> Path:
    path = find_paths().config_file
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.backend) == ("127.0.0.1", 8000, "auto")


def test_who_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    write_file('port = 1\nbackend = "offline"\nmodel = "claude-opus-5"\n')
    monkeypatch.setenv("CLAUDE_BRIDGE_PORT", "2")
    monkeypatch.setenv("CLAUDE_BRIDGE_BACKEND", "anthropic")
    settings = load_settings(port=3, backend=None)
    assert (settings.port, settings.backend, settings.model) == (3, "anthropic", "claude-opus-5")


def test_home_moves_all_three_folders(home: Path) -> None:
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
def test_a_wrong_flag_is_named(flags: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(**flags)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE_DRAIN_SECONDS", "-1")
    with pytest.raises(SettingsError, match="CLAUDE_BRIDGE_DRAIN_SECONDS"):
        load_settings()


def test_a_wrong_line_of_the_file_is_named_with_the_file() -> None:
    path = write_file('colour = "blue"\n')
    with pytest.raises(SettingsError, match=f"`colour` in {path}"):
        load_settings()


def test_a_broken_file_is_named() -> None:
    path = write_file("port = = 1")
    with pytest.raises(SettingsError, match=str(path)):
        load_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_allowed(host: str) -> None:
    assert load_settings(host=host).host == host


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
