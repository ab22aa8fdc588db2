"""Checks of the settings, the running server, its port and its connection to Claude."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from bridge import __version__
from bridge.cli.client import ClientError, NotRunning, connect_to
from bridge.cli.doctor.report import Check
from bridge.cli.locate import Target, list_targets
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.running import DEFAULT_HOST, DEFAULT_PORT, list_servers
from bridge.settings import load_settings

_TIMEOUT_SECONDS = 10.0
_START = "Start it with: claude-bridge"


def check_settings(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check config.toml and the environment variables."""
    from bridge.cli.start_check import check_start

    path = find_paths().config_file
    try:
        settings = load_settings()
        check_start(settings, find_paths())
    except SettingsError as error:
        yield Check("Settings", "fail", str(error), "Correct it with: claude-bridge config edit")
        return
    changed = ", ".join(sorted(settings.model_fields_set)) or "all at their defaults"
    where = path if path.exists() else f"{path} (does not exist yet)"
    yield Check("Settings", "ok", f"{where}; set: {changed}")


def check_server(arguments: argparse.Namespace) -> Iterator[Check]:
    """Check whether a server runs, and whether it is of this version."""
    # As checks, and not on stderr: what the doctor prints is pasted into issues.
    problems: list[str] = []
    targets = list_targets(arguments, problems.append)
    for problem in problems:
        yield Check("Address", "warn", f"ignored to find the server: {problem}")
    for target in targets:
        try:
            health = _fetch_health(target)
        except NotRunning:
            yield Check("Server", "note", f"not running at {target.url}", _START)
        except ClientError as error:
            if target.record is None:
                # No server of the user; the check of the port names the program and the fix.
                yield Check("Server", "note", str(error))
            else:
                yield Check("Server", "fail", str(error), "Restart it: claude-bridge restart")
        else:
            yield _judge_version(health)


def _judge_version(health: Any) -> Check:
    text = f"running at {health['url']}, version {health['version']}, pid {health['pid']}"
    if health["version"] != __version__:
        fix = f"Version {__version__} is installed. Use it with: claude-bridge restart"
        return Check("Server", "warn", text, fix)
    return Check("Server", "ok", text)


def check_port(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check whether the port is free, if no server of the user has it."""
    from bridge.server.http.listen import find_port_holder

    try:
        settings = load_settings()
        host, port = settings.host, settings.port
    except SettingsError:
        host, port = DEFAULT_HOST, DEFAULT_PORT
    own = [server for server in list_servers(find_paths().data) if server.port == port]
    if own:
        yield Check("Port", "ok", f"{port} is used by the bridge (pid {own[0].pid})")
    elif port == 0 or _is_free(host, port):
        yield Check("Port", "ok", "any free one" if port == 0 else f"{port} is free")
    else:
        holder = find_port_holder(port) or "another program, which this system does not name"
        fix = f"End that program, or choose another port: claude-bridge config set port {port + 1}"
        yield Check("Port", "fail", f"{port} is taken by {holder}", fix)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True


def check_connection(arguments: argparse.Namespace) -> Iterator[Check]:
    """Report which backend the running server uses, and what it lacks."""
    problems: list[str] = []
    try:
        # What is wrong with the address, the check of the server has said, too.
        health = _fetch_health(list_targets(arguments, problems.append)[0])
    except (ClientError, SettingsError):
        # The check of the server has said it; the next checks look at keys and the sign-in.
        return
    backend = health["backend"]
    if backend["active"] is None:
        yield Check("Claude", "fail", f"not connected: {backend['reason']}", backend["hint"] or "")
        return
    yield Check("Claude", "ok", f"{backend['reason']}; model {health['model']}")
    for route in health["routes"]:
        if route.get("problem"):
            fix = "Check it with: claude-bridge key test"
            yield Check("Claude", "warn", f"{route['label']}: {route['problem']}", fix)
    for problem in health.get("storage_problems", ()):
        yield Check("Storage", "warn", problem)


def _fetch_health(target: Target) -> Any:
    """Return the health of a server. Raises ClientError and SettingsError."""
    with closing(connect_to(target, timeout=_TIMEOUT_SECONDS)) as client:
        return client.send("GET", "/health").json()
