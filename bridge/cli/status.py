"""`claude-bridge status`: print whether the bridge runs, its backend and its model."""

from __future__ import annotations

import argparse
from typing import Any

from bridge.cli.client import (
    NOT_RUNNING,
    BridgeClient,
    ClientError,
    NotProven,
    NotResponding,
    read_control_token,
)
from bridge.cli.computer import format_computer_use
from bridge.cli.flags import USAGE
from bridge.cli.locate import Target, list_targets
from bridge.paths import find_paths
from bridge.running import list_servers

_TIMEOUT_SECONDS = 10.0


def add_status_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], flags: argparse.ArgumentParser
) -> None:
    """Add the parser of `status`."""
    commands.add_parser(
        "status",
        parents=[flags],
        usage=USAGE,
        help="show whether the server is running, and its backend",
    )


def run_status(arguments: argparse.Namespace) -> int:
    """Print the status of all servers, or of the one that the flags choose; return the exit code.

    0: one of them runs. 1: one does not respond. 3: none runs.
    """
    codes = []
    for target in list_targets(arguments):
        code, text = _describe_target(target)
        codes.append(code)
        print(text)
        if code == NOT_RUNNING:
            _list_others(target)
    return min(codes)


def _describe_target(target: Target) -> tuple[int, str]:
    """Return the exit code and the text for one server."""
    try:
        health = _fetch_health(target, read_control_token())
        return 0, _format_health(health)
    except NotProven as error:
        return NOT_RUNNING, f"Not running: no bridge of yours at {target.url}. {error}"
    except NotResponding as error:
        return 1, str(error)
    except (ClientError, ValueError, KeyError, TypeError):
        return (
            NOT_RUNNING,
            f"Not running: no bridge at {target.url}. Start it with: claude-bridge",
        )


def _fetch_health(target: Target, token: str) -> dict[str, Any]:
    # With the token, so that the server proves itself first: another program could answer, too.
    client = BridgeClient(target.url, token, timeout=_TIMEOUT_SECONDS, record=target.record)
    try:
        health: dict[str, Any] = client.send("GET", "/health").json()
        return health
    finally:
        client.close()


def _list_others(target: Target) -> None:
    """Print where servers run, when there is none at the address that was asked for."""
    for server in list_servers(find_paths().data):
        if server != target.record:
            print(f"A bridge is running at {server.url} (pid {server.pid}).")


def _format_health(health: dict[str, Any]) -> str:
    backend = health["backend"]
    lines = [
        f"Running at {health['url']} (version {health['version']}, pid {health['pid']})",
        f"Backend:  {backend['active'] or 'none'} ({backend['reason']})",
        f"Model:    {health['model']}",
        f"Active requests: {health['open_streams']}",
    ]
    # Bridges of the first version had no computer use in their health.
    if computer := health.get("computer"):
        lines.append(format_computer_use(computer))
    lines += [
        f"Rejected: {route['label']} ({route['problem']})"
        for route in health["routes"]
        if route.get("credential") == "rejected"
    ]
    # Bridges of the previous version call it `cure`.
    if hint := backend.get("hint") or backend.get("cure"):
        lines.append(hint)
    return "\n".join(lines)
