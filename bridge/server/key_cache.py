"""Cache the API keys in the running server, so that the keyring is read only once."""

from __future__ import annotations

import asyncio
import hmac

from bridge.errors import KeyringUnavailable, SettingsError
from bridge.keys import KeyChain, Keys, NamedKey, Owner


class KeyCache:
    """The keys of this process; create one only."""

    def __init__(self, chain: KeyChain) -> None:
        self._chain = chain
        self._keys: Keys | None = None
        self._lock = asyncio.Lock()

    def load_now(self) -> Keys:
        """Load the keys before an event loop runs. Raises SettingsError."""
        self._keys = self._chain.load()
        return self._keys

    async def get_keys(self) -> Keys:
        """Return all keys. Raises KeyringUnavailable if they have to be read and cannot be."""
        if self._keys is None:
            async with self._lock:
                # Another task may have loaded them while this one waited for the lock.
                if self._keys is None:
                    self._keys = await self._load_keys()
        return self._keys

    async def reload(self) -> Keys:
        """Read the keys again, after the user has changed them. Raises KeyringUnavailable."""
        async with self._lock:
            self._keys = await self._load_keys()
        return self._keys

    async def save_key(self, owner: Owner, key: NamedKey) -> tuple[Keys, str]:
        """Add a key, or replace the one with its name; return all keys and where they are stored.

        Raises KeyringUnavailable if neither the keyring nor the file can be written.
        """
        async with self._lock:
            # All keys are written, so a stale cache would undo what `claude-bridge key` changed.
            keys = (await self._load_keys()).with_key(owner, key)
            try:
                place = await asyncio.to_thread(self._chain.save, keys)
            except OSError as error:
                raise KeyringUnavailable(f"The key could not be saved: {error}") from error
            self._keys = keys
        return keys, place

    async def accepts(self, secret: str) -> bool:
        """Return whether this access key is valid; any is if the bridge requires none."""
        keys = (await self.get_keys()).bridge
        # Every key is compared, so that the response time does not reveal which one matched.
        sent = secret.encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(sent, key.secret.encode()) for key in keys]
        return any(matches) or not keys

    async def find_key(self, secret: str) -> NamedKey | None:
        """Return the access key with this secret, if there is one."""
        sent, found = secret.encode("utf-8", "surrogateescape"), None
        # All are compared, for the same reason as in `accepts`.
        for key in (await self.get_keys()).bridge:
            if hmac.compare_digest(sent, key.secret.encode()):
                found = key
        return found

    async def _load_keys(self) -> Keys:
        # In a thread: the keyring may show a dialog and wait for the user.
        try:
            return await asyncio.to_thread(self._chain.load)
        except SettingsError as error:
            raise KeyringUnavailable(f"{error}; unlock it and try again") from error
