"""`claude-bridge prove --client NAME`: what a program does with what it must survive."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from bridge.backends.phenomena import BEGINNING, END, PHENOMENA, SILENT_SECONDS
from bridge.cli.connect.command import explain_unknown_sender, fetch_address, find_program
from bridge.cli.connect.prove_request import (
    RunResult,
    fetch_proofs,
    find_program_path,
    read_variables,
    run_program,
    wait_for,
)
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags
from bridge.cli.parsing import complete_with
from bridge.cli.text import print_line
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import ROWS
from bridge.errors import SettingsError
from bridge.models.rules import ECHO
from bridge.wire.connect import Sighting

_WAIT_SECONDS = 90
_COMPLETE = ("stream", "thinking", "429")
"""Those whose answer is complete, so that the program must show its end."""
_BROKEN = ("error", "cut")
"""Those whose answer breaks off."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `prove`."""
    client = parser.add_argument("--client", metavar="NAME", help="the program to test")
    complete_with(client, [row.name for row in ROWS if row.is_program])
    parser.add_argument(
        "--wait",
        type=int,
        default=_WAIT_SECONDS,
        metavar="SECONDS",
        help="how long to wait for each answer (default: 90)",
    )
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the certificate, or how to play each phenomenon by hand. Raises SettingsError."""
    if arguments.client is None:
        _print_messages()
        return ExitCode.OK
    row = find_program(arguments.client)

    def fetch() -> Sighting | None:
        return fetch_proofs(arguments).get(row.name)

    # Without a running bridge, nothing is started.
    key = fetch_address(arguments, ECHO).key
    if key is not None and not row.is_known_by_agent:
        raise SettingsError(explain_unknown_sender(row))
    print_line(f"{row.title}, answered by {ECHO}; no request goes to Claude.")
    if row.ask and find_program_path(row) is None:
        raise SettingsError(f"{row.ask[0]} is not on PATH")
    variables = read_variables(row, key)
    codes = [_play(row, name, fetch, variables, arguments.wait) for name in PHENOMENA]
    return max(codes)


def _print_messages() -> None:
    print_line(f"Choose the model {ECHO} in your program, and send:")
    for name, meaning in PHENOMENA.items():
        print_line(f"  say `prove {name}`  {meaning}")
    print_line("With --client NAME, the program is run and a certificate is printed.")


def _play(
    row: Row,
    name: str,
    fetch: Callable[[], Sighting | None],
    variables: dict[str, str],
    seconds: int,
) -> int:
    """Have the program meet one phenomenon; print what it did; return the exit code."""
    before = fetch()
    count = before.requests if before is not None else 0

    def find_new() -> Sighting | None:
        sighting = fetch()
        return sighting if sighting is not None and sighting.requests > count else None

    message = f"say `prove {name}`"
    if row.ask:
        run_result = run_program(row, message, variables, seconds)
    else:
        print_line(f"Send in {row.title}: {message}")
        wait_for(find_new, seconds + (int(SILENT_SECONDS) if name == "thinking" else 0))
        run_result = None
    sighting = find_new()
    if sighting is None:
        print_line(f"✗ {name}: no request came")
        return ExitCode.ERROR
    if sighting.asked != ECHO:
        raise SettingsError(
            f"{row.title} asked as {sighting.asked}. First: claude-bridge connect {row.name} "
            f"--model {ECHO}"
        )
    sent = sighting.requests - count
    parts = [f"asked {sent} times" if sent > 1 else "asked once"]
    parts.append(f"the last request ended as {sighting.outcome}")
    is_survived = True
    if run_result is not None:
        is_survived, shown = _judge_output(name, run_result, failed=sighting.failed)
        parts += shown
    print_line(f"{'✓' if is_survived else '✗'} {name}: {PHENOMENA[name]}: {', '.join(parts)}")
    return ExitCode.OK if is_survived else ExitCode.ERROR


def _judge_output(name: str, result: RunResult, *, failed: bool) -> tuple[bool, list[str]]:
    """Return whether a program has survived, and what it did; `failed`: its last request."""
    if result.code is None:
        return False, ["did not end in time"]
    parts = [f"exit code {result.code}"]
    if name in _COMPLETE:
        is_whole = END in result.output
        return is_whole, [*parts, "showed the whole answer" if is_whole else "did not show its end"]
    if name in _BROKEN:
        is_shown = BEGINNING in result.output
        parts.append("showed what came before" if is_shown else "did not show what came before")
        if not failed:
            parts.append("a later request was answered")
        elif result.code == 0:
            parts.append("does not tell by its exit code that the answer broke off")
    return True, parts
