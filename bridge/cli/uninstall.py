"""`claude-bridge uninstall`: remove what the bridge has stored on this computer, after asking."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from bridge.autostart import find_autostart
from bridge.cli import autostart as autostart_command
from bridge.cli.client import ClientError, NotRunning
from bridge.cli.exit_codes import CommandFailed, ExitCode
from bridge.cli.folders import measure_folder, remove_folder
from bridge.cli.locate import Target
from bridge.cli.prompt import confirm
from bridge.cli.server.stop import stop_server
from bridge.cli.talon import LINK, find_user_folder, remove_link
from bridge.cli.text import print_error, print_line
from bridge.connect.installed import read_system
from bridge.connect.programs.row import Row
from bridge.connect.programs.table import ROWS
from bridge.connect.refusal import CannotConnect
from bridge.connect.service import Connector
from bridge.errors import SettingsError
from bridge.keys import KeyChain
from bridge.paths import Paths, find_paths
from bridge.running import list_servers, to_reachable

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to remove."""

    text: str
    """What and where it is, for the user."""
    remove: Callable[[], object]
    """Raises SettingsError and OSError."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `uninstall`."""
    parser.description = (
        "List what the bridge has stored on this computer, ask, and remove it. Your sign-in to "
        "Claude Code and the program itself stay; it says how to remove the program."
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(arguments: argparse.Namespace) -> int:
    """Remove everything after a yes; return the exit code. Raises SettingsError."""
    paths = find_paths()
    _check_tray(paths)
    parts = list(_list_parts(paths))
    servers = list_servers(paths.data)
    if not parts and not servers:
        print_line("Nothing to remove: the bridge has stored nothing on this computer.")
        _print_program()
        return ExitCode.OK
    print_line("This would be removed:")
    for server in servers:
        print_line(
            f"  the running server at {server.url}, which is stopped first (pid {server.pid})"
        )
    for part in parts:
        print_line(f"  {part.text}")
    _confirm(confirmed=arguments.yes)
    _stop_servers(paths)
    failures = [failure for part in parts if (failure := _remove(part))]
    for failure in failures:
        print_error(f"Not removed: {failure}")
    if not failures:
        print_line("Removed.")
    _print_program()
    return ExitCode.ERROR if failures else ExitCode.OK


def _check_tray(paths: Paths) -> None:
    """Raise CommandFailed while the tray app runs: it would write its files again."""
    from tray.single_instance import acquire_instance_lock

    lock = paths.data / "tray.lock"
    if not lock.exists():
        return
    with acquire_instance_lock(lock) as is_free:
        if not is_free:
            raise CommandFailed("The tray app is running. Choose Quit in its menu, then try again.")


def _list_parts(paths: Paths) -> Iterator[_Part]:
    """Yield what there is, in the order in which it is removed."""
    autostart = find_autostart()
    if autostart.is_on():
        yield _Part(f"the start at login ({autostart.place})", autostart.disable)
    unit = autostart_command.find_unit()
    if unit is not None and unit.exists():
        text = f"the server's systemd unit ({unit})"
        yield _Part(text, lambda: autostart_command.remove_unit(unit))
    link = find_user_folder() / LINK
    if os.path.lexists(link):
        yield _Part(f"the link to the voice commands ({link})", lambda: remove_link(link))
    yield from _list_connections(paths)
    if any((paths.data / name).exists() for name in ("keys-kept", "keys.json")):
        text = "the saved API keys and access keys, in the system's keyring or keys.json"
        yield _Part(text, lambda: _reset_keys(paths))
    for folder, content in _list_folders(paths).items():
        if os.path.lexists(folder):
            text = f"{content} ({folder}, {measure_folder(folder) / _MEGABYTE:,.1f} MB)"
            yield _Part(text, partial(remove_folder, folder))


def _list_connections(paths: Paths) -> Iterator[_Part]:
    """Yield the settings of programs that would ask a bridge which is gone."""
    if paths.connections.exists():
        connector = Connector(paths, read_system(Path.cwd()))
        rows = [row for row in ROWS if connector.ledger.has(row.name)]
        names = ", ".join(row.title for row in rows) or "no program"
        text = f"the bridge's values in the settings of programs ({names})"
        yield _Part(text, lambda: _disconnect(connector, rows))


def _disconnect(connector: Connector, rows: Sequence[Row]) -> None:
    """Give each program its settings back. Raises SettingsError; what is stored stays then."""
    problems: list[str] = []
    for row in rows:
        try:
            connector.undo_everywhere(row)
        except (CannotConnect, SettingsError) as error:
            problems.append(f"{row.title}: {error}")
    if problems:
        raise SettingsError(" ".join(problems))
    connector.ledger.remove_folder()


def _stop_servers(paths: Paths) -> None:
    """Stop all servers. Raises CommandFailed if one goes on: it would write its files again."""
    for server in list_servers(paths.data):
        try:
            stop_server(Target(to_reachable(server.url), server))
        except NotRunning:
            # It has ended in the meantime.
            continue
        except (ClientError, SettingsError) as error:
            raise CommandFailed(f"Nothing was removed: {error}") from error


def _list_folders(paths: Paths) -> dict[Path, str]:
    """Return what is in each folder; some systems have a single one for several purposes."""
    contents: dict[Path, list[str]] = {}
    for content, folder in (
        ("data: control token, usage, responses, log of computer use", paths.data),
        ("logs", paths.logs),
        ("settings: config.toml, computer.toml", paths.config),
    ):
        # On Windows, the logs are in a folder of the data.
        place = paths.data if paths.data in folder.parents else folder
        contents.setdefault(place, []).append(content)
    return {folder: "; ".join(parts) for folder, parts in contents.items()}


def _reset_keys(paths: Paths) -> None:
    problem = KeyChain(paths.data).reset()
    if problem is not None:
        raise SettingsError(
            f"the keys may still be in the system's keyring ({problem}). Delete the entry "
            "“claude-bridge” there."
        )


def _confirm(*, confirmed: bool) -> None:
    if confirmed:
        return
    if not sys.stdin.isatty():
        raise SettingsError("nothing was removed. To confirm, add --yes")
    if not confirm("Remove all of it?"):
        raise CommandFailed("Nothing was removed.")


def _remove(part: _Part) -> str:
    """Remove a part; return why it could not be removed, or an empty text."""
    try:
        part.remove()
    except SettingsError as error:
        return f"{part.text}: {error}"
    except OSError as error:
        return f"{part.text}: {error.strerror or error}"
    return ""


def _print_program() -> None:
    print_line("Your sign-in to Claude Code is not touched. To sign out of it: claude auth logout")
    print_line(f"To remove the program itself: {_find_uninstaller()}")


def _find_uninstaller() -> str:
    """Return the command that removes the program, by where it is installed."""
    if getattr(sys, "frozen", False):
        return f"delete the folder {Path(sys.executable).parent}"
    prefix = Path(sys.prefix)
    name = _find_distribution()
    if "pipx" in prefix.parts:
        return f"pipx uninstall {name}"
    if prefix.parent.name == "tools" and "uv" in prefix.parts:
        return f"uv tool uninstall {name}"
    return f"{sys.executable} -m pip uninstall {name}"


def _find_distribution() -> str:
    """Return the name under which the program is installed."""
    for entry in entry_points(group="console_scripts", name="claude-bridge"):
        if entry.dist is not None:
            return entry.dist.name
    return "claude-bridge"
