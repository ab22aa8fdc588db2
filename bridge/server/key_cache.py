"""The keys as the running server knows them: read once, beside the loop, and again when told."""

from __future__ import annotations

import asyncio
import hmac

from bridge.errors import BridgeError, SettingsError
from bridge.keys import KeyChain, Keys, NamedKey, Owner


class KeyRing:
    """One per process."""

    def __init__(self, chain: KeyChain) -> None:
        self._chain = chain
        self._keys: Keys | None = None
        self._loading = asyncio.Lock()

    def load_now(self) -> Keys:
        """Before there is a loop. Raises SettingsError."""
        self._keys = self._chain.load()
        return self._keys

    async def loaded(self) -> Keys:
        """Raises BridgeError (503) when a key is needed and the keyring cannot be read."""
        if self._keys is None:
            async with self._loading:
                if self._keys is None:
                    self._keys = await self._load()
        return self._keys

    async def reload(self) -> Keys:
        """After the person has changed them."""
        async with self._loading:
            self._keys = await self._load()
        return self._keys

    async def keep(self, owner: Owner, key: NamedKey) -> tuple[Keys, str]:
        """Adds a key, or replaces the one of its name; all keys, and where they are kept.

        Raises BridgeError (503) when neither the keyring nor the file takes it.
        """
        async with self._loading:
            keys = (await self._load()).with_key(owner, key)
            try:
                place = await asyncio.to_thread(self._chain.save, keys)
            except OSError as error:
                raise BridgeError(f"The key cannot be kept: {error}", status=503) from error
            self._keys = keys
        return keys, place

    async def admits(self, given: str) -> bool:
        """Whether a client with this key may ask; any may while the bridge has none of its own."""
        keys = (await self.loaded()).bridge
        # All are compared, so that the time tells nothing of which one it was.
        said = given.encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(said, key.secret.encode()) for key in keys]
        return any(matches) or not keys

    async def _load(self) -> Keys:
        try:
            return await asyncio.to_thread(self._chain.load)
        except SettingsError as error:
            raise BridgeError(f"{error}; unlock it and try again", status=503) from error
