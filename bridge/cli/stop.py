"""`claude-bridge stop`: stop computer use at once, and turn it off.

This is an emergency stop. It needs the server's address and the control token, and nothing else: it
loads no settings, ignores flags that it does not know, and tells what it has stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from bridge.cli.client import NOT_RUNNING, ClientError, connect_to
from bridge.cli.locate import Target, list_targets, parse_host, parse_port
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.running import list_servers

TIMEOUT_SECONDS = 5.0
"""Seconds for each answer of a server whose loop may be busy."""

_COMMAND = "stop"
_FLAGS_WITHOUT_VALUE = ("-h", "--help", "--version")
_BY_KEY = (
    "To stop without this command, press the stop key (Ctrl+Alt+Escape by default), or push the "
    "mouse into a corner of the screen."
)


def is_stop_command(words: Sequence[str]) -> bool:
    """Return whether the first word that is neither a flag nor its value is `stop`."""
    rest = iter(words)
    for word in rest:
        if word in _FLAGS_WITHOUT_VALUE:
            return False
        if not word.startswith("-"):
            return word == _COMMAND
        # Every setting's flag takes a value.
        if "=" not in word:
            next(rest, None)
    return False


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
        print(f"claude-bridge: {error}. Nothing was stopped. {_BY_KEY}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: it is not known whether anything was stopped.", file=sys.stderr)
        return 130


def _read_words(words: Sequence[str]) -> argparse.Namespace:
    """Read `--host` and `--port` wherever they are; mention what is ignored."""
    parser = argparse.ArgumentParser(
        prog="claude-bridge stop",
        description="Stop computer use at once, and turn it off. Without an address, on all "
        "servers of this user and data folder. Exit codes: 0 it is off, 1 a server did not confirm "
        "it, 2 the data folder cannot be read, 3 no server is running.",
    )
    parser.add_argument("--host", nargs="?", help="address of the server")
    parser.add_argument("--port", nargs="?", help="port of the server")
    arguments, others = parser.parse_known_args([word for word in words if word != _COMMAND])
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
        print(f"claude-bridge: ignored: {' '.join(ignored)}", file=sys.stderr)
    return arguments


def _stop_at(target: Target, several: bool) -> int:
    """Stop computer use on one server, and print what was stopped; return the exit code."""
    prefix = f"{target.url}: " if several else ""
    try:
        print(f"{prefix}{_send_stop(target)}")
    except ClientError as error:
        print(f"{prefix}{error}", file=sys.stderr)
        if error.exit_code == NOT_RUNNING:
            print(f"{prefix}Nothing was stopped: no server is running there.")
            _print_others(target)
        else:
            print(f"{prefix}It is not known whether computer use has stopped. {_BY_KEY}")
        return error.exit_code
    return 0


def _print_others(target: Target) -> None:
    for server in list_servers(find_paths().data):
        if server != target.record:
            print(f"To stop the one at {server.url}: claude-bridge stop --port {server.port}")


def _send_stop(target: Target) -> str:
    """Send the stop; return what was stopped. Raises ClientError."""
    bridge = connect_to(target, timeout=TIMEOUT_SECONDS)
    try:
        before = bridge.send("GET", "/computer").json()
        bridge.send("POST", "/computer/stop", {})
    finally:
        bridge.close()
    return _describe(before)


def _describe(before: Any) -> str:
    """Return what a stop has ended, from the status before it."""
    if before["active"] or before["waiting"]:
        return "Stopped; computer use is off."
    if before["mode"] != "off":
        return "Computer use was on, but not in use; it is off now."
    return "Nothing to stop: computer use was already off."


def _combine(codes: Sequence[int]) -> int:
    """Return the exit code for several servers: any that did not confirm the stop counts."""
    failures = [code for code in codes if code not in (0, NOT_RUNNING)]
    if failures:
        return failures[0]
    return 0 if 0 in codes else NOT_RUNNING
