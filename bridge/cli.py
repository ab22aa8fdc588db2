"""The claude-bridge command: the tray, the server, and a look at it."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, get_args
from urllib import error as url_error
from urllib import request as url_request

from bridge import __version__
from bridge.errors import SettingsError
from bridge.key_command import add_key_parser, key_command
from bridge.settings import Settings, find_paths, load_settings
from bridge.talon_command import add_talon_parser, talon_command

NOT_RUNNING = 3
"""Exit code of `status` when nothing runs, as systemd's is."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 well, 2 cannot start, 3 not running."""
    given = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser().parse_args(given)
    command: str = arguments.command or "start"
    try:
        settings = load_settings(**{name: getattr(arguments, name) for name in _names()})
        return _COMMANDS[command](settings, arguments)
    except SettingsError as error:
        print(f"claude-bridge: {error}", file=sys.stderr)
        return 2


def _names() -> list[str]:
    return list(Settings.model_fields)


def _parser() -> argparse.ArgumentParser:
    flags = _setting_flags()
    parser = argparse.ArgumentParser(
        prog="claude-bridge",
        parents=[flags],
        description="Claude behind OpenAI's API on this machine. Without a command: the tray app, "
        "or the server alone where there is no desktop.",
    )
    parser.add_argument("--version", action="version", version=f"claude-bridge {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="{serve,tray,status,login,key,install-talon}"
    )
    later = _setting_flags(argparse.SUPPRESS)
    serve = commands.add_parser("serve", parents=[later], help="run the server, without a tray")
    serve.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("tray", parents=[later], help="run the tray app")
    commands.add_parser("status", parents=[later], help="say whether the bridge runs, and how")
    commands.add_parser("login", parents=[later], help="sign in to Claude Code")
    add_key_parser(commands)
    add_talon_parser(commands)
    return parser


def _setting_flags(default: Any = None) -> argparse.ArgumentParser:
    """Every setting is a flag; values are checked where all settings are."""
    flags = argparse.ArgumentParser(add_help=False)
    for name, field in Settings.model_fields.items():
        flags.add_argument(
            f"--{name.replace('_', '-')}",
            default=default,
            metavar="|".join(get_args(field.annotation)) or name.upper(),
            help=f"{field.description} (default: {field.default})",
        )
    return flags


def _start(settings: Settings, arguments: argparse.Namespace) -> int:
    from tray.desktop import missing_desktop

    reason = missing_desktop()
    if reason is None:
        return _tray(settings, arguments)
    print(f"{reason} Serving without a tray.", file=sys.stderr)
    return _serve(settings, arguments)


def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    from bridge.server.listening import listen

    sock = listen(settings.host, settings.port)
    with sock:
        from bridge.compose import make_bridge
        from bridge.logs import set_up_logging
        from bridge.server.serve import serve

        set_up_logging(
            settings.log_level,
            file=find_paths().log_file,
            log_format=settings.log_format,
            content=settings.log_content,
        )
        bridge = make_bridge(settings, find_paths())
        with_parent = getattr(arguments, "stop_with_parent", False)
        asyncio.run(serve(bridge, sock, stop_with_parent=with_parent))
    return 0


def _tray(settings: Settings, arguments: argparse.Namespace) -> int:
    from bridge.logs import set_up_logging
    from tray.app import run

    set_up_logging(settings.log_level)
    return run(settings, _given_flags(arguments))


def _given_flags(arguments: argparse.Namespace) -> list[str]:
    """The settings given as flags, to be given to the server again."""
    given = ((name, getattr(arguments, name)) for name in _names())
    return [
        word
        for name, value in given
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]


def _status(settings: Settings, arguments: argparse.Namespace) -> int:
    url = f"http://{settings.host}:{settings.port}"
    opener = url_request.build_opener(url_request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=10) as answer:
            health = json.load(answer)
        return _print_status(health)
    except (url_error.URLError, OSError, ValueError, KeyError):
        print(f"Not running: no bridge answers at {url}. Start it with: claude-bridge")
        return NOT_RUNNING


def _print_status(health: dict[str, Any]) -> int:
    backend = health["backend"]
    print(f"Running at {health['url']} (version {health['version']}, pid {health['pid']})")
    print(f"Backend:  {backend['active'] or 'none'} ({backend['reason']})")
    print(f"Model:    {health['model']}")
    print(f"Answers being written: {health['open_streams']}")
    if backend["cure"]:
        print(backend["cure"])
    return 0


def _login(settings: Settings, arguments: argparse.Namespace) -> int:
    """Claude Code's own sign-in, in this terminal: the bridge sees nothing of it."""
    from bridge.backends.claude_code.command import bundled_cli

    cli = bundled_cli() if settings.claude_cli == "bundled" else settings.claude_cli
    if cli is None:
        raise SettingsError("the Claude Code program is missing; install claude-agent-sdk again")
    try:
        return subprocess.run([cli, "auth", "login"], check=False).returncode  # noqa: S603 - it is the person's own
    except OSError as error:
        raise SettingsError(f"setting claude_cli: {cli} cannot be started: {error}") from error


def _key(settings: Settings, arguments: argparse.Namespace) -> int:
    code = key_command(arguments)
    if code == 0 and arguments.doing != "list":
        _tell_running(settings)
    return code


def _tell_running(settings: Settings) -> None:
    """A server that runs reads its keys anew; one that does not will when it starts."""
    token = find_paths().control_token
    if not token.exists():
        return
    headers = {
        "Authorization": f"Bearer {token.read_text('ascii').strip()}",
        "Content-Type": "application/json",
    }
    url = f"http://{settings.host}:{settings.port}/control/reload"
    opener = url_request.build_opener(url_request.ProxyHandler({}))
    try:
        opener.open(url_request.Request(url, b"{}", headers), timeout=10).close()
        print("The running bridge uses it from now on.", file=sys.stderr)
    except (url_error.URLError, OSError):
        print("It is used when the bridge starts.", file=sys.stderr)


def _install_talon(settings: Settings, arguments: argparse.Namespace) -> int:
    return talon_command(arguments)


_COMMANDS = {
    "start": _start,
    "serve": _serve,
    "tray": _tray,
    "status": _status,
    "login": _login,
    "key": _key,
    "install-talon": _install_talon,
}
