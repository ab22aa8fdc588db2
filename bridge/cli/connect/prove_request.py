"""Prove that a program is connected: by one real request from it."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from bridge.cli.client import CONNECT_SECONDS, open_client
from bridge.cli.exit_codes import ExitCode
from bridge.cli.text import clean_line, print_line
from bridge.connect.programs.row import Row
from bridge.wire.connect import Sighting

PROMPT = "Use one of your tools to list the files of the current folder, then say done."
_POLL_SECONDS = 0.5

FetchProofs = Callable[[], Mapping[str, Sighting]]
"""Returns the last request of each program."""
_LAST_LINES = 3
_VERSION_SECONDS = 30.0
_VERSION = re.compile(r"\d+(?:\.\d+)+[0-9A-Za-z.+-]{0,20}", re.ASCII)
_LONGEST_VERSION = 40
"""In characters: the bridge refuses a longer one."""


def prove(
    row: Row,
    fetch: FetchProofs,
    note_version: Callable[[str], None],
    variables: dict[str, str],
    seconds: int,
) -> int:
    """Have the program ask, or wait until it does; print what is proved; return the exit code.

    `note_version` gets what the program calls its version, if its requests do not have it; it may
    be empty. `variables`: the environment that only new terminals will have.
    """
    since = time.time()
    result: RunResult | None = None
    path = find_program_path(row)
    if path is not None:
        print_line(f"Asking with {row.title}, which counts like any request …")
        result = run_program(row, PROMPT, variables, seconds)
    else:
        print_line(f"{row.start or 'Send a message in it.'} Waiting {seconds} s for its request …")
        wait_for(lambda: find_proof(row, fetch, since), seconds)
    sys.stdout.flush()
    proof = find_proof(row, fetch, since)
    if proof is None:
        print_line(f"Not connected yet: no request came from {row.title}.")
        if result is not None and result.code != 0:
            print_line(result.last_lines)
        return ExitCode.ERROR
    if path is not None and not proof.failed and not proof.version:
        proof = replace(proof, version=read_version(path))
        note_version(proof.version)
    print_line(format_proof(row.title, proof))
    return ExitCode.ERROR if proof.failed else ExitCode.OK


def find_program_path(row: Row) -> str | None:
    """Return the path of the program that can make a request, if it is on PATH."""
    return shutil.which(row.ask[0]) if row.ask else None


def read_version(program: str) -> str:
    """Return the version that a program prints; empty if it prints none."""
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user named
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search(done.stdout.decode(errors="replace"))
    return match[0][:_LONGEST_VERSION] if match else ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a program ended."""

    code: int | None
    """Its exit code; None if it did not end in time, or could not be started."""
    output: str

    @property
    def last_lines(self) -> str:
        """The end of what it printed."""
        lines = [clean_line(line) for line in self.output.split("\n") if line.strip()]
        return "\n".join(lines[-_LAST_LINES:])


def run_program(row: Row, prompt: str, variables: dict[str, str], seconds: int) -> RunResult:
    """Run a program once in an empty folder."""
    # Imported on use: few commands need a folder.
    import tempfile

    program = find_program_path(row) or row.ask[0]
    with tempfile.TemporaryDirectory(prefix="claude-bridge-") as folder:
        try:
            done = subprocess.run(  # noqa: S603 - a program that the user named
                [program, *(word.format(prompt=prompt) for word in row.ask[1:])],
                cwd=folder,
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return RunResult(None, f"{program} did not end within {seconds} s.")
        except OSError as error:
            return RunResult(None, f"{program} cannot be started: {error.strerror}")
    return RunResult(done.returncode, done.stdout.decode(errors="replace"))


def read_variables(row: Row, key: str | None) -> dict[str, str]:
    """Return the variables that a program is started with: those of the shell's start-up file.

    `key` is the access key, which the program's own file may only name.
    """
    from bridge.connect.ledger import Ledger
    from bridge.paths import find_paths

    record = Ledger(find_paths().connections).read(row.name)
    named = {row.variable: key} if row.variable and key is not None else {}
    return named | {
        str(one.path[0]): str(one.value)
        for file in (record.files if record else ())
        if file.format in ("shell", "fish")
        for one in file.written
    }


def wait_for(check: Callable[[], Any], seconds: int) -> None:
    """Wait until something is there, at most so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and check() is None:
        time.sleep(_POLL_SECONDS)


def fetch_proofs(arguments: argparse.Namespace) -> dict[str, Sighting]:
    """Return the last request of each program. Raises NotRunning and SettingsError."""
    # Each time on a new connection: the server closes one that is idle while a program answers.
    with closing(open_client(arguments, timeout=CONNECT_SECONDS)) as client:
        programs = client.send("GET", "/control/connections").json()["programs"]
    return {one["name"]: Sighting(**one["proof"]) for one in programs if one["proof"]}


def find_proof(row: Row, fetch: FetchProofs, since: float) -> Sighting | None:
    """Return the program's last request, if it came after a time."""
    proof = fetch().get(row.name)
    return proof if proof is not None and proof.at >= since else None


def format_proof(title: str, proof: Sighting) -> str:
    """Return what a request proves, as ticks."""
    if proof.failed:
        reason = f"but got an error ({proof.outcome}). See: claude-bridge logs"
        return f"{title} reached the bridge, {reason}"
    version = f" {proof.version}" if proof.version else ""
    ticks = (
        (True, f"{title}{version} asked as {proof.asked}"),
        (True, f"answered by {proof.answered}"),
        (proof.stream, "streaming" if proof.stream else "not streamed"),
        (proof.tool_calls, _describe_tools(proof)),
    )
    return "\n".join(f"{'✓' if is_proved else '–'} {text}" for is_proved, text in ticks)


def _describe_tools(proof: Sighting) -> str:
    if proof.tool_calls:
        return "tools work"
    return f"tools: {proof.tools} offered, none called yet" if proof.tools else "offers no tools"
