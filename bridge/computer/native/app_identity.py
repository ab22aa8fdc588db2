"""Find the program of a process, by what the system says of it and not by what it calls itself."""

# Known are the executable, and for programs that run others what they run, as far as the command
# line tells that plainly. Everything else is unknown, so that two programs never share a decision:
# an executable of another file system (a container), one that was replaced since it started, a
# process of another user, a script by a relative name that is not there, code without a file. A
# process may rewrite its command line, and so may every program with the user's rights act as
# another one; this is about pages and documents, which can do neither.

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from bridge.computer.apps.app import PATH_LENGTH, App

_WITH_SCRIPT = re.compile(
    r"(python|pypy|perl|ruby|gjs|gjs-console|php|tclsh|wish|node|nodejs|bun|electron|lua|luajit|"
    r"bash|dash|sh|zsh|fish|ksh|Rscript|qml|cscript|wscript)[\d.w-]*(\.exe)?",
    re.IGNORECASE,
)
"""Interpreters whose first argument is what they run."""
_JAVA = re.compile(r"javaw?(\.exe)?", re.IGNORECASE)
_HOSTS = re.compile(
    r"(deno|mono|dotnet|pwsh|powershell|osascript|busybox|wine|qemu|box64|fex|ld-linux|ld-musl|ld-|"
    r"ssh|Xephyr|Xnest|Xwayland|Xvnc|xpra|xdg-dbus-proxy|applicationframehost|mshta|rundll32|env|sudo|pkexec)"
    r"[\w.-]*",
    re.IGNORECASE,
)
"""Programs whose windows belong to others, which the system does not name."""
_PYTHON = re.compile(r"(python|pypy)", re.IGNORECASE)
_PYTHON_FLAGS = re.compile(r"-[bBdEiIOPqsSuvx]+")
"""Options without a value, which run nothing else."""
_JAVA_FLAGS = re.compile(r"-(X(m[nsx]|ss)\w+|XX:[+-]?\w+(=\w+)?|D[\w.]+(=.*)?|server|client)")
_FLATPAK_ID = re.compile(r"[\w-]+(\.[\w-]+)+", re.ASCII)
_PLACE_OF_IMAGES = "/tmp/.mount_"  # noqa: S108 - where AppImages mount themselves


def identify_app(process: int) -> App | None:
    """Return the program of a process; None if it cannot be known, or has ended."""
    if not process:
        return None
    import psutil

    try:
        running = psutil.Process(process)
        path = running.exe()
        if not path or len(path) > PATH_LENGTH:
            return None
        if not _is_that_file(process, path):
            return read_flatpak(Path(f"/proc/{process}/root"))
        return name_app(path, running.cmdline, running.cwd)
    except (psutil.Error, OSError, ValueError):
        return None


def name_app(
    path: str, read_command: Callable[[], Sequence[str]], find_folder: Callable[[], str]
) -> App | None:
    """Name a program by its executable and its command line; None if it runs what is unknown.

    `read_command` returns the command line, `find_folder` the folder of relative names. Both are
    called only if they are needed.
    """
    name = re.split(r"[/\\]", path)[-1]
    if path.startswith(_PLACE_OF_IMAGES) or _HOSTS.fullmatch(name):
        return None
    if _JAVA.fullmatch(name):
        script = _find_jar(read_command()[1:])
    elif _WITH_SCRIPT.fullmatch(name):
        script = _find_script(read_command()[1:], _PYTHON_FLAGS if _PYTHON.match(name) else None)
    else:
        return App(path)
    if not script or len(script) > PATH_LENGTH:
        return None
    whole = os.path.normpath(os.path.join(find_folder(), script))
    return App(path, whole) if os.path.exists(whole) else None


def _find_script(words: Sequence[str], flags: re.Pattern[str] | None) -> str | None:
    """Return the script; None after an option that may run something else, such as `-c`."""
    for word in words:
        if not word.startswith("-"):
            return word
        if flags is None or not flags.fullmatch(word):
            return None
    return None


def _find_jar(words: Sequence[str]) -> str | None:
    for at, word in enumerate(words):
        if word == "-jar":
            return next(iter(words[at + 1 :]), None)
        if not _JAVA_FLAGS.fullmatch(word):
            return None
    return None


def _is_that_file(process: int, path: str) -> bool:
    """Return whether a path is the executable here, and not in a container, or before an update."""
    if sys.platform != "linux":
        return True
    try:
        return os.path.samestat(os.stat(f"/proc/{process}/exe"), os.stat(path))
    except FileNotFoundError:
        return False


def read_flatpak(root: Path) -> App | None:
    """Return the sandbox that a process is in, by its root folder; None if it is in none.

    Its files are not where its paths say. Source: flatpak-metadata(5), “Instance”.
    """
    info = ConfigParser(interpolation=None)
    try:
        info.read_string((root / ".flatpak-info").read_text("utf-8"))
        id = info.get("Application", "name")
    except (OSError, ValueError, ConfigError):
        return None
    return App(f"flatpak:{id}") if _FLATPAK_ID.fullmatch(id) else None
