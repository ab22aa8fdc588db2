"""`claude-bridge login`: run Claude Code's own sign-in in this terminal."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from bridge.errors import SettingsError
from bridge.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `login`."""
    parser.add_argument(
        "name", nargs="?", help="a further sign-in, by its name in the setting sign_ins"
    )
    parser.add_argument(
        "--claude-cli", metavar="PATH", help="the `claude` program (default: the setting)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run `claude auth login` and return its exit code; the bridge sees no password or token.

    Raises SettingsError if there is no such program.
    """
    # Imported here, so that other commands start without the packages of all backends.
    from bridge.backends.claude_code.command import (
        explain_missing_cli,
        explain_start_failure,
        find_bundled_cli,
    )
    from bridge.backends.claude_code.sign_in.environments import list_environments

    settings = load_settings(claude_cli=arguments.claude_cli)
    cli = find_bundled_cli() if settings.claude_cli == "bundled" else settings.claude_cli
    if cli is None:
        reason, hint = explain_missing_cli()
        raise SettingsError(f"{reason}. {hint}")
    environs = list_environments(settings, os.environ)
    name = arguments.name or settings.sign_in
    if name not in environs:
        raise SettingsError(f"there is no sign-in `{name}`; add its folder to the setting sign_ins")
    # Claude Code stores the sign-in itself, so the bridge never handles it.
    command = [cli, "auth", "login"]
    try:
        return subprocess.run(command, env=environs[name], check=False).returncode  # noqa: S603 - the user's program
    except OSError as error:
        reason = explain_start_failure(Path(cli), error)
        raise SettingsError(f"setting claude_cli: {reason}") from error
