"""`claude-bridge status`: print whether the server runs, its backend and its model."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

from bridge.cli.client import (
    BridgeClient,
    ClientError,
    NotProven,
    NotResponding,
    read_control_token,
)
from bridge.cli.computer.health import format_computer_use
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import Target, add_address_flags, list_targets
from bridge.cli.text import clean, print_line
from bridge.paths import find_paths
from bridge.running import list_servers

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _State:
    """What was found at one address."""

    url: str
    code: ExitCode
    text: str
    """For the user."""
    health: dict[str, Any] | None = None
    """The server's answer to `GET /health`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `status`."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the status of all servers, or of the one that the flags choose; return the exit code.

    0: one of them runs. 1: one does not respond. 3: none runs.
    """
    states = []
    for target in list_targets(arguments):
        state = _find_state(target)
        states.append(state)
        if not arguments.json:
            print_line(state.text)
            if state.code == ExitCode.NOT_RUNNING:
                _list_others(target)
    if arguments.json:
        servers = [
            {"url": s.url, "running": s.health is not None, "health": s.health} for s in states
        ]
        print(json.dumps({"servers": servers}, indent=2))
    return min(state.code for state in states)


def _find_state(target: Target) -> _State:
    try:
        health = _fetch_health(target, read_control_token())
        return _State(target.url, ExitCode.OK, _format_health(health), health)
    except NotProven as error:
        text = f"Not running: no bridge of yours at {target.url}. {error}"
        return _State(target.url, ExitCode.NOT_RUNNING, text)
    except NotResponding as error:
        return _State(target.url, ExitCode.ERROR, str(error))
    except (ClientError, ValueError, KeyError, TypeError):
        text = f"Not running: no bridge at {target.url}. Start it with: claude-bridge"
        return _State(target.url, ExitCode.NOT_RUNNING, text)


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
            print_line(f"A bridge is running at {server.url} (pid {server.pid}).")


def _format_health(health: dict[str, Any]) -> str:
    backend = health["backend"]
    lines = [
        f"Running at {health['url']} (version {health['version']}, pid {health['pid']})",
        f"API:      {health['url']}/v1",
        f"Backend:  {backend['active'] or 'none'} ({backend['reason']})",
        f"Model:    {health['model']}",
        f"Active requests: {health['open_streams']}",
    ]
    if health.get("paused"):
        lines.append("Paused: requests are refused until you resume them (tray or dashboard).")
    if health.get("recorder", {}).get("on"):
        lines.append("Requests are recorded with their content; claude-bridge inspect off ends it.")
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
    return clean("\n".join(lines))
