"""What was written to which config file, so that it can be undone.

The folder is 0700, its files 0600: a JSON file for each connected program, and the config files as
they were before. A record is written before the config file it is about, so that an interruption at
any point leaves either the old file or a complete record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bridge.connect.data import Item
from bridge.connect.edit import Written
from bridge.connect.formats import FormatName
from bridge.errors import SettingsError
from bridge.private_files import (
    is_present,
    make_private_folder,
    read_file,
    read_private,
    remove_file,
    write_private,
)

_LOCK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was written to one file."""

    path: str
    format: FormatName
    mode: int
    """The mode it had before."""
    existed: bool
    before: str
    """The digest of its bytes before; that of no bytes if there was no file."""
    after: tuple[str, ...]
    """The digests of all that the bridge has written since."""
    changed_since: bool
    """Whether another program or the user changed it between two connections."""
    written: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One connected program."""

    program: str
    model: str
    base_url: str
    at: float
    """When it was connected, in Unix seconds."""
    files: tuple[FileRecord, ...]

    def find_file(self, path: Path) -> FileRecord | None:
        """Return what was written to a file."""
        return next((file for file in self.files if file.path == str(path)), None)


class Ledger:
    """The records of all programs, below the bridge's data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one process at a time connect programs. Raises SettingsError."""
        # Imported on use: most commands only read.
        from filelock import FileLock, Timeout

        make_private_folder(self.folder)
        lock = FileLock(self.folder / ".lock", timeout=_LOCK_SECONDS, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise SettingsError("another command is connecting a program; try again") from error
        except OSError as error:
            raise SettingsError(f"cannot lock {self.folder}: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def read(self, program: str) -> Record | None:
        """Return the record of a program; None if it is not connected. Raises SettingsError."""
        path = self._get_path(program)
        text = read_private(path)
        if text is None:
            return None
        try:
            return _parse_record(json.loads(text))
        # A recursion error: lists nested without end.
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SettingsError(
                f"cannot use {path}: it is damaged. To forget what was written there, delete it"
            ) from error

    def write(self, record: Record) -> None:
        """Write a record, whole or not at all. Raises SettingsError."""
        write_private(self._get_path(record.program), json.dumps(asdict(record), indent=1))

    def write_backup(self, program: str, path: Path, data: bytes) -> None:
        """Store the bytes of a config file. Raises SettingsError."""
        write_private(self.get_backup_path(program, path), data)

    def read_backup(self, program: str, file: FileRecord) -> bytes:
        """Return the stored bytes of a config file. Raises SettingsError, also if they changed."""
        backup = self.get_backup_path(program, Path(file.path))
        try:
            data = read_file(backup)
        except OSError as error:
            raise SettingsError(
                f"cannot restore {file.path}: {backup} cannot be read: {error.strerror}"
            ) from error
        if compute_digest(data) != file.before:
            raise SettingsError(f"cannot restore {file.path}: {backup} was changed")
        return data

    def get_backup_path(self, program: str, path: Path) -> Path:
        """Return the name of a backup."""
        return self.folder / f"{program}-{compute_digest(str(path).encode())[:16]}.backup"

    def remove(self, record: Record) -> None:
        """Forget a program, when its files are as they were. Raises SettingsError."""
        self.keep_only(record, ())

    def keep_only(self, record: Record, files: Collection[FileRecord]) -> None:
        """Forget the other files of a record, and without any the program. Raises SettingsError."""
        # The record goes first: without it, a backup is only a file that nobody needs.
        if files:
            self.write(replace(record, files=tuple(files)))
        else:
            remove_file(self._get_path(record.program))
        for file in record.files:
            if file not in files:
                remove_file(self.get_backup_path(record.program, Path(file.path)))

    def remove_folder(self) -> None:
        """Remove the folder, when nothing is connected any more. Raises SettingsError."""
        remove_file(self.folder / ".lock")
        try:
            self.folder.rmdir()
        except OSError as error:
            raise SettingsError(f"cannot remove {self.folder}: {error.strerror}") from error

    def has(self, program: str) -> bool:
        """Return whether a program has a record. Raises SettingsError."""
        return is_present(self._get_path(program))

    def _get_path(self, program: str) -> Path:
        return self.folder / f"{program}.json"


def compute_digest(data: bytes | None) -> str:
    """Return the digest by which a file's content is known again."""
    return hashlib.sha256(data or b"").hexdigest()


def _parse_record(data: Any) -> Record:
    if not all(isinstance(file["path"], str) for file in data["files"]):
        raise TypeError("a path must be a text")
    files = tuple(
        FileRecord(
            **{
                **file,
                "after": tuple(file["after"]),
                "written": tuple(map(_parse_written, file["written"])),
            }
        )
        for file in data["files"]
    )
    return Record(**{**data, "files": files})


def _parse_written(data: Any) -> Written:
    path = tuple(step if isinstance(step, str) else Item(**step) for step in data["path"])
    return Written(path, data["value"], data["existing"])
