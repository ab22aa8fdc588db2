"""Checks of Python, the installed packages, the command's path, the disk and the start at login."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import struct
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bridge import __version__
from bridge.autostart import find_autostart
from bridge.cli.autostart import suggest_command
from bridge.cli.doctor.report import Check
from bridge.cli.folders import measure_folder
from bridge.launching import build_own_command
from bridge.paths import find_paths

_LIBRARIES = ("aiohttp", "anthropic", "claude-agent-sdk", "pydantic", "mcp")
_OLDEST_PYTHON = (3, 11)
_LOW_BYTES = 500_000_000
_FULL_BYTES = 20_000_000
_MEGABYTE = 1_000_000


def check_versions(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Report the versions of the bridge, the system and the main libraries."""
    text = f"claude-bridge {__version__} on {platform.platform()}"
    yield Check("Versions", "ok", text)
    yield Check("Libraries", "ok", ", ".join(f"{n} {_read_version(n)}" for n in _LIBRARIES))


def _read_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def check_python(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check the version of Python, and report which one it is."""
    bits = struct.calcsize("P") * 8
    text = f"{platform.python_version()} ({bits} bit), {sys.executable}"
    if sys.version_info < _OLDEST_PYTHON:
        yield Check("Python", "fail", text, "Install Python 3.11 or later.")
    else:
        yield Check("Python", "ok", text)


def check_path(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check whether terminals and MCP clients find the command by its name."""
    found = shutil.which("claude-bridge")
    if found is not None:
        yield Check("Command", "ok", f"{found} (for MCP clients: claude-bridge mcp)")
        return
    name = "claude-bridge.exe" if sys.platform == "win32" else "claude-bridge"
    program = Path(sys.executable).with_name(name)
    if program.is_file():
        fix = f"Add {program.parent} to your PATH, or use the whole path: {program}"
    else:
        fix = f"Use: {' '.join(build_own_command())}"
    yield Check("Command", "warn", "claude-bridge is not on the PATH", fix)


def check_disk(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Check the free space, and whether the folders can be written to."""
    paths = find_paths()
    folder = _find_existing(paths.data)
    free = shutil.disk_usage(folder).free
    used = sum(map(measure_folder, {paths.data, paths.logs}))
    size = f"{used / _MEGABYTE:,.1f} MB"
    text = f"{free / 1e9:,.1f} GB free; the bridge uses {size} in {paths.data}"
    for place in (paths.data, paths.logs, paths.config):
        if not os.access(_find_existing(place), os.W_OK):
            yield Check("Disk", "fail", f"{place} cannot be written to", "Check its permissions.")
            return
    if free < _FULL_BYTES:
        yield Check("Disk", "fail", text, "Free some space: nothing can be stored.")
    elif free < _LOW_BYTES:
        yield Check("Disk", "warn", text, "Free some space.")
    else:
        yield Check("Disk", "ok", text)


def _find_existing(folder: Path) -> Path:
    return next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))


def check_autostart(_arguments: argparse.Namespace) -> Iterator[Check]:
    """Report whether the tray app starts at login."""
    autostart = find_autostart()
    if autostart.is_on():
        yield Check("Autostart", "ok", f"on ({autostart.place})")
    else:
        fix = f"To start it at each login: {suggest_command()}"
        yield Check("Autostart", "note", "off", fix)
