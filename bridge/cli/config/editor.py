"""Edit `config.toml` in the user's editor, and save it only if it is valid."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bridge.cli.config.document import write_checked
from bridge.cli.config.lock import lock_settings
from bridge.cli.exit_codes import CommandFailed
from bridge.cli.prompt import confirm
from bridge.cli.text import print_error, print_line
from bridge.errors import SettingsError
from bridge.opening import open_file
from bridge.private_files import read_text

_EDITORS = ("nano", "vim", "vi")


def edit_file(path: Path) -> bool:
    """Let the user edit a copy, and save it once it is valid; return whether it was changed.

    Without a terminal, the file itself opens in the desktop's program. Raises CommandFailed.
    """
    editor = _find_editor()
    if editor is None or not (sys.stdin.isatty() or os.environ.get("VISUAL")):
        print_line(f"Opening {path}" if open_file(path) else path)
        return False
    before = read_text(path) or ""
    with tempfile.TemporaryDirectory(prefix="claude-bridge-") as folder:
        copy = Path(folder) / path.name
        copy.write_text(before, "utf-8")
        return _edit_until_valid(editor, copy, path, before)


def _edit_until_valid(editor: list[str], copy: Path, path: Path, before: str) -> bool:
    while True:
        _run_editor(editor, copy)
        text = copy.read_text("utf-8", "replace")
        if text == before:
            print_line("Nothing was changed.")
            return False
        try:
            with lock_settings(path):
                _check_unchanged(path, before)
                write_checked(path, text)
        except SettingsError as error:
            print_error(f"claude-bridge: {error}")
            if not (sys.stdin.isatty() and confirm("Edit it again?", default=True)):
                raise CommandFailed(f"{path} was not changed.") from error
            before = read_text(path) or ""
        else:
            print_line(f"Saved {path}.")
            return True


def _check_unchanged(path: Path, before: str) -> None:
    """Raise SettingsError if another program has changed the file while the editor was open."""
    if (read_text(path) or "") != before:
        raise SettingsError(
            f"{path} was changed by another program in the meantime. To replace that change by "
            "what you have written, save it again"
        )


def _find_editor() -> list[str] | None:
    """Return the command of the user's editor; None if there is none for a terminal."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        return shlex.split(chosen, posix=os.name == "posix") or None
    return next(([name] for name in _EDITORS if shutil.which(name)), None)


def _run_editor(editor: list[str], file: Path) -> None:
    try:
        code = subprocess.run([*editor, str(file)], check=False).returncode  # noqa: S603 - the user's
    except OSError as error:
        raise CommandFailed(f"{editor[0]} cannot be started: {error.strerror}") from error
    if code != 0:
        raise CommandFailed(f"{editor[0]} ended with an error ({code}), so nothing was saved.")
