"""`claude-bridge restart`: stop the server, and start it again where it ran, as it was started."""

from __future__ import annotations

import argparse
from typing import Any

from bridge.cli.client import ClientError, RequestRefused, connect_to
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import Target, add_address_flags, choose_target
from bridge.cli.server.stop import (
    fetch_health,
    list_addresses,
    print_progress,
    read_drain_seconds,
    stop_computer_first,
    wait_until,
)
from bridge.cli.text import print_line
from bridge.errors import SettingsError, SettingsUnusable
from bridge.paths import find_paths
from bridge.running import list_servers, to_reachable

_TIMEOUT_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `restart`."""
    parser.description = (
        "Stop computer use, let active requests finish, and start the server again in the same "
        "place with the same flags. It reads config.toml again."
    )
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Restart the server and wait until it answers; return the exit code."""
    target = choose_target(arguments)
    bridge = connect_to(target, timeout=_TIMEOUT_SECONDS)
    try:
        stop_computer_first(bridge)
        accepted = bridge.send("POST", "/control/restart", {}).json()
    except RequestRefused as error:
        if error.code == SettingsUnusable.code:
            raise SettingsError(str(error)) from error
        raise
    finally:
        bridge.close()
    print_progress(accepted)
    health = _wait_for_start(target, read_drain_seconds(accepted))
    print_line(f"Restarted: {health['url']} (version {health['version']}, pid {health['pid']})")
    return ExitCode.OK


def _wait_for_start(target: Target, seconds: float) -> Any:
    """Return the health of the new server. Raises ClientError."""
    health: Any = None

    def is_started() -> bool:
        nonlocal health
        # With port 0, the new server has another one; the record of its process tells which.
        own = list_addresses(target.record, list_servers(find_paths().data))
        addresses = [target.url, *(to_reachable(url) for url in own)]
        # Without a record, so that a server that is still starting is not called hung.
        health = next(filter(None, (fetch_health(Target(url)) for url in addresses)), None)
        return health is not None

    if not wait_until(is_started, seconds):
        raise ClientError(
            f"The server at {target.url} has stopped, but does not answer again. To see why, start "
            "it in this terminal: claude-bridge serve"
        )
    return health
