"""`claude-bridge stop`: stop computer use, then the server; print what was done.

It loads no settings, so that it works with a broken `config.toml`. `computer stop` is the emergency
stop, which leaves the server running.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from bridge.cli.client import BridgeClient, ClientError, NotRunning, connect_to
from bridge.cli.computer.stop import NOTHING_TO_STOP, stop_computer
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import Target, add_address_flags, list_targets
from bridge.cli.text import print_error, print_line
from bridge.running import RunningServer, is_alive

_TIMEOUT_SECONDS = 10.0
_AFTER_DRAIN_SECONDS = 15.0
"""Seconds after the drain until the process has ended: it closes files and Claude Code."""
_POLL_SECONDS = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stop`."""
    parser.description = (
        "Stop Claude's use of this computer, let active requests finish, and end the server. "
        "Without --port, all servers of yours. To stop computer use alone: "
        "claude-bridge computer stop"
    )
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Stop all servers, or the one that the flags choose; return the exit code."""
    codes = [_stop_at(target) for target in list_targets(arguments)]
    failures = [code for code in codes if code not in (ExitCode.OK, ExitCode.NOT_RUNNING)]
    return failures[0] if failures else min(codes)


def _stop_at(target: Target) -> int:
    try:
        stop_server(target)
    except NotRunning as error:
        print_error(f"Nothing to stop: no server is running at {target.url}.")
        return error.exit_code
    except ClientError as error:
        print_error(error)
        return error.exit_code
    return ExitCode.OK


def stop_server(target: Target) -> None:
    """Stop one server, wait for its end, and print what was done. Raises ClientError."""
    bridge = connect_to(target, timeout=_TIMEOUT_SECONDS)
    try:
        stop_computer_first(bridge)
        accepted = bridge.send("POST", "/control/stop", {}).json()
    finally:
        bridge.close()
    print_progress(accepted)
    if wait_until(lambda: has_ended(target), read_drain_seconds(accepted)):
        print_line(f"Stopped the server at {target.url}.")
        return
    pid = f" (pid {target.record.pid})" if target.record is not None else ""
    raise ClientError(f"The server at {target.url}{pid} has accepted the stop, but still runs.")


def stop_computer_first(bridge: BridgeClient) -> None:
    """Stop computer use, and print it if there was any. Raises ClientError."""
    # First, because the server goes on with its active requests for a while.
    stopped = stop_computer(bridge)
    if stopped != NOTHING_TO_STOP:
        print_line(stopped)


def print_progress(accepted: Any) -> None:
    """Print what the server still waits for, from its answer to a stop."""
    if count := accepted["open_streams"]:
        noun = "request" if count == 1 else "requests"
        seconds = accepted.get("drain_seconds")
        limit = f", at most {seconds:g} s" if seconds is not None else ""
        print_line(f"Waiting for {count} active {noun}{limit} …")


def read_drain_seconds(accepted: Any) -> float:
    """Return how long a stop may take; servers of older versions do not say it."""
    return float(accepted.get("drain_seconds", 120.0)) + _AFTER_DRAIN_SECONDS


def wait_until(is_done: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition is true; return False if it still is not after `seconds`."""
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def has_ended(target: Target) -> bool:
    """Return whether the server's process has ended, or without its number, whether it answers."""
    if target.record is not None:
        return not is_alive(target.record)
    return not is_answering(target)


def is_answering(target: Target) -> bool:
    """Return whether a server of the user answers there, and is not about to stop."""
    return fetch_health(target) is not None


def fetch_health(target: Target) -> Any:
    """Return the answer of a server that is not about to stop; None if there is none."""
    try:
        bridge = connect_to(target, timeout=_TIMEOUT_SECONDS)
        try:
            health = bridge.send("GET", "/health").json()
        finally:
            bridge.close()
    except ClientError:
        return None
    return None if health["status"] == "stopping" else health


def list_addresses(record: RunningServer | None, servers: list[RunningServer]) -> list[str]:
    """Return the addresses of the servers in the process of a record."""
    return [server.url for server in servers if record is not None and server.pid == record.pid]
