"""Read and write the user's own files, and tell "there is none" from "it cannot be known"."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import SettingsError
from bridge.private_modes import NO_WAIT, create_folder

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_present(path: Path) -> bool:
    """Return whether anything has this name, also a broken link.

    Raises SettingsError if that cannot be found out, as in a folder that the user may not search.
    `Path.exists` would say no then, and for a broken link too.
    """
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    return True


def read_file(path: Path) -> bytes:
    """Return a file's content. Raises OSError, also for what is no file.

    Reading a named pipe would wait for ever, and a device such as /dev/zero may have no end. Only
    /dev/null is accepted: a link to it says that the file is empty.
    """

    def open_file(name: str, flags: int) -> int:
        handle = os.open(name, flags | NO_WAIT)
        status = os.fstat(handle)
        if stat.S_ISREG(status.st_mode) or os.path.samestat(status, os.stat(os.devnull)):
            return handle
        os.close(handle)
        raise OSError(errno.EINVAL, "It is not a file", name)

    with open(str(path), "rb", opener=open_file) as file:
        return file.read()


def read_text(path: Path) -> str | None:
    """Return a file's text; None only if nothing has this name. Raises SettingsError."""
    if not is_present(path):
        return None
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"cannot read {path}: it is not a text file") from error
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error


def read_private(path: Path) -> str | None:
    """Return the text of a file that no other user can have written; None if there is none.

    A file that others could read gets its mode 0600 back. Raises SettingsError for a file of
    another user, one that others may write, a link, a folder, and one that cannot be read.
    """
    if not is_present(path):
        return None
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | NO_WAIT
        with os.fdopen(os.open(path, flags), "rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                os.fchmod(file.fileno(), 0o600)
            return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"cannot use {path}: it is not a text file") from error
    except OSError as error:
        reason = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise SettingsError(f"cannot use {path}: {reason}") from error


def read_secret(path: Path) -> str | None:
    """Return the stripped text of a 0600 file; None if others could read it, or it is none.

    It never raises: the caller makes a new secret.
    """
    try:
        if os.name == "posix" and stat.S_IMODE(os.lstat(path).st_mode) & _OTHERS:
            return None
        return (read_private(path) or "").strip() or None
    except (OSError, SettingsError):
        return None


def make_private_folder(path: Path) -> None:
    """Make a folder that only the user can use; close an existing one that others may write to.

    They could delete files in it, such as the one that requires an access key. Raises
    SettingsError.
    """
    with _explain_write_failures(path):
        create_folder(path)
        status = path.stat()
        is_own = os.name == "posix" and status.st_uid == os.geteuid()
        if is_own and status.st_mode & _OTHERS_MAY_WRITE:
            path.chmod(0o700)


def create_private(path: Path, text: str) -> bool:
    """Write a new file that only the user can read; return False if there is one already.

    Raises SettingsError.
    """
    with _explain_write_failures(path):
        new = _write_beside(path, text)
        try:
            # Unlike a rename, a link fails if the name is taken.
            os.link(new, path)
        except FileExistsError:
            return False
        finally:
            new.unlink()
    return True


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only the user can read, whole or not at all. Raises SettingsError."""
    with _explain_write_failures(path):
        new = _write_beside(path, content)
        try:
            new.replace(path)
        except OSError:
            new.unlink()
            raise


def _write_beside(path: Path, content: str | bytes) -> Path:
    """Write a file of an unpredictable name, with its final mode from the beginning."""
    # Imported here, because it loads the modules for archives, and most commands write nothing.
    import tempfile

    create_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        # Otherwise a power failure may leave an empty file under the final name.
        os.fsync(file.fileno())
    return Path(name)


@contextmanager
def _explain_write_failures(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}") from error


def remove_file(path: Path) -> None:
    """Remove a file, if there is one. Raises SettingsError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot remove {path}: {error.strerror}") from error


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SettingsError(f"cannot use {path}: it is not a file")
    # Windows has no such modes: a profile's folder is the user's own by its access list.
    if os.name != "posix":
        return
    if status.st_uid != os.geteuid():
        raise SettingsError(f"cannot use {path}: it belongs to another user")
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise SettingsError(
            f"cannot use {path}: other users may have changed it. Check its content, then run: "
            f"chmod 600 {path}"
        )
