"""Find the bridge's data folder, its control token and our saved state in it."""

import os
import sys
from pathlib import Path
from typing import Optional

APP = "claude-bridge"


def find_data_folder() -> Path:
    """Return the bridge's data folder, which may not exist."""
    # The same rules as `bridge.settings.find_paths`, which cannot be imported inside Talon.
    home = os.environ.get("CLAUDE_BRIDGE_HOME")
    if home:
        return Path(home).expanduser() / "data"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / APP
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / APP
    data = os.environ.get("XDG_DATA_HOME", "").strip()
    return (Path(data) if data else Path.home() / ".local" / "share") / APP


def read_control_token() -> Optional[str]:
    """Return the token for `/control` and `/computer`, or None before the bridge's first start."""
    try:
        return (find_data_folder() / "control-token").read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def read_state() -> str:
    """Return the state saved by an earlier session, or empty; raise OSError."""
    try:
        return _find_state_file().read_text("utf-8")
    except FileNotFoundError:
        return ""


def write_state(text: str) -> None:
    """Save `text` for the next session in a file that only the user can read; raise OSError."""
    _write_private_file(_find_state_file(), text)


def write_answer_page(text: str) -> Path:
    """Write a page in place of the last one, for the user only, and return its path."""
    path = find_data_folder() / "talon-answer.html"
    _write_private_file(path, text)
    return path


def _write_private_file(path: Path, text: str) -> None:
    _create_folder(path.parent)
    # Written to a second file and moved over the first, so that a crash never leaves half a file.
    new = path.with_suffix(".new")
    # A file that a crash left may have another mode, so it is not used again.
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _create_folder(path: Path) -> None:
    # The same as `bridge.private_modes.create_folder`: `mkdir(parents=True)` would give the parents
    # the mode that the umask leaves.
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in (*reversed(missing), path):
        folder.mkdir(mode=0o700, exist_ok=True)


def _find_state_file() -> Path:
    return find_data_folder() / "talon.json"
