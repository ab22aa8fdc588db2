"""Finds the bridge's own folder of data, and the token in it that lets one change the bridge."""

import os
import sys
from pathlib import Path
from typing import Optional

APP = "claude-bridge"


def data_folder() -> Path:
    """Return the folder, as the bridge itself finds it; it need not exist."""
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


def control_token() -> Optional[str]:
    """Return the token that `/control` and `/computer` want, or None before the first start."""
    try:
        return (data_folder() / "control-token").read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def read_memory() -> str:
    """Return what was kept for the next start of Talon; nothing when there is no file."""
    try:
        return _memory().read_text("utf-8")
    except FileNotFoundError:
        return ""


def write_memory(text: str) -> None:
    """Keep `text` for the next start of Talon in a file for this person only; raise OSError."""
    path = _memory()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _memory() -> Path:
    return data_folder() / "talon.json"
