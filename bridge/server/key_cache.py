"""Cache the keys in the running server, so that the keyring is read only once."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future

from bridge.errors import KeyringUnavailable, NotFound, SettingsError
from bridge.keys import KeyChain, Keys, KeysUnreadable, NamedKey, Owner
from bridge.keys.keyring_entry import start_daemon_call

WAIT_SECONDS = 5.0
"""How long a request waits for the keyring; the reading itself goes on for later requests."""
RETRY_SECONDS = 5.0
"""How long a failure is remembered: each reading may show the user a dialog."""

_log = logging.getLogger(__name__)


class KeyCache:
    """The keys of this process; create one only.

    Keys that cannot be read are not "no keys": while one of them may be an access key, every call
    raises KeyringUnavailable. If none can be, the bridge works without the saved keys, and
    `problem` says why.
    """

    def __init__(
        self,
        chain: KeyChain,
        *,
        is_public: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_public`: other computers can reach the bridge, so it never works without a key."""
        self._chain = chain
        self._is_public = is_public
        self._clock = clock
        self._keys: Keys | None = None
        self._reading: Future[Keys] | None = None
        self._failed_at = float("-inf")
        self._saving = asyncio.Lock()
        self._may_need_key: bool | None = None
        self._just_accepted: set[NamedKey] = set()
        self.problem: KeysUnreadable | None = None
        """Why the saved keys are not in use."""
        self.version = 0
        """Counts the times that keys were read, for those who keep something made of them."""

    def load_now(self) -> Keys:
        """Load the keys before an event loop runs. Raises KeysUnreadable."""
        self._accept(self._chain.load())
        return self._keys or Keys()

    async def get_keys(self, wait: float = WAIT_SECONDS) -> Keys:
        """Return all keys; none if they cannot be read and none of them is an access key.

        Raises KeyringUnavailable if they cannot be read and one of them may be an access key.
        """
        if self._keys is None and self._clock() - self._failed_at >= RETRY_SECONDS:
            await self._read(wait)
        if self._keys is not None:
            return self._keys
        problem = self.problem or _WAITING
        if problem.access_required or self._is_public:
            raise _explain(problem)
        return Keys()

    async def reload(self) -> Keys:
        """Read the keys again, after the user has changed them.

        Raises KeyringUnavailable if they cannot be read; those that are known stay in use.
        """
        self._may_need_key = None
        self._reading = None
        if not await self._read(WAIT_SECONDS):
            raise _explain(self.problem or _WAITING)
        return self._keys or Keys()

    async def save_key(
        self, owner: Owner, key: NamedKey, *, is_accepted: bool = False
    ) -> tuple[Keys, str]:
        """Add a key, or replace the one with its name; return all keys and where they are stored.

        `is_accepted`: the service was asked, and accepted the key.

        Raises KeyringUnavailable, and saves nothing, if the other keys cannot be read, or if
        neither the keyring nor the file can be written.
        """
        async with self._saving:
            keys, place = await self._update(lambda keys: keys.with_key(owner, key))
            if is_accepted:
                self._just_accepted.add(key)
            self._accept(keys)
        return keys, place

    async def remove_key(self, owner: Owner, name: str) -> Keys:
        """Remove a key; return the others.

        Raises NotFound, and KeyringUnavailable as `save_key`.
        """

        def remove(keys: Keys) -> Keys:
            if name not in {key.name for key in keys.of(owner)}:
                raise NotFound(f"There is no saved key “{name[:60]}” ({owner}).")
            return keys.without(owner, name)

        async with self._saving:
            keys, _ = await self._update(remove)
            self._accept(keys)
        return keys

    async def _update(self, change: Callable[[Keys], Keys]) -> tuple[Keys, str]:
        # All keys are written, so a stale cache would undo what `claude-bridge key` changed.
        saving = start_daemon_call(lambda: self._chain.update(change))
        try:
            keys, place = await asyncio.wrap_future(saving)
        except KeysUnreadable as error:
            raise _explain(error) from error
        except SettingsError as error:
            raise KeyringUnavailable(f"The keys could not be saved: {error}.") from error
        # A reading that began before has not seen the change.
        self._reading = None
        return keys, place

    def take_accepted(self, key: NamedKey) -> bool:
        """Return, once, whether the service accepted this key when it was saved."""
        is_accepted = key in self._just_accepted
        self._just_accepted.discard(key)
        return is_accepted

    async def get_access_keys(self, wait: float = WAIT_SECONDS) -> tuple[NamedKey, ...]:
        """Return the access keys; none only if the bridge requires none.

        Raises KeyringUnavailable if that cannot be known. A keyring is not read if it has none.
        """
        if self._keys is None:
            if self._may_need_key is None:
                self._may_need_key = await asyncio.to_thread(self._chain.may_need_access_key)
            if not self._may_need_key and not self._is_public:
                return ()
        return (await self.get_keys(wait)).bridge

    async def find_access(self, secret: str) -> str | None:
        """Return the name of the access key with this secret; None if the caller has no access.

        The name is empty if the bridge requires no key. Raises KeyringUnavailable if it cannot be
        known whether one is required.
        """
        if not await self.get_access_keys():
            # The last key may have been removed while others can reach the bridge.
            return None if self._is_public else ""
        key = await self.find_key(secret)
        return None if key is None else key.name

    async def find_key(self, secret: str) -> NamedKey | None:
        """Return the access key with this secret, if there is one."""
        sent, found = secret.encode("utf-8", "surrogateescape"), None
        # Every key is compared, so that the response time does not reveal which one matched.
        for key in await self.get_access_keys():
            if hmac.compare_digest(sent, key.secret.encode()):
                found = key
        return found

    async def find_lock(self) -> KeysUnreadable | None:
        """Return why no client is served, if the access key cannot be read; never waits long."""
        try:
            await self.get_access_keys(wait=0.5)
        except KeyringUnavailable:
            return self.problem or _WAITING
        return None

    async def _read(self, seconds: float) -> bool:
        """Read the keys; return whether they are known now.

        A reading that takes longer goes on, and the next call takes over what it finds.
        """
        if self._reading is None:
            # In a thread of its own: a keyring that hangs must not keep the process from ending.
            self._reading = start_daemon_call(self._chain.load)
        reading = self._reading
        try:
            async with asyncio.timeout(seconds):
                keys = await asyncio.shield(asyncio.wrap_future(reading))
        except KeysUnreadable as error:
            self._record_problem(reading, error)
            return False
        except TimeoutError:
            return False
        if self._reading is reading:
            self._reading = None
            self._accept(keys)
        return True

    def _accept(self, keys: Keys) -> None:
        self._keys, self.problem = keys, None
        self._may_need_key = bool(keys.bridge)
        self.version += 1

    def _record_problem(self, reading: Future[Keys], error: KeysUnreadable) -> None:
        if self._reading is reading:
            self._reading = None
        if self.problem is None or str(self.problem) != str(error):
            _log.warning("%s", error)
            self.version += 1
        self.problem, self._failed_at = error, self._clock()


_WAITING = KeysUnreadable(
    "waiting for the system's keyring", "Unlock it and try again.", access_required=True
)


def _explain(error: KeysUnreadable) -> KeyringUnavailable:
    if error.access_required:
        return KeyringUnavailable(f"This bridge requires an access key, but {error}")
    return KeyringUnavailable(f"{str(error)[0].upper()}{str(error)[1:]}")
