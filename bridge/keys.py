"""Keys of this person: Anthropic's, the bridge's own, and that of a service for embeddings.

They live in the system's keyring, in one entry; where there is none, in a file that only this
person can read.
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

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamedKey:
    """`name` is the person's own word for it; the secret is in no repr."""

    name: str
    secret: str = field(repr=False)

    @property
    def hint(self) -> str:
        """Enough to tell it from others, too little to use it."""
        return f"…{self.secret[-4:]}" if len(self.secret) >= 12 else "…"


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys, in the order they were set."""

    anthropic: tuple[NamedKey, ...] = ()
    bridge: tuple[NamedKey, ...] = ()
    embeddings: tuple[NamedKey, ...] = ()

    def of(self, owner: Owner) -> tuple[NamedKey, ...]:
        found: tuple[NamedKey, ...] = getattr(self, owner)
        return found

    def with_key(self, owner: Owner, key: NamedKey) -> Keys:
        """A key of the same name is replaced."""
        kept = tuple(known for known in self.of(owner) if known.name != key.name)
        return self._with(owner, (*kept, key))

    def without(self, owner: Owner, name: str) -> Keys:
        return self._with(owner, tuple(key for key in self.of(owner) if key.name != name))

    def _with(self, owner: Owner, keys: tuple[NamedKey, ...]) -> Keys:
        return replace(self, **{owner: keys})


def checked_secret(typed: str) -> str:
    """What was typed or pasted, without the blanks around it. Raises SettingsError for no key."""
    secret = typed.strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise SettingsError("that is no key: it is empty, or has spaces or odd characters in it")
    return secret


class KeyChain:
    """Reads and writes all keys at once. It blocks: a keyring may have to be unlocked first.

    `folder` holds the file that stands in for a keyring, and two marks: that there are keys at all
    (a keyring is slow to load, and may ask to be unlocked), and that the bridge has one of its own,
    so that a keyring that cannot be opened does not open the bridge instead.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"
        self._kept = folder / "keys-kept"
        self._required = folder / "key-required"

    def load(self) -> Keys:
        """Raises SettingsError when the keys cannot be read and one is needed."""
        if not self._kept.exists():
            return Keys()
        try:
            text = self._read_keyring()
        except _keyring_error() as error:
            if self._required.exists():
                raise SettingsError(f"the keyring cannot be read: {error}") from error
            _log.warning("The keyring cannot be read (%s); keys in it are not used.", error)
            text = None
        if text is None and self._file.exists():
            text = self._file.read_text("utf-8")
        return _read(json.loads(text)) if text else Keys()

    def save(self, keys: Keys) -> str:
        """Writes them; says where."""
        text = json.dumps(
            {
                owner: [{"name": key.name, "secret": key.secret} for key in keys.of(owner)]
                for owner in OWNERS
            }
        )
        place = "the system's keyring"
        try:
            self._write_keyring(text)
            self._file.unlink(missing_ok=True)
        except _keyring_error():
            _write_private(self._file, text)
            place = str(self._file)
        _mark(self._kept, keys != Keys())
        _mark(self._required, bool(keys.bridge))
        return place

    def _read_keyring(self) -> str | None:
        import keyring

        if not _has_keyring():
            return None
        return keyring.get_password(_SERVICE, self._entry())

    def _write_keyring(self, text: str) -> None:
        import keyring
        import keyring.errors

        if not _has_keyring():
            raise keyring.errors.NoKeyringError("there is no keyring here")
        keyring.set_password(_SERVICE, self._entry(), text)

    def _entry(self) -> str:
        """Bridges with folders of their own (`CLAUDE_BRIDGE_HOME`) have keys of their own."""
        home = os.environ.get("CLAUDE_BRIDGE_HOME")
        return f"{_ENTRY}:{Path(home).expanduser()}" if home else _ENTRY


def _has_keyring() -> bool:
    import keyring

    return float(getattr(keyring.get_keyring(), "priority", 0)) > 0


def _keyring_error() -> type[Exception]:
    import keyring.errors

    return keyring.errors.KeyringError


def _read(stored: Mapping[str, Any]) -> Keys:
    named = {
        owner: tuple(NamedKey(key["name"], key["secret"]) for key in stored.get(owner, ()))
        for owner in OWNERS
    }
    return Keys(**named)


def _mark(path: Path, wanted: bool) -> None:
    if wanted:
        _write_private(path, "")
    else:
        path.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
