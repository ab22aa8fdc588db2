"""Where programs keep their files on this computer, and which of them are installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.connect.programs.row import Bridge, Place, Row, Target
from bridge.connect.writer import FileChange

_EXTENSION_FOLDERS = (".vscode", ".vscode-insiders", ".vscodium", ".cursor")


@dataclass(frozen=True)
class System:
    """The user's computer, as far as it decides where files are."""

    home: Path
    environ: Mapping[str, str]
    system: str
    """As `sys.platform`."""
    find_command: Callable[[str], str | None] = shutil.which
    folder: Path | None = None
    """The current folder of the user's terminal; None for a server or an app, which has none."""

    @property
    def shell(self) -> str:
        """The name of the user's shell, such as `bash`."""
        return Path(self.environ.get("SHELL", "")).name

    def find_path(self, place: Place) -> Path | None:
        """Return the path of a file or folder; None if there is none on this system."""
        template = place.linux
        if self.system == "darwin":
            template = place.macos or template
        elif self.system == "win32":
            template = place.windows or template
        if template == "-":
            return None
        folder = self.environ.get(place.variable) if place.variable else None
        if folder:
            return self._expand(folder) / template.rpartition("/")[2]
        config = self.environ.get("XDG_CONFIG_HOME") or "~/.config"
        appdata = self.environ.get("APPDATA") or "~/AppData/Roaming"
        path = self._expand(template.format(config=config, appdata=appdata))
        if path.is_absolute():
            return path
        return None if self.folder is None else self.folder / path

    def _expand(self, path: str) -> Path:
        return self.home / path.removeprefix("~/") if path.startswith("~/") else Path(path)

    def find_file(self, target: Target) -> Path | None:
        """Return the file to write; None if it is that of another shell or system."""
        if target.shell_name and target.shell_name != self.shell:
            return None
        path = self.find_path(target.place)
        others = (self.find_path(place) for place in target.others)
        if path is None or os.path.exists(path):
            return path
        found = (other for other in others if other is not None and os.path.exists(other))
        return next(found, path)

    def find_traces(self, row: Row) -> str | None:
        """Return where a program was found, or None."""
        for command in row.commands:
            if (path := self.find_command(command)) is not None:
                return path
        for place in row.folders:
            folder = self.find_path(place)
            if folder is not None and os.path.isdir(folder):
                return str(folder)
        return self._find_bundle(row) or self._find_extension(row)

    def _find_bundle(self, row: Row) -> str | None:
        if self.system != "darwin":
            return None
        folders = (Path("/Applications"), self.home / "Applications")
        bundles = (folder / name for folder in folders for name in row.bundles)
        return next((str(bundle) for bundle in bundles if os.path.isdir(bundle)), None)

    def _find_extension(self, row: Row) -> str | None:
        for folder in _EXTENSION_FOLDERS if row.extensions else ():
            for path in sorted((self.home / folder / "extensions").glob("*")):
                if path.name.lower().startswith(row.extensions):
                    return str(path)
        return None


def read_system(folder: Path | None = None) -> System:
    """Return the system that this process runs on; `folder` is that of a terminal."""
    return System(Path.home(), os.environ, sys.platform, folder=folder)


def list_changes(row: Row, bridge: Bridge, system: System) -> list[FileChange]:
    """Return what to write for a program; empty if nothing can be written here."""
    changes: list[FileChange] = []
    for target in row.targets:
        path = system.find_file(target)
        if path is not None:
            has_secret = target.has_key and bridge.has_access_key and not row.variable
            changes.append(FileChange(path, target.format, target.build(bridge), has_secret))
    return changes
