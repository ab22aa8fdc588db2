"""`claude-bridge install-talon`: links the voice commands, and only them, into Talon's folder."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bridge.errors import SettingsError

LINK = "claude-bridge"
MARK = "claude.talon"
"""The file by which the folder is known."""


def add_talon_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parser of `install-talon`."""
    parser = commands.add_parser("install-talon", help="link the voice commands into Talon")
    parser.add_argument("--remove", action="store_true", help="take the link away again")


def talon_command(arguments: argparse.Namespace) -> int:
    """Links or unlinks, and tells what it did; returns the exit code. Raises SettingsError."""
    user = user_folder()
    link, source = user / LINK, package_folder()
    print(_remove(link) if arguments.remove else _install(user, link, source))
    return 0


def user_folder() -> Path:
    """Talon's user folder on this system; it is there once Talon has been started."""
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA")
        home = Path(roaming) if roaming else Path.home() / "AppData" / "Roaming"
        return home / "talon" / "user"
    return Path.home() / ".talon" / "user"


def package_folder() -> Path:
    """The folder of the voice commands: inside the installed package, or beside it in a checkout.

    Raises SettingsError when neither is there.
    """
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "data" / "talon_user", here.parent / "talon_user"):
        if (folder / MARK).is_file():
            return folder
    raise SettingsError("the voice commands are missing from this installation; install it again")


def _install(user: Path, link: Path, source: Path) -> str:
    if not user.is_dir():
        raise SettingsError(
            f"Talon's user folder {user} is not there; install Talon from talonvoice.com, "
            "start it once, and run this again"
        )
    if _is_link(link):
        if _target(link) == source.resolve():
            return f"Nothing to do: {link} already leads to {source}."
        _unlink(link)
    elif link.exists():
        raise SettingsError(f"{link} is there and is no link of ours; move it away first")
    _link(link, source)
    return (
        f"Linked {link} to {source}.\n"
        "Talon loads it by itself. With the bridge running, say “claude doctor”, then "
        "“claude ask how many feet are in a mile”.\n"
        "To undo this: claude-bridge install-talon --remove"
    )


def _remove(link: Path) -> str:
    if _is_link(link):
        target = _target(link)
        _unlink(link)
        return f"Removed the link {link}; {target} is untouched."
    if link.exists():
        raise SettingsError(f"{link} is no link of ours, so it stays")
    return f"Nothing to do: there is no {link}."


def _link(link: Path, source: Path) -> None:
    """A symbolic link; on Windows, where that takes a right few have, a junction instead."""
    try:
        link.symlink_to(source, target_is_directory=True)
    except OSError as problem:
        if sys.platform != "win32":
            raise SettingsError(f"{link} cannot be made: {problem.strerror}") from problem
        made = subprocess.run(  # noqa: S603 - both paths are ours
            ["cmd", "/c", "mklink", "/J", str(link), str(source)],  # noqa: S607 - it has no path
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise SettingsError(f"{link} cannot be made: {made.stderr.strip()}") from problem


def _is_link(path: Path) -> bool:
    """Whether it is a symbolic link, also one that leads nowhere, or a junction."""
    return path.is_symlink() or _is_junction(path)


def _is_junction(path: Path) -> bool:
    if sys.platform != "win32":
        return False
    try:
        return bool(os.readlink(path))
    except OSError:
        return False


def _target(link: Path) -> Path:
    return Path(os.path.realpath(link))


def _unlink(link: Path) -> None:
    """Takes the link away, never what it leads to. Raises SettingsError."""
    try:
        if _is_junction(link) and not link.is_symlink():
            link.rmdir()
        else:
            link.unlink()
    except OSError as problem:
        raise SettingsError(f"{link} cannot be removed: {problem.strerror}") from problem
