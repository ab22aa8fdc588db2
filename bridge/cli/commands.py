"""The table of all commands: their names, summaries and modules.

`main` and `--help` read it without importing the modules, so that each command loads only what it
needs itself: the time until a command starts is mostly imports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import argparse


class CommandModule(Protocol):
    """What the module of a command has."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    """Run the command; return the exit code. Raises SettingsError, CommandFailed and OSError."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    name: str
    summary: str
    """What it does, in the imperative."""
    module: str
    """The name of its module below `bridge.cli`."""
    listed: bool = True
    """Whether `claude-bridge --help` lists it; all are in docs/commands.md."""

    def load(self) -> CommandModule:
        """Import the module."""
        return cast(CommandModule, import_module(f"bridge.cli.{self.module}"))


START = Command("start", "run the tray app, or only the server", "server.start")
"""What `claude-bridge` does without a command."""

COMMANDS = (
    Command("serve", "run only the server, in this terminal", "server.serve"),
    Command("tray", "run the tray app", "server.tray", listed=False),
    Command("stop", "stop computer use, then the server", "server.stop"),
    Command("restart", "restart the server, with changed settings", "server.restart"),
    Command("status", "show whether the server runs, and its backend", "server.status"),
    Command("logs", "show the log; -f follows it", "server.logs"),
    Command("doctor", "check this installation; says how to fix what is wrong", "doctor.command"),
    Command("ask", "ask Claude, and print the answer as it arrives", "ask"),
    Command("models", "list the models", "models"),
    Command("inspect", "record requests for a while, and look at them", "inspect.command"),
    Command("usage", "show what is left of your plan; allow extra usage, or stop it", "usage"),
    Command("dashboard", "open the dashboard", "dashboard"),
    Command("connect", "connect a program such as Codex or Zed, or undo it", "connect.command"),
    Command(
        "prove",
        "test what a program does with errors, tools and silence",
        "connect.certify",
        listed=False,
    ),
    Command("login", "sign in to Claude Code", "login"),
    Command("key", "save, test, list and remove API keys", "keys"),
    Command("config", "show and change settings", "config.command"),
    Command("settings", "open the settings file", "config.template", listed=False),
    Command("autostart", "start at login", "autostart"),
    Command("computer", "see and control this desktop, with your permission", "computer.commands"),
    Command("mcp", "offer this desktop to MCP clients such as Cursor", "mcp.command"),
    Command("install-talon", "link the voice commands into Talon", "talon"),
    Command("forget", "delete stored conversations and actions", "forget", listed=False),
    Command("uninstall", "remove keys, data and links, after asking", "uninstall"),
    Command("completion", "print a script for your shell, for the tab key", "completion.command"),
)

NAMES = tuple(command.name for command in COMMANDS)


def find_command(name: str) -> Command | None:
    """Return the command of this name."""
    return next((command for command in COMMANDS if command.name == name), None)


def format_help() -> str:
    """Return the help of `claude-bridge`, which fits on one screen of 24 lines."""
    width = max(len(command.name) for command in COMMANDS if command.listed)
    lines = [f"  {c.name.ljust(width)}  {c.summary}" for c in COMMANDS if c.listed]
    return "\n".join(
        (
            "Usage: claude-bridge [COMMAND]   Without one: start the tray app, or only the server.",
            *lines,
            "Help: claude-bridge COMMAND --help    Settings: claude-bridge serve --help",
        )
    )
