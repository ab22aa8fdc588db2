"""Store the user's keys: for Anthropic, for the bridge itself, and for an embedding service.

They are one entry of the system's keyring or, without a keyring, a file that only the user can
read.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from bridge.errors import SettingsError

Owner = Literal["anthropic", "bridge", "embeddings"]
OWNERS: tuple[Owner, ...] = get_args(Owner)

_SERVICE = "claude-bridge"
_ENTRY = "keys"
_HINT_LENGTH = 4
_MIN_LENGTH_FOR_HINT = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key with the user's label for it; its repr does not contain the secret."""

    name: str
    secret: str = field(repr=False)
    computer: bool = False
    """Whether an access key also allows computer use without an approval for each program."""

    @property
    def hint(self) -> str:
        """The last characters: enough to recognize the key, too few to use it."""
        is_long = len(self.secret) >= _MIN_LENGTH_FOR_HINT
        return f"…{self.secret[-_HINT_LENGTH:]}" if is_long else "…"


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of each owner, in the order they were saved."""

    anthropic: tuple[NamedKey, ...] = ()
    bridge: tuple[NamedKey, ...] = ()
    embeddings: tuple[NamedKey, ...] = ()

    def of(self, owner: Owner) -> tuple[NamedKey, ...]:
        """Return the keys of one owner."""
        keys: tuple[NamedKey, ...] = getattr(self, owner)
        return keys

    def with_key(self, owner: Owner, key: NamedKey) -> Keys:
        """Return all keys and `key`, which replaces one of the same name."""
        others = tuple(other for other in self.of(owner) if other.name != key.name)
        return self._replace_keys(owner, (*others, key))

    def without(self, owner: Owner, name: str) -> Keys:
        """Return all keys but the one called `name`."""
        return self._replace_keys(owner, tuple(key for key in self.of(owner) if key.name != name))

    def _replace_keys(self, owner: Owner, keys: tuple[NamedKey, ...]) -> Keys:
        return replace(self, **{owner: keys})


def check_secret(typed: str) -> str:
    """Return a typed or pasted key without surrounding whitespace. Raises SettingsError."""
    # HTTP headers cannot carry other characters, and pasted keys often end with a newline.
    secret = typed.strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise SettingsError("not a valid key: empty, or contains spaces or special characters")
    return secret


class KeyChain:
    """Storage for all keys at once. May block until the user unlocks the keyring.

    `folder` holds the file that is used without a keyring, and two empty marker files. One means
    that there are keys at all, because a keyring is slow to load and may have to be unlocked. The
    other means that the bridge has an access key: if the keyring then cannot be opened, the bridge
    must not start without access control.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"
        self._has_keys = folder / "keys-kept"
        self._needs_key = folder / "key-required"

    def load(self) -> Keys:
        """Load all keys. Raises SettingsError if they cannot be read and an access key is set."""
        if not self._has_keys.exists():
            return Keys()
        try:
            text = self._read_keyring()
        except _import_keyring_error() as error:
            if self._needs_key.exists():
                raise SettingsError(f"cannot read the keyring: {error}") from error
            _log.warning("Cannot read the keyring (%s); its keys are not used.", error)
            text = None
        # The file may be left from a time without a keyring; the next `save` moves it there.
        if text is None and self._file.exists():
            text = self._file.read_text("utf-8")
        return _parse_keys(json.loads(text)) if text else Keys()

    def save(self, keys: Keys) -> str:
        """Write all keys; return the place as text for the user."""
        text = json.dumps({owner: [_format_key(key) for key in keys.of(owner)] for owner in OWNERS})
        place = "the system's keyring"
        try:
            self._write_keyring(text)
            self._file.unlink(missing_ok=True)
        except _import_keyring_error():
            _write_private(self._file, text)
            place = str(self._file)
        _set_marker(self._has_keys, keys != Keys())
        _set_marker(self._needs_key, bool(keys.bridge))
        return place

    def _read_keyring(self) -> str | None:
        # Imported on use: its backends are slow to load, and many users have no keys.
        import keyring

        if not _has_keyring():
            return None
        return keyring.get_password(_SERVICE, self._find_entry())

    def _write_keyring(self, text: str) -> None:
        import keyring
        import keyring.errors

        if not _has_keyring():
            raise keyring.errors.NoKeyringError("no keyring is available")
        keyring.set_password(_SERVICE, self._find_entry(), text)

    def _find_entry(self) -> str:
        """Return the entry's name; each `CLAUDE_BRIDGE_HOME` has its own keys."""
        home = os.environ.get("CLAUDE_BRIDGE_HOME")
        return f"{_ENTRY}:{Path(home).expanduser()}" if home else _ENTRY


def _has_keyring() -> bool:
    import keyring

    # Backends that store nothing, such as `fail` and `null`, have a priority of 0 or less.
    return float(getattr(keyring.get_keyring(), "priority", 0)) > 0


def _import_keyring_error() -> type[Exception]:
    import keyring.errors

    return keyring.errors.KeyringError


def _parse_key(stored: Mapping[str, Any]) -> NamedKey:
    return NamedKey(stored["name"], stored["secret"], stored.get("computer") is True)


def _format_key(key: NamedKey) -> dict[str, Any]:
    stored: dict[str, Any] = {"name": key.name, "secret": key.secret}
    # Left out of other keys, so that an older bridge can read them.
    return {**stored, "computer": True} if key.computer else stored


def _parse_keys(stored: Mapping[str, Any]) -> Keys:
    keys = {owner: tuple(_parse_key(key) for key in stored.get(owner, ())) for owner in OWNERS}
    return Keys(**keys)


def _set_marker(path: Path, exists: bool) -> None:
    if exists:
        _write_private(path, "")
    else:
        path.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only the user can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Created with its final mode, so that no other user can open it in between.
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
