"""`claude-bridge doctor`: run all checks, and print each with its fix."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from bridge.cli.doctor.claude import check_claude_code, check_keyring, check_keys
from bridge.cli.doctor.desktop import (
    check_computer,
    check_display,
    check_talon,
    check_tray_host,
)
from bridge.cli.doctor.report import Check
from bridge.cli.doctor.server import check_connection, check_port, check_server, check_settings
from bridge.cli.doctor.system import (
    check_autostart,
    check_disk,
    check_path,
    check_python,
    check_versions,
)
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags
from bridge.cli.text import print_line
from bridge.errors import SettingsError

_CheckFunction = Callable[[argparse.Namespace], Iterable[Check]]

_CHECKS: tuple[tuple[str, _CheckFunction], ...] = (
    ("Versions", check_versions),
    ("Python", check_python),
    ("Command", check_path),
    ("Settings", check_settings),
    ("Server", check_server),
    ("Port", check_port),
    ("Claude", check_connection),
    ("Sign-in", check_claude_code),
    ("Keyring", check_keyring),
    ("API keys", check_keys),
    ("Display", check_display),
    ("Computer use", check_computer),
    ("Tray", check_tray_host),
    ("Autostart", check_autostart),
    ("Talon", check_talon),
    ("Disk", check_disk),
)
"""In the order in which they are printed: what the later ones need comes first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    parser.description = (
        "Check this installation, and say how to fix what is wrong. The output has no keys, no "
        "tokens and no user name, so you can paste it into an issue. It asks Anthropic whether it "
        "accepts your API keys, which costs nothing."
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_address_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run all checks; return 1 if one has failed."""
    checks = []
    for check in _run_checks(arguments):
        checks.append(check)
        # At once, because some of them wait for other programs.
        if not arguments.json:
            for line in check.as_lines():
                print_line(line)
    failures = [check for check in checks if check.state == "fail"]
    if arguments.json:
        print(json.dumps({"ok": not failures, "checks": [asdict(c) for c in checks]}, indent=2))
    else:
        print_line(f"{_count(len(failures), 'problem')}." if failures else "No problems found.")
    return ExitCode.ERROR if failures else ExitCode.OK


def _run_checks(arguments: argparse.Namespace) -> Iterator[Check]:
    for name, run_check in _CHECKS:
        try:
            for check in run_check(arguments):
                yield check.hide()
        except SettingsError as error:
            yield Check(name, "fail", str(error)).hide()
        except Exception as error:  # noqa: BLE001 - shown; the other checks are needed all the more
            text = f"this check failed itself: {type(error).__name__}: {error}"
            yield Check(name, "fail", text, "Report this as a bug.").hide()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
