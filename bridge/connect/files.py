"""Read and replace a program's config file: whole or not at all, and never one that is not ours."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bridge.connect.edit import Splices
from bridge.connect.refusal import CannotConnect
from bridge.private_files import read_file

_NEW_MODE = 0o600
_FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A config file as it was read."""

    path: Path
    """The real file, behind all symbolic links."""
    data: bytes | None
    """Its bytes; None if there is no such file."""
    mode: int = _NEW_MODE

    @property
    def text(self) -> str:
        """Its text without byte order mark; lines end with `\\n`. Raises CannotConnect."""
        return _decode_text(self.path, self.data or b"")[0]

    def encode(self, steps: Iterable[Splices]) -> bytes:
        """Return the bytes with these splices of `text`, each made after the ones before it.

        The byte order mark and the ends of all other lines stay as they are; new lines get the
        more frequent end.
        """
        text, mark, line_ends = _decode_text(self.path, self.data or b"")
        ends = list(line_ends)
        usual = "\r\n" if ends.count("\r\n") * 2 > len(ends) else "\n"
        for splices in steps:
            for one in sorted(splices, key=lambda one: one.start, reverse=True):
                first = text.count("\n", 0, one.start)
                removed = text.count("\n", one.start, one.end)
                ends[first : first + removed] = [usual] * one.text.count("\n")
                text = text[: one.start] + one.text + text[one.end :]
        *lines, last = text.split("\n")
        pairs = zip(lines, ends, strict=True)
        return mark + ("".join(line + end for line, end in pairs) + last).encode()


def _decode_text(path: Path, data: bytes) -> tuple[str, bytes, tuple[str, ...]]:
    """Return the text, the byte order mark, and the end of each line."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        raw = data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise CannotConnect(f"{path} is not changed: it is not a text in UTF-8.") from error
    *lines, last = raw.split("\n")
    ends = tuple("\r\n" if line.endswith("\r") else "\n" for line in lines)
    return "\n".join([*(line.removesuffix("\r") for line in lines), last]), mark, ends


def read_config(path: Path) -> ConfigFile:
    """Read a config file, behind symbolic links. Raises CannotConnect, which names it.

    A file that must not be replaced is refused here, before anything is planned.
    """
    try:
        real = path.resolve(strict=False)
        status = os.stat(real)
    except FileNotFoundError:
        return ConfigFile(real, None)
    # A RuntimeError or OSError: links that lead to each other.
    except (OSError, RuntimeError) as error:
        raise CannotConnect(f"{path} cannot be read: {_get_reason(error)}.") from error
    if reason := _explain_protection(status):
        raise CannotConnect(f"{path} is not changed: {reason}.")
    try:
        return ConfigFile(real, read_file(real), stat.S_IMODE(status.st_mode))
    except OSError as error:
        raise CannotConnect(f"{path} cannot be read: {_get_reason(error)}.") from error


def _explain_protection(status: os.stat_result) -> str | None:
    """Return why a file must not be replaced."""
    if not stat.S_ISREG(status.st_mode):
        return "it is not a file"
    if not status.st_mode & stat.S_IWUSR:
        return "it is read-only"
    if os.name == "posix" and status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_nlink > 1:
        return "it has a second name (a hard link), which would keep the old content"
    return None


def write_config(path: Path, data: bytes, mode: int) -> None:
    """Replace a file at once; what was there stays until the new one is complete.

    Raises CannotConnect.
    """

    def write(temporary: Path) -> None:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _NEW_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            # Otherwise a power failure may leave an empty file under the final name.
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)

    _replace_through(path, write)


def _replace_through(path: Path, write: Callable[[Path], None]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.claude-bridge")
    try:
        _make_folder(path.parent)
        # Left by a process of the same number that was interrupted.
        temporary.unlink(missing_ok=True)
        write(temporary)
    except OSError as error:
        raise CannotConnect(f"{path} is not changed: {_get_reason(error)}.") from error
    finally:
        _remove_quietly(temporary)


def _make_folder(path: Path) -> None:
    # With the mode that programs usually give their folders, as far as the umask allows.
    path.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)


def _remove_quietly(path: Path) -> None:
    from contextlib import suppress

    # It does not exist after success; if the folder is gone, so is the file.
    with suppress(OSError):
        path.unlink()


def remove_config(path: Path) -> None:
    """Remove a file that was made by the bridge. Raises CannotConnect."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotConnect(f"{path} cannot be removed: {_get_reason(error)}.") from error


def _get_reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
