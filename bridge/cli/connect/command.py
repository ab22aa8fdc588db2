"""`claude-bridge connect [CLIENT…]`: connect programs, list them, or undo it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.cli.client import ClientError, NotRunning, open_client
from bridge.cli.connect.prove_request import fetch_proofs, prove, read_variables
from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.locate import add_address_flags
from bridge.cli.parsing import complete_with, quote, suggest
from bridge.cli.text import print_error, print_line
from bridge.connect.installed import read_system
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import ROWS, find_row
from bridge.connect.proofs import ProofStore
from bridge.connect.refusal import CannotConnect
from bridge.connect.service import Address, Connector
from bridge.connect.snippets import build_snippet, describe_bridge
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.wire.connect import Sighting

_WAIT_SECONDS = 120
_REQUEST_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `connect`."""
    clients = parser.add_argument(
        "clients",
        nargs="*",
        metavar="CLIENT",
        help="the programs; without any: what is installed and connected here",
    )
    complete_with(clients, [row.name for row in ROWS])
    parser.add_argument("--model", help="the model that they should send (default: default)")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing"
    )
    parser.add_argument(
        "--undo", action="store_true", help="give their files back as they were before"
    )
    parser.add_argument(
        "--wait",
        type=int,
        default=_WAIT_SECONDS,
        metavar="SECONDS",
        help="how long to wait for a request that proves it; 0 proves nothing (default: 120)",
    )
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Connect programs, or undo it. Raises CommandFailed and SettingsError."""
    connector = Connector(find_paths(), read_system(Path.cwd()))
    rows = [find_program(name) for name in arguments.clients]
    if not rows:
        run_all = _undo_all if arguments.undo else _list_programs
        return run_all(connector, arguments)
    if arguments.undo:
        return _run_each(
            rows, lambda row: _finish_undo(connector, row, connector.undo(row), arguments)
        )
    address = fetch_address(arguments, arguments.model)
    if arguments.dry_run:
        return _run_each(rows, lambda row: _show_plan(connector, row, address))
    return _run_each(rows, lambda row: _connect_program(connector, row, address, arguments))


def find_program(name: str) -> Row:
    """Return the row of a program. Raises SettingsError, which suggests the nearest name."""
    row = find_row(name.lower())
    if row is None:
        names = [row.name for row in ROWS]
        hint = suggest(name, names) or f" (choose from {', '.join(names)})"
        raise SettingsError(f"no program {quote(name)}{hint}")
    return row


def _run_each(rows: Sequence[Row], act: Any) -> int:
    """Act on each program, also after one that failed; return the worst exit code."""
    code = int(ExitCode.OK)
    for row in rows:
        try:
            code = max(code, act(row))
        except (CannotConnect, SettingsError) as error:
            print_error(f"{row.title}: {error}")
            code = max(code, ExitCode.ERROR)
    return code


def fetch_address(arguments: argparse.Namespace, model: str | None) -> Address:
    """Ask the bridge for its address and its access key; `model` is the one to send."""
    with closing(open_client(arguments, timeout=_REQUEST_SECONDS)) as client:
        answer = client.send("GET", "/connect").json()
    shown = answer["key"]
    if shown is None:
        raise CommandFailed("The access key cannot be read right now. Restart the bridge.")
    chosen = model or answer["model"]
    return Address(answer["base_url"], chosen, None if shown == "any" else shown)


def _list_programs(connector: Connector, arguments: argparse.Namespace) -> int:
    """Print what is installed, what is connected, and what would be written."""
    try:
        proofs = fetch_proofs(arguments)
    except NotRunning:
        print_error("No bridge is running, so nothing new can be proved.")
        proofs = _read_proofs()
    # Found by this command, because the server may have been started with another PATH.
    programs = [asdict(program) for program in connector.describe_all(proofs)]
    shown = [one for one in programs if one["installed"] or one["written"] or one["proof"]]
    for program in shown:
        print_line(f"{program['name']:16}  {_format_state(program)}")
    if not shown:
        print_line("No program that the bridge knows was found here.")
    others = ", ".join(one["name"] for one in programs if one not in shown)
    print_line(f"\nNot found here: {others}")
    print_line("Connect one with: claude-bridge connect NAME")
    return ExitCode.OK


def _read_proofs() -> dict[str, Sighting]:
    """Return the stored proofs; a file that cannot be used is named, and none are in it."""
    try:
        return ProofStore(find_paths().proofs).read()
    except SettingsError as error:
        print_error(f"Nothing is known of earlier requests: {error}.")
        return {}


def _format_state(program: dict[str, Any]) -> str:
    if program["problem"]:
        return str(program["problem"])
    if program["proof"] and not program["proof"]["failed"]:
        return _format_proof(Sighting(**program["proof"]))
    if program["written"]:
        return f"written, not proved yet: no request came from it. {program['start']}"
    if program["files"]:
        return f"installed; would write {', '.join(program['files'])}"
    return "installed; its settings are entered by hand"


def _format_proof(proof: Sighting) -> str:
    """Return what the last request proves, and when, on one line."""
    parts = [f"asked {proof.asked}", f"{proof.answered} answered"]
    parts += ["streaming"] if proof.stream else []
    parts += ["tools work"] if proof.tool_calls else []
    when = datetime.fromtimestamp(proof.at).strftime("%Y-%m-%d %H:%M")
    version = f" {proof.version}" if proof.version else ""
    return f"connected{version}: {', '.join(parts)} ({when})"


def _show_plan(connector: Connector, row: Row, address: Address) -> int:
    if not row.targets:
        _print_steps(row, address)
        return ExitCode.OK
    for plan in connector.plan(row, address):
        text = plan.format_diff() if plan.is_needed else f"{plan.file.path} needs no change."
        print_line(_hide_key(text, address))
    return ExitCode.OK


def _hide_key(text: str, address: Address) -> str:
    """Terminals are recorded, and shown to others."""
    return text.replace(address.key, "…") if address.key else text


def _connect_program(
    connector: Connector, row: Row, address: Address, arguments: argparse.Namespace
) -> int:
    if row.targets:
        for result in connector.write(row, address):
            print_line(result)
    else:
        _print_steps(row, address)
    if arguments.wait <= 0 or not row.is_program:
        print_line(row.start)
        return ExitCode.OK
    if address.key is not None and not row.is_known_by_agent:
        print_line(f"Not proved: {explain_unknown_sender(row)}.")
        return ExitCode.OK
    variables = read_variables(row, address.key)

    def note_version(version: str) -> None:
        if version:
            _change_proof(arguments, row, version)

    return prove(row, lambda: fetch_proofs(arguments), note_version, variables, arguments.wait)


def explain_unknown_sender(row: Row) -> str:
    """Return why the requests of a program cannot be recognized, without a full stop."""
    return (
        f"{row.title} sends the access key and no name of its own, so the bridge cannot tell its "
        "requests from those of others"
    )


def _change_proof(arguments: argparse.Namespace, row: Row, version: str | None = None) -> None:
    """Note a program's version in its proof, or forget its proof."""
    change = {"program": row.name, "version": version}
    with closing(open_client(arguments, timeout=_REQUEST_SECONDS)) as client:
        client.send("POST", "/control/connections/proof", change)


def _print_steps(row: Row, address: Address) -> None:
    """Print what to do by hand."""
    bridge = describe_bridge(row, address.base_url, address.model, address.key)
    print_line(f"The bridge knows no file of {row.title} that it can write. By hand:")
    print_line(row.steps.format(key=bridge.key))
    print_line(build_snippet(row, bridge))
    if row.note:
        print_line(row.note)


def _finish_undo(
    connector: Connector, row: Row, results: Sequence[str], arguments: argparse.Namespace
) -> int:
    """Print what was done; forget the proof if the program is connected nowhere any more."""
    if not results:
        print_line(f"Nothing was written for {row.title}.")
    for result in results:
        print_line(result)
    sys.stdout.flush()
    if connector.read_record(row) is not None:
        return ExitCode.OK
    try:
        _change_proof(arguments, row)
    except NotRunning:
        ProofStore(find_paths().proofs).forget(row.name)
    except ClientError as error:
        # The files were given back, and the programs after this one are still to be undone.
        print_error(f"{row.title}: what its requests proved is not forgotten: {error}")
        return error.exit_code
    return ExitCode.OK


def _undo_all(connector: Connector, arguments: argparse.Namespace) -> int:
    rows = [row for row in ROWS if connector.ledger.has(row.name)]
    if not rows:
        print_line("No program is connected.")
    undo = connector.undo_everywhere
    return _run_each(rows, lambda row: _finish_undo(connector, row, undo(row), arguments))
