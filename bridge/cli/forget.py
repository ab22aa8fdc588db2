"""`claude-bridge forget`: delete stored content, whether the bridge runs or not."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from bridge.cli.client import ClientError, NotRunning, RequestRefused, open_client
from bridge.cli.locate import add_address_flags
from bridge.cli.text import print_error, print_line
from bridge.errors import SettingsError
from bridge.paths import find_paths

if TYPE_CHECKING:
    from bridge.wire.control import DeletionReport, DeletionRequest

_HOURS_PER_DAY = 24
_TIMEOUT_SECONDS = 300.0
_LONGEST_DAYS = 365.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `forget`."""
    add_address_flags(parser)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--all", action="store_true", help="everything with content, and the log")
    choice.add_argument(
        "--older-than",
        type=_read_days,
        metavar="AGE",
        help="only what is older than this, such as 7d or 12h",
    )
    choice.add_argument("--id", help="one response (resp_…), or one turn by its tool call")
    parser.add_argument(
        "--usage", action="store_true", help="with --all: usage records, which have no content"
    )


def run(arguments: argparse.Namespace) -> int:
    """Delete what the arguments name, and print it; return 1 if something could not be deleted."""
    if arguments.usage and not arguments.all:
        raise SettingsError("--usage needs --all")
    # Imported here, because it loads pydantic.
    from bridge.wire.control import DeletionReport, DeletionRequest

    request = DeletionRequest(
        all=True if arguments.all else None,
        older_than_days=arguments.older_than,
        id=arguments.id,
        usage=arguments.usage,
    )
    try:
        with closing(open_client(arguments, timeout=_TIMEOUT_SECONDS)) as client:
            answer = client.send("POST", "/control/forget", request.model_dump(exclude_none=True))
        report, where = DeletionReport.model_validate_json(answer.data), ""
    except RequestRefused as error:
        print_error(f"claude-bridge: {error}")
        return 1
    except NotRunning:
        report = asyncio.run(_delete_offline(request))
        where = " (no bridge is running, so from disk only)"
    except ClientError as error:
        # A bridge that hangs must not keep the user from deleting; its memory it has until its end.
        print_error(f"claude-bridge: {error}")
        report = asyncio.run(_delete_offline(request))
        where = " (from disk only)"
    print_line(f"Deleted{where}: {_describe_report(report)}.")
    for failure in report.failures:
        print_error(f"Not deleted: {failure}")
    if arguments.id is not None and not report.responses + report.thinking:
        print_error(f"Nothing is stored under {arguments.id}.")
        return 1
    return 1 if report.failures else 0


async def _delete_offline(request: DeletionRequest) -> DeletionReport:
    # Imported here, so that other commands start without the server's packages.
    from bridge.server.answers.forget import ContentStores
    from bridge.store.ledger import Ledger
    from bridge.store.responses import ResponseStore
    from bridge.store.thinking import ThinkingStore

    paths = find_paths()
    # Whatever the settings say: a file that is there is to be cleaned, and nothing else of it.
    responses = ResponseStore(paths.responses, _LONGEST_DAYS)
    thinking = ThinkingStore(paths.thinking, _LONGEST_DAYS)
    ledger = Ledger(paths.ledger)
    try:
        return await ContentStores(paths, responses, thinking, ledger).delete(request)
    finally:
        await responses.close()
        await thinking.close()
        await ledger.close()


def _describe_report(report: DeletionReport) -> str:
    counts = (
        (report.responses, "response"),
        (report.thinking, "turn with thinking"),
        (report.actions, "logged action"),
        (report.damaged_files, "damaged file"),
        (report.usage, "usage record"),
    )
    parts = [_format_count(count, noun) for count, noun in counts if count]
    if report.log:
        parts.append("the log")
    return ", ".join(parts) or "nothing"


def _format_count(count: int, noun: str) -> str:
    head, space, rest = noun.partition(" with")
    return f"{count:,} {head}{'s' if count != 1 else ''}{space}{rest}"


def _read_days(text: str) -> float:
    """Read an age such as `7`, `7d` or `12h`, as days."""
    hours = text.endswith("h")
    try:
        number = float(text.removesuffix("h").removesuffix("d"))
    except ValueError:
        number = -1.0
    days = number / _HOURS_PER_DAY if hours else number
    if not 0 <= days <= 36_500:
        raise argparse.ArgumentTypeError(f"{text!r} is not an age such as 7d or 12h")
    return days
