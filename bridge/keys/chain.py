"""Store the user's keys: in one entry of the system's keyring or, without one, in a private file.

"There is no key" and "it cannot be known" are different answers. The first lets every program on
this computer use the bridge, so it is given only if nothing was ever saved, or if the user has
removed the last key. Everything else that prevents reading raises KeysUnreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import SettingsError
from bridge.keys.keyring_entry import KeyringEntry, KeyringFailed, KeyringMissing
from bridge.keys.named_key import Keys, format_keys, parse_keys
from bridge.private_files import is_present, read_private, read_text, remove_file, write_private

IN_KEYRING = "the system's keyring"

_LOCK_SECONDS = 40.0
"""Longer than a call to the keyring, for which another process may hold the lock."""

_RESET = (
    "If the saved keys are lost, forget them with `claude-bridge key reset` and save them again."
)


class KeysUnreadable(SettingsError):
    """Keys are saved, but cannot be read; one of them is an access key if `access_required`."""

    def __init__(self, problem: str, hint: str, *, access_required: bool) -> None:
        super().__init__(f"the saved keys cannot be read: {problem}. {hint}")
        self.problem = problem
        self.hint = hint
        self.access_required = access_required


@dataclass(frozen=True, slots=True)
class _Mark:
    """The content of the file `keys-kept`: where the keys are, and whether one is an access key.

    `place` is None if the file does not say it: versions before this one left it empty.
    """

    place: str | None = None
    access_required: bool = False

    def format_text(self) -> str:
        return f"{self.place or ''}{' access-key' if self.access_required else ''}\n"


class KeyChain:
    """Storage for all keys at once. May block until the user unlocks the keyring.

    `folder` holds the file that is used without a keyring, and two small files that are read
    without one, because a keyring is slow to load and may be locked or absent: `keys-kept` says
    that keys are saved and where, `key-required` that the bridge has an access key. Only a save
    without access keys and `reset` remove `key-required`.
    """

    def __init__(self, folder: Path, entry: KeyringEntry | None = None) -> None:
        self._folder = folder
        self._entry = entry or KeyringEntry()
        self._file = folder / "keys.json"
        self._has_keys = folder / "keys-kept"
        self._needs_key = folder / "key-required"

    def may_need_access_key(self) -> bool:
        """Return whether one of the keys may be an access key, without asking the keyring."""
        try:
            # A file without the marks was copied here, or they were lost.
            return self._is_marked() or (not is_present(self._has_keys) and is_present(self._file))
        except SettingsError:
            return True

    def load(self) -> Keys:
        """Load all keys. Raises KeysUnreadable."""
        required = self.may_need_access_key()
        try:
            return self._read_keys()
        except SettingsError as error:
            raise KeysUnreadable(str(error), _RESET, access_required=required) from error
        except KeyringMissing as error:
            raise KeysUnreadable(
                "they are in the system's keyring, which this session does not have",
                f"Start the bridge from your desktop session. {_RESET}",
                access_required=required,
            ) from error
        except KeyringFailed as error:
            raise KeysUnreadable(
                f"the keyring cannot be used: {error}",
                f"Unlock the keyring and try again. {_RESET}",
                access_required=required,
            ) from error

    def update(self, change: Callable[[Keys], Keys]) -> tuple[Keys, str]:
        """Load all keys, change them and save them; return them and the place, for the user.

        No other process can save in between. Raises SettingsError, and changes nothing, if the keys
        cannot be read: what they were would be lost.
        """
        with self._lock():
            keys = change(self.load())
            return keys, self._write_keys(keys)

    def save(self, keys: Keys) -> str:
        """Replace all keys; return the place, for the user. Raises SettingsError."""
        with self._lock():
            return self._write_keys(keys)

    def reset(self) -> str | None:
        """Forget all keys, also those that cannot be read. Raises SettingsError.

        Returns the reason, a phrase, if the keyring still has them; they are not used any more.
        """
        with self._lock():
            problem = None
            try:
                self._entry.delete()
            except KeyringFailed as error:
                problem = str(error)
            except KeyringMissing:
                mark = self._has_keys_in_keyring()
                problem = "this session has no keyring" if mark else None
            for path in (self._file, self._has_keys, self._needs_key):
                remove_file(path)
        return problem

    def _has_keys_in_keyring(self) -> bool:
        try:
            mark = self._read_mark()
        except SettingsError:
            return True
        return mark is not None and mark.place != "file"

    def _read_keys(self) -> Keys:
        marked = self._is_marked()
        stored = self._read_store()
        if stored is None:
            return Keys()
        place, content = stored
        try:
            keys = parse_keys(content)
        except ValueError as error:
            raise SettingsError(f"cannot use {place}: {error}") from error
        if marked and not keys.bridge:
            raise SettingsError(
                f"an access key is required, but there is none among the keys in {place}"
            )
        return keys

    def _is_marked(self) -> bool:
        mark = self._read_mark()
        return is_present(self._needs_key) or (mark is not None and mark.access_required)

    def _read_store(self) -> tuple[str, Any] | None:
        """Return the place and its content; None if no key was ever saved."""
        mark = self._read_mark()
        place = mark.place if mark is not None else None
        if mark is None and not is_present(self._needs_key) and not is_present(self._file):
            return None
        if place == "file":
            return self._read_file()
        if place == "keyring":
            return IN_KEYRING, self._read_entry()
        try:
            content = self._entry.read()
        except (KeyringMissing, KeyringFailed):
            # Without a place: a version before this one fell back to the file in the same way.
            if not is_present(self._file):
                raise
            return self._read_file()
        if content is None and is_present(self._file):
            return self._read_file()
        return IN_KEYRING, self._read_entry() if content is None else content

    def _read_file(self) -> tuple[str, str]:
        text = read_private(self._file)
        if text is None:
            raise SettingsError(f"{self._file} is missing")
        return str(self._file), text

    def _read_entry(self) -> Any:
        content = self._entry.read()
        if content is None:
            raise SettingsError("the system's keyring has no entry of the bridge")
        return content

    def _write_keys(self, keys: Keys) -> str:
        had_keys, had_access_key = is_present(self._has_keys), is_present(self._needs_key)
        # The marks come first and go last: whatever fails in between, no key is overlooked.
        if not had_keys:
            write_private(self._has_keys, _Mark().format_text())
        if keys.bridge and not had_access_key:
            write_private(self._needs_key, "")
        try:
            place = self._write_store(format_keys(keys))
        except SettingsError:
            # Nothing was stored, so the marks of a first key would lock the bridge for nothing.
            if not had_keys:
                remove_file(self._has_keys)
            if not had_access_key:
                remove_file(self._needs_key)
            raise
        if keys == Keys():
            remove_file(self._file)
            remove_file(self._has_keys)
        else:
            write_private(self._has_keys, _Mark(place, bool(keys.bridge)).format_text())
            if place == "keyring":
                remove_file(self._file)
        if not keys.bridge:
            remove_file(self._needs_key)
        return IN_KEYRING if place == "keyring" else str(self._file)

    def _write_store(self, text: str) -> str:
        try:
            self._entry.write(text)
        except (KeyringMissing, KeyringFailed):
            write_private(self._file, text)
            return "file"
        return "keyring"

    def _read_mark(self) -> _Mark | None:
        """Return the content of `keys-kept`; None without it. Raises SettingsError."""
        text = read_text(self._has_keys)
        if text is None:
            return None
        words = text.split()
        access_required = "access-key" in words
        places = [word for word in words if word != "access-key"]
        if places not in ([], ["keyring"], ["file"]):
            raise SettingsError(f"{self._has_keys} is damaged")
        return _Mark(places[0] if places else None, access_required)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the lock between processes, so that none undoes what another has just saved."""
        # Imported on use: most starts save no key.
        from filelock import FileLock, Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FileLock(self._folder / "keys.lock", timeout=_LOCK_SECONDS, mode=0o600):
                yield
        except Timeout as error:
            raise SettingsError("another command is saving keys; try again") from error
        except OSError as error:
            raise SettingsError(f"cannot write {self._folder}: {error.strerror}") from error
