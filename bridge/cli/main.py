"""The claude-bridge command: the tray, the server, and a look at it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args
from urllib import error as url_error
from urllib import request as url_request

from bridge import __version__
from bridge.cli.autostart import add_autostart_parser, autostart_command
from bridge.cli.client import NotRunning, Refused, local_bridge
from bridge.cli.computer import add_computer_parsers, computer_command, stop_command
from bridge.cli.keys import add_key_parser, key_command
from bridge.cli.settings import add_settings_parser, settings_command
from bridge.cli.talon import add_talon_parser, talon_command
from bridge.errors import SettingsError
from bridge.opening import open_page
from bridge.settings import Settings, find_paths, load_settings

TRAY_DRAIN_SECONDS = 120.0
"""How long answers may go on when the tray stops the server, unless the person has set it."""

GRACE_BEYOND_DRAIN = 2.0

COLLECT_AFTER = (10_000, 20, 20)
"""Objects, then young collections, then middle ones: each request makes hundreds that live on."""

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
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    later = _setting_flags(argparse.SUPPRESS)
    serve = commands.add_parser("serve", parents=[later], help="run the server, without a tray")
    serve.add_argument("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("tray", parents=[later], help="run the tray app")
    commands.add_parser("status", parents=[later], help="say whether the bridge runs, and how")
    commands.add_parser("login", parents=[later], help="sign in to Claude Code")
    dashboard = commands.add_parser("dashboard", parents=[later], help="open the dashboard")
    dashboard.add_argument("--setup", action="store_true", help="where you sign in")
    add_computer_parsers(commands)
    commands.add_parser("mcp", help="offer this desktop to Claude Code, Cursor and the like (MCP)")
    add_autostart_parser(commands)
    add_settings_parser(commands)
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
    from tray.desktop import explain_missing_desktop

    reason = explain_missing_desktop()
    if reason is None:
        return _tray(settings, arguments)
    print(f"{reason} Serving without a tray.", file=sys.stderr)
    return _serve(settings, arguments)


def _serve(settings: Settings, arguments: argparse.Namespace) -> int:
    from bridge.server.http.listen import listen

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
        asyncio.run(serve(bridge, sock, stop_with_parent=with_parent, on_loaded=_keep_loaded))
    return 0


def _keep_loaded() -> None:
    """What is loaded stays: a full collection need not look at it, which took 90 ms each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _tray(settings: Settings, arguments: argparse.Namespace) -> int:
    from tray.desktop import explain_missing_desktop
    from tray.launch import launch_tray
    from tray.launch_options import LaunchOptions

    reason = explain_missing_desktop()
    if reason is not None:
        raise SettingsError(f"{reason} Use: claude-bridge serve")
    given = _given_flags(arguments)
    flags = [*given]
    drain = settings.drain_seconds
    if "drain_seconds" not in settings.model_fields_set:
        # Quit can be said twice here, so nobody is kept waiting by it.
        drain = TRAY_DRAIN_SECONDS
        flags += ["--drain-seconds", str(drain)]
    paths = find_paths()
    return launch_tray(
        LaunchOptions(
            url=_url(settings),
            host=settings.host,
            port=settings.port,
            grace=drain + GRACE_BEYOND_DRAIN,
            flags=tuple(flags),
            given=tuple(given),
            version=__version__,
            data=str(paths.data),
            log_file=str(paths.log_file),
            control_token=str(paths.control_token),
            log_level=settings.log_level,
        )
    )


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


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
    url = _url(settings)
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


def _dashboard(settings: Settings, arguments: argparse.Namespace) -> int:
    """In the browser, as the person who may change things."""
    url = _url(settings)
    page = "/setup" if arguments.setup else "/"
    try:
        ticket = local_bridge(settings).ask("POST", "/control/tickets", {}).json()["ticket"]
    except (NotRunning, Refused) as error:
        print(error, file=sys.stderr)
        return NOT_RUNNING if isinstance(error, NotRunning) else 1
    if not open_page(url, ticket, page):
        print(f"No browser could be opened; go to {url}{page}", file=sys.stderr)
        return 1
    return 0


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
    url = f"{_url(settings)}/control/reload"
    opener = url_request.build_opener(url_request.ProxyHandler({}))
    try:
        told = url_request.Request(url, b"{}", headers)  # noqa: S310 - our own address
        opener.open(told, timeout=10).close()
        print("The running bridge uses it from now on.", file=sys.stderr)
    except (url_error.URLError, OSError):
        print("It is used when the bridge starts.", file=sys.stderr)


def _mcp(settings: Settings, arguments: argparse.Namespace) -> int:
    # Only here: it brings half a web server with it.
    from bridge.cli.mcp import mcp_command

    return mcp_command(settings)


_COMMANDS: Mapping[str, Callable[[Settings, argparse.Namespace], int]] = {
    "start": _start,
    "serve": _serve,
    "tray": _tray,
    "status": _status,
    "login": _login,
    "dashboard": _dashboard,
    "stop": lambda settings, _: stop_command(settings),
    "computer": computer_command,
    "mcp": _mcp,
    "autostart": lambda _, given: autostart_command(given, _given_flags(given)),
    "settings": lambda _, arguments: settings_command(arguments),
    "key": _key,
    "install-talon": lambda _, arguments: talon_command(arguments),
}
