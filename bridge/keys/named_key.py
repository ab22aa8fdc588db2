"""A key with a name, and all keys of the user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Owner = Literal["anthropic", "bridge", "cloud", "embeddings"]
OWNERS: tuple[Owner, ...] = get_args(Owner)

_HINT_LENGTH = 4
_MIN_LENGTH_FOR_HINT = 12


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
    cloud: tuple[NamedKey, ...] = ()
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


def format_keys(keys: Keys) -> str:
    """Return the JSON text in which keys are stored."""
    return json.dumps({owner: [_format_key(key) for key in keys.of(owner)] for owner in OWNERS})


def _format_key(key: NamedKey) -> dict[str, Any]:
    stored: dict[str, Any] = {"name": key.name, "secret": key.secret}
    # Left out of other keys, so that an older bridge can read them.
    return {**stored, "computer": True} if key.computer else stored


def parse_keys(text: object) -> Keys:
    """Parse the text of `format_keys`.

    Raises ValueError, whose message is a phrase, for anything else: a part that is damaged may be
    the access key, so what is left of it is not used.
    """
    if not isinstance(text, str):
        raise ValueError(f"it contains {type(text).__name__} instead of text")
    if not text.strip():
        raise ValueError("it is empty")
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is damaged: it is not JSON") from error
    if not isinstance(stored, dict) or not any(owner in stored for owner in OWNERS):
        raise ValueError("it is damaged: it is not a list of keys")
    return Keys(**{owner: _parse_owner(stored, owner) for owner in OWNERS})


def _parse_owner(stored: Mapping[str, Any], owner: Owner) -> tuple[NamedKey, ...]:
    # Files of older versions have no entry for an owner that was added later.
    listed = stored.get(owner, [])
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise ValueError(f"it is damaged: `{owner}` is not a list of keys")
    keys = []
    for key in listed:
        name, secret = key.get("name"), key.get("secret")
        # An empty secret would be the right one for every client that sends none.
        if not isinstance(name, str) or not isinstance(secret, str) or not secret.strip():
            raise ValueError(f"it is damaged: a key of `{owner}` has no name or no secret")
        keys.append(NamedKey(name, secret, key.get("computer") is True))
    return tuple(keys)
