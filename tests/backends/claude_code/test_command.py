"""The flags and the environment of a Claude Code process."""

from __future__ import annotations

import errno
import os
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from bridge.backends.claude_code.command import (
    FLAGS,
    SDK_REQUIREMENT,
    build_environment,
    describe_start_failure,
    explain_missing_cli,
    find_bundled_cli,
)

ROOT = Path(__file__).parents[3]


def test_the_environment_has_no_key_and_no_configuration() -> None:
    given = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "HTTPS_PROXY": "http://proxy",
        "ANTHROPIC_API_KEY": "sk-ant-secret",
        "ANTHROPIC_AUTH_TOKEN": "secret",
        "ANTHROPIC_MODEL": "x",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
        "CLAUDECODE": "1",
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "CLAUDE_CODE_EXTRA_BODY": "{}",
        "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-x",
        "CLAUDE_CONFIG_DIR": "/home/me/.other",
        "CLAUDE_BRIDGE_PORT": "9",
    }
    environment = build_environment(given, Path("own"))
    kept = {name for name in given if name in environment}
    assert kept == {
        "PATH",
        "HOME",
        "HTTPS_PROXY",
        "ANTHROPIC_BASE_URL",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CONFIG_DIR",
    }
    assert environment["CLAUDE_CODE_TMPDIR"] == str(Path("own"))
    # Telemetry, error reports and updates.
    assert environment["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"
    assert environment["DISABLE_AUTOUPDATER"] == "1"


def test_the_flags_turn_off_tools_settings_and_transcripts() -> None:
    assert {"--tools=", "--setting-sources=", "--strict-mcp-config"} <= set(FLAGS)
    assert "--no-session-persistence" in FLAGS


def test_the_bundled_program_is_found() -> None:
    cli = find_bundled_cli()
    assert cli is not None
    assert os.access(cli, os.X_OK)


def test_without_the_package_the_backend_says_how_to_add_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_bundled_cli() is None
    reason, hint = explain_missing_cli()
    assert reason == "Claude Code is not installed"
    assert f"`pip install {SDK_REQUIREMENT}`" in hint


def test_the_package_is_the_one_that_the_tests_run_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert extras["claude-code"] == [SDK_REQUIREMENT]
    assert SDK_REQUIREMENT in extras["test"]
    assert SDK_REQUIREMENT.endswith(f"=={version('claude-agent-sdk')}")


def test_a_failed_start_says_once_that_it_failed() -> None:
    error = OSError(errno.EMFILE, "Too many open files")
    assert describe_start_failure(Path("/opt/claude"), error).startswith(
        "Claude Code cannot be started: the system refuses to run /opt/claude "
        "(Too many open files). "
    )
