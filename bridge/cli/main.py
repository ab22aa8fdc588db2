"""The `claude-bridge` command: read the command line and run one subcommand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from bridge import __version__
from bridge.cli.autostart import add_autostart_parser, run_autostart
from bridge.cli.computer import add_computer_parsers, run_computer
from bridge.cli.dashboard import add_dashboard_parser, run_dashboard
from bridge.cli.flags import USAGE, build_setting_flags, read_setting_flags
from bridge.cli.forget import add_forget_parser, run_forget
from bridge.cli.keys import add_key_parser, run_key
from bridge.cli.locate import add_address_flags
from bridge.cli.login import add_login_parser, run_login
from bridge.cli.serve import add_serve_parsers, run_serve, run_start, run_tray
from bridge.cli.settings import add_settings_parser, run_settings
from bridge.cli.status import add_status_parser, run_status
from bridge.cli.stop import is_stop_command, run_stop
from bridge.cli.talon import add_talon_parser, run_install_talon
from bridge.cli.usage import add_usage_parser, run_usage
from bridge.errors import SettingsError
from bridge.settings import Settings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code.

    0 is success, 1 an error, 2 a usage or configuration error, 3 that no bridge is running.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if is_stop_command(words):
        return run_stop(words)
    arguments = build_parser().parse_args(words)
    command: str = arguments.command or "start"
    try:
        if command in _COMMANDS:
            return _COMMANDS[command](arguments)
        settings = load_settings(**read_setting_flags(arguments))
        return _COMMANDS_WITH_SETTINGS[command](settings, arguments)
    except SettingsError as error:
        print(f"claude-bridge: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        # Any other exception is a bug, and its traceback is needed.
        if error.filename is None:
            raise
        print(f"claude-bridge: cannot use {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands. A setting's flag may stand before or after a command."""
    parser = argparse.ArgumentParser(
        prog="claude-bridge",
        usage=f"{USAGE} [--version] [COMMAND]",
        parents=[build_setting_flags()],
        description="Use Claude through OpenAI's API on this computer. Without a command, it "
        "starts the tray app, or only the server if there is no desktop.",
        # Otherwise a command's `--all` is taken for an abbreviation of `--allowed-hosts`.
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"claude-bridge {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=parser.prog)
    # Suppressed, so that a flag after the command does not reset the one before it.
    flags = build_setting_flags(argparse.SUPPRESS)
    add_serve_parsers(commands, flags)
    add_status_parser(commands, flags)
    add_usage_parser(commands)
    add_login_parser(commands, flags)
    add_dashboard_parser(commands, flags)
    add_computer_parsers(commands, flags)
    mcp_help = "offer this desktop to Claude Code, Cursor and other MCP clients"
    add_address_flags(commands.add_parser("mcp", help=mcp_help))
    add_autostart_parser(commands)
    add_settings_parser(commands)
    add_key_parser(commands)
    add_forget_parser(commands)
    add_talon_parser(commands)
    return parser


def _run_mcp(arguments: argparse.Namespace) -> int:
    # Imported here, because the `mcp` package imports half of a web server.
    from bridge.cli.mcp import run_mcp

    return run_mcp(arguments)


# These need no settings: a broken `config.toml` must not keep the user from them.
_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "status": run_status,
    "usage": run_usage,
    "dashboard": run_dashboard,
    "computer": run_computer,
    "mcp": _run_mcp,
    "autostart": run_autostart,
    "settings": run_settings,
    "key": run_key,
    "forget": run_forget,
    "install-talon": run_install_talon,
}
_COMMANDS_WITH_SETTINGS: Mapping[str, Callable[[Settings, argparse.Namespace], int]] = {
    "start": run_start,
    "serve": run_serve,
    "tray": run_tray,
    "login": run_login,
}
