"""`claude-bridge inspect`: record requests for a while, and look at them."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bridge.cli.client import BridgeClient, open_client
from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.inspect.line import format_exchange, format_time
from bridge.cli.locate import add_address_flags
from bridge.cli.text import print_error, print_line
from bridge.private_files import create_private

_MINUTES = 30.0
_OFF = "The recorder is off. Turn it on with: claude-bridge inspect on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `inspect`."""
    add_address_flags(parser)
    parsers = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    on = parsers.add_parser("on", help="record requests with their content, in memory only")
    on.add_argument(
        "--minutes", type=float, default=_MINUTES, help="turn it off after this time (default: 30)"
    )
    parsers.add_parser("off", help="stop recording, and drop everything")
    parsers.add_parser("tail", help="print each request as it ends, until Ctrl+C")
    listing = parsers.add_parser("list", help="list what is recorded")
    listing.add_argument("--text", default="", help="only requests whose content has this text")
    listing.add_argument("--json", action="store_true", help="print the bridge's answer as JSON")
    save = parsers.add_parser("save", help="save one exchange to a new file, with its content")
    save.add_argument("id", metavar="ID", help="its number in the list")
    save.add_argument("file", metavar="FILE", type=Path)
    save.add_argument("--images", action="store_true", help="with the images, as they were sent")
    for subparser in parsers.choices.values():
        add_address_flags(subparser)


def run(arguments: argparse.Namespace) -> int:
    """Run a subcommand; return the exit code. Raises ClientError and CommandFailed."""
    with closing(open_client(arguments)) as bridge:
        try:
            _SUBCOMMANDS[arguments.subcommand](bridge, arguments)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED
    return ExitCode.OK


def _turn_on(bridge: BridgeClient, arguments: argparse.Namespace) -> None:
    state = bridge.send("POST", "/inspect", {"on": True, "minutes": arguments.minutes}).json()
    until = format_time(state["until"])
    print_line(f"Recording until {until}, in memory only, with the content of all messages.")
    print_line(f"See it at {bridge.url}/inspect (claude-bridge dashboard --inspect opens it).")


def _drop_all(bridge: BridgeClient, _arguments: argparse.Namespace) -> None:
    bridge.send("POST", "/inspect", {"on": False})
    print_line("Recording is off. Everything that was recorded is gone.")


def _print_list(bridge: BridgeClient, arguments: argparse.Namespace) -> None:
    answer = bridge.send("GET", f"/inspect/exchanges?text={quote(arguments.text)}").json()
    if arguments.json:
        print(json.dumps(answer, indent=2))
        return
    for exchange in answer["exchanges"]:
        print_line(format_exchange(exchange))
    if not answer["recorder"]["on"]:
        print_error(_OFF)
    elif not answer["exchanges"]:
        print_error("Nothing is recorded yet.")


def _follow(bridge: BridgeClient, _arguments: argparse.Namespace) -> None:
    for exchange in _list_ended(bridge.stream_events("/inspect/events", None)):
        print(format_exchange(exchange), flush=True)


def _list_ended(events: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield each exchange when it has ended. Raises CommandFailed if the recorder is off."""
    began = False
    for event in events:
        if not event["recorder"]["on"]:
            if began:
                print_error("Recording is off.")
                return
            raise CommandFailed(_OFF)
        if not began:
            print_error("Following. Press Ctrl+C to end.")
        began = True
        yield from (exchange for exchange in event["exchanges"] if not exchange["running"])


def _save_exchange(bridge: BridgeClient, arguments: argparse.Namespace) -> None:
    images = "full" if arguments.images else "thumbnails"
    path = f"/inspect/exchanges/{quote(arguments.id, safe='')}?images={images}"
    exchange = bridge.send("GET", path).json()
    text = json.dumps({"saved_at": int(time.time()), **exchange}, indent=2)
    # For the user alone, as it has the content of messages.
    if not create_private(arguments.file, f"{text}\n"):
        raise CommandFailed(f"{arguments.file} exists already; choose another name.")
    print_line(f"Saved exchange {exchange['id']} to {arguments.file}, with its content.")


_SUBCOMMANDS: Mapping[str, Callable[[BridgeClient, argparse.Namespace], None]] = {
    "on": _turn_on,
    "off": _drop_all,
    "tail": _follow,
    "list": _print_list,
    "save": _save_exchange,
}
