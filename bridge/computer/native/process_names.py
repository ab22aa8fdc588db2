"""Name a process: window classes and titles can be chosen freely, executables less so."""

from __future__ import annotations

from pathlib import PurePath, PureWindowsPath

_INTERPRETERS = ("python", "perl", "ruby", "node", "gjs", "java", "electron", "bash", "sh")


def list_process_names(process: int) -> tuple[str, ...]:
    """Return a process' name and its executable's; for a script the script's, too.

    Empty for 0, for a process that has ended, and for one of another user.
    """
    if not process:
        return ()
    import psutil

    try:
        running = psutil.Process(process)
        with running.oneshot():
            return name_command(running.name(), running.cmdline())
    except (psutil.Error, OSError):
        return ()


def name_command(name: str, words: list[str]) -> tuple[str, ...]:
    """Return the names of a process with this name and command line."""
    names = [name, *(_strip_folder(word) for word in words[:1])]
    if any(shown.startswith(_INTERPRETERS) for shown in names):
        script = next((word for word in words[1:] if not word.startswith("-")), "")
        names.append(_strip_folder(script))
    return tuple(dict.fromkeys(part for part in names if part))


def _strip_folder(path: str) -> str:
    return PureWindowsPath(path).name if "\\" in path else PurePath(path).name
