"""`claude-bridge computer stop`: stop computer use at once, and turn it off.

This is an emergency stop. It needs the server's address and the control token, and nothing else: it
loads no settings, ignores flags that it does not know, and tells what it has stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from bridge.cli.client import NOT_RUNNING, BridgeClient, ClientError, connect_to
from bridge.cli.computer.stop_words import COMMAND
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import Target, list_targets, parse_host, parse_port
from bridge.cli.text import print_error, print_line
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.running import list_servers

TIMEOUT_SECONDS = 5.0
"""Seconds for each answer of a server whose loop may be busy."""

NOTHING_TO_STOP = "Nothing to stop: computer use was already off."
_BY_KEY = (
    "To stop without this command, press the stop key (Ctrl+Alt+Escape by default), or push the "
    "mouse into a corner of the screen."
)


def run_stop(words: Sequence[str]) -> int:
    """Stop computer use on all servers, or on those that the flags choose; return the exit code.

    0: a server confirmed that computer use is off. 1: one did not. 2: the data folder or the token
    cannot be read. 3: no server runs.
    """
    arguments = _read_words(words)
    try:
        targets = list_targets(arguments)
        return _combine([_stop_at(target, len(targets) > 1) for target in targets])
    except SettingsError as error:
        print_error(f"claude-bridge: {error}. Nothing was stopped. {_BY_KEY}")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        print_error("Interrupted: it is not known whether anything was stopped.")
        return ExitCode.INTERRUPTED


def _read_words(words: Sequence[str]) -> argparse.Namespace:
    """Read `--host` and `--port` wherever they are; mention what is ignored."""
    parser = argparse.ArgumentParser(
        prog="claude-bridge computer stop",
        description="Stop computer use at once, and turn it off. Without an address, on all "
        "servers of this user and data folder. Exit codes: 0 it is off, 1 a server did not confirm "
        "it, 2 the data folder cannot be read, 3 no server is running.",
    )
    parser.add_argument("--host", nargs="?", help="address of the server")
    parser.add_argument("--port", nargs="?", help="port of the server")
    arguments, others = parser.parse_known_args([word for word in words if word not in COMMAND])
    ignored = list(others)
    # A slip of the finger must not keep the user from stopping: then all servers are stopped.
    for name, parse in (("host", parse_host), ("port", parse_port)):
        value = getattr(arguments, name)
        try:
            parse(value)
        except ValueError:
            ignored.append(f"--{name} {value}")
            setattr(arguments, name, None)
    if ignored:
        print_error(f"claude-bridge: ignored: {' '.join(ignored)}")
    return arguments


def _stop_at(target: Target, several: bool) -> int:
    """Stop computer use on one server, and print what was stopped; return the exit code."""
    prefix = f"{target.url}: " if several else ""
    try:
        print_line(f"{prefix}{_send_stop(target)}")
    except ClientError as error:
        print_error(f"{prefix}{error}")
        if error.exit_code == NOT_RUNNING:
            print_line(f"{prefix}Nothing was stopped: no server is running there.")
            _print_others(target)
        else:
            print_line(f"{prefix}It is not known whether computer use has stopped. {_BY_KEY}")
        return error.exit_code
    return ExitCode.OK


def _print_others(target: Target) -> None:
    for server in list_servers(find_paths().data):
        if server != target.record:
            again = f"claude-bridge computer stop --port {server.port}"
            print_line(f"To stop the one at {server.url}: {again}")


def _send_stop(target: Target) -> str:
    """Send the stop; return what was stopped. Raises ClientError."""
    bridge = connect_to(target, timeout=TIMEOUT_SECONDS)
    try:
        return stop_computer(bridge)
    finally:
        bridge.close()


def stop_computer(bridge: BridgeClient) -> str:
    """Stop computer use, and return what was stopped, as a sentence. Raises ClientError."""
    before = bridge.send("GET", "/computer").json()
    bridge.send("POST", "/computer/stop", {})
    return _describe_stop(before)


def _describe_stop(before: Any) -> str:
    """Return what a stop has ended, from the status before it."""
    if before["active"] or before.get("paused") or before["waiting"]:
        return "Stopped; computer use is off."
    if before["mode"] != "off":
        return "Computer use was on, but not in use; it is off now."
    return NOTHING_TO_STOP


def _combine(codes: Sequence[int]) -> int:
    """Return the exit code for several servers: any that did not confirm the stop counts."""
    failures = [code for code in codes if code not in (0, NOT_RUNNING)]
    if failures:
        return failures[0]
    return 0 if 0 in codes else NOT_RUNNING
