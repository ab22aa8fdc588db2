"""Builds the commands that upgrade and remove the program, with its name as a package."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.docs.markdown import fence

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def build_upgrade() -> str:
    """Show the command of each installer."""
    return "\n".join(
        fence("sh", command)
        for command in (
            "git pull && uv tool install --reinstall '.[claude-code]'",
            "git pull && pipx install --force '.[claude-code]'",
            "git pull && . .venv/bin/activate && pip install '.[claude-code]'",
        )
    )


def build_uninstall() -> str:
    """Show the command of each installer."""
    name = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["name"]
    commands = (f"uv tool uninstall {name}", f"pipx uninstall {name}", f"pip uninstall {name}")
    return "\n".join(fence("sh", command) for command in commands)
