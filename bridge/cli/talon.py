"""`claude-bridge install-talon`: link the folder of voice commands into Talon's user folder."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bridge.errors import SettingsError

LINK = "claude-bridge"
MARK = "claude.talon"
"""The file that identifies the folder of voice commands."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `install-talon`."""
    parser.add_argument("--remove", action="store_true", help="remove the link")


def run(arguments: argparse.Namespace) -> int:
    """Create or remove the link and print the result; return the exit code.

    Raises SettingsError.
    """
    user = find_user_folder()
    link, source = user / LINK, find_package_folder()
    print(remove_link(link) if arguments.remove else _install(user, link, source))
    return 0


def find_user_folder() -> Path:
    """Return the path of Talon's user folder, which Talon creates at its first start."""
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA")
        home = Path(roaming) if roaming else Path.home() / "AppData" / "Roaming"
        return home / "talon" / "user"
    return Path.home() / ".talon" / "user"


def find_package_folder() -> Path:
    """Return the folder of voice commands: in the installed package, or beside it in a checkout.

    Raises SettingsError if neither exists.
    """
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "data" / "talon_user", here.parent / "talon_user"):
        if (folder / MARK).is_file():
            return folder
    raise SettingsError(
        "the voice commands are missing from this installation. Reinstall claude-bridge."
    )


def _install(user: Path, link: Path, source: Path) -> str:
    if not user.is_dir():
        raise SettingsError(
            f"Talon's user folder {user} was not found. Install Talon from talonvoice.com, "
            "start it once, and run this again."
        )
    if _is_link(link):
        if _resolve_link(link) == source.resolve():
            return f"Nothing to do: {link} already points to {source}."
        _unlink(link)
    elif link.exists():
        raise SettingsError(f"{link} exists and is not a link. Move or rename it first.")
    _link(link, source)
    return (
        f"Linked {link} to {source}.\n"
        "Talon loads it automatically. With the bridge running, say “claude doctor”, then "
        "“claude ask how many feet are in a mile”.\n"
        "To undo this: claude-bridge install-talon --remove"
    )


def remove_link(link: Path) -> str:
    """Remove the link, never its target; return what was done. Raises SettingsError."""
    if _is_link(link):
        target = _resolve_link(link)
        _unlink(link)
        return f"Removed the link {link}. The files in {target} are unchanged."
    if link.exists():
        raise SettingsError(f"{link} is not a link, so it was not removed.")
    return f"Nothing to do: {link} does not exist."


def _link(link: Path, source: Path) -> None:
    """Create a symbolic link, or a junction on Windows. Raises SettingsError."""
    try:
        link.symlink_to(source, target_is_directory=True)
    except OSError as problem:
        if sys.platform != "win32":
            raise SettingsError(f"cannot create {link}: {problem.strerror}") from problem
        # Symbolic links on Windows need a privilege that most users lack; junctions need none.
        made = subprocess.run(  # noqa: S603 - both paths are our own
            ["cmd", "/c", "mklink", "/J", str(link), str(source)],  # noqa: S607 - mklink is part of cmd
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise SettingsError(f"cannot create {link}: {made.stderr.strip()}") from problem


def _is_link(path: Path) -> bool:
    """Return whether it is a symbolic link, even a broken one, or a junction."""
    return path.is_symlink() or _is_junction(path)


def _is_junction(path: Path) -> bool:
    if sys.platform != "win32":
        return False
    try:
        # pathlib knows junctions from Python 3.12 on only.
        return bool(os.readlink(path))
    except OSError:
        return False


def _resolve_link(link: Path) -> Path:
    return Path(os.path.realpath(link))


def _unlink(link: Path) -> None:
    """Remove the link, never its target. Raises SettingsError."""
    try:
        # Windows treats a junction as a folder; rmdir removes only the junction itself.
        if _is_junction(link) and not link.is_symlink():
            link.rmdir()
        else:
            link.unlink()
    except OSError as problem:
        raise SettingsError(f"cannot remove {link}: {problem.strerror}") from problem
