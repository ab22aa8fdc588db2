"""`claude-bridge status`: print whether the bridge runs, its backend and its model."""

from __future__ import annotations

import argparse
from typing import Any

from bridge.cli.client import NOT_RUNNING, BridgeClient, NotRunning, RequestRefused, format_url
from bridge.cli.flags import USAGE
from bridge.settings import Settings

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


def run_status(settings: Settings, _arguments: argparse.Namespace) -> int:
    """Print the status; return 0, or 3 if no bridge is running."""
    url = format_url(settings)
    # Without the token: `/health` is open, and another program may be listening there.
    client = BridgeClient(url, timeout=_TIMEOUT_SECONDS)
    try:
        print(_format_health(client.send("GET", "/health").json()))
    except (NotRunning, RequestRefused, ValueError, KeyError, TypeError):
        print(f"Not running: no bridge at {url}. Start it with: claude-bridge")
        return NOT_RUNNING
    finally:
        client.close()
    return 0


def _format_health(health: dict[str, Any]) -> str:
    backend = health["backend"]
    lines = [
        f"Running at {health['url']} (version {health['version']}, pid {health['pid']})",
        f"Backend:  {backend['active'] or 'none'} ({backend['reason']})",
        f"Model:    {health['model']}",
        f"Active requests: {health['open_streams']}",
    ]
    # Bridges of the previous version call it `cure`.
    if hint := backend.get("hint") or backend.get("cure"):
        lines.append(hint)
    return "\n".join(lines)
