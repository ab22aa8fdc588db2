"""The reader of each sign-in. It needs few modules, and can read while the others are loaded."""

from __future__ import annotations

import os
from pathlib import Path

from bridge.backends.claude_code.command import find_bundled_cli
from bridge.backends.claude_code.sign_in.environments import list_environments
from bridge.backends.claude_code.sign_in.status import SignInStatusReader
from bridge.paths import Paths
from bridge.settings import Settings, is_loopback


def find_cli(settings: Settings) -> Path | None:
    """Return Claude Code's program; None if it is not there."""
    return find_bundled_cli() if settings.claude_cli == "bundled" else Path(settings.claude_cli)


def make_reader(settings: Settings, paths: Paths, name: str) -> SignInStatusReader | None:
    """Make the reader of a sign-in; None without Claude Code."""
    cli = find_cli(settings)
    if cli is None:
        return None
    environ = list_environments(settings, os.environ)[name]
    return SignInStatusReader(cli, environ, find_root(paths, name))


def find_root(paths: Paths, name: str) -> Path:
    """Return the folder in which the processes of a sign-in run."""
    return paths.claude_code if name == "default" else paths.claude_code / name


def is_needed_first(settings: Settings) -> bool:
    """Return whether the state of the server depends on the sign-in, as far as settings say."""
    return settings.backend in ("auto", "claude-code") and is_loopback(settings.host)
