"""The interface between the bridge and the backends that answer its requests."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from bridge.backends.credential import Credential
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName, RouteStatus
from bridge.wire.messages import MessageEvent, MessagesRequest

Batch = list[MessageEvent]
"""Events that were read together, at least one."""


async def _release_nothing() -> None:
    """The default release of a stream that holds no resources."""


class EventStream:
    """An answer that has begun: its events in batches, to be read once.

    `message_start` is the first event. A failure while iterating is a BridgeError and is final: it
    comes behind the events that were read before it. `aclose` ends the answer upstream at once,
    whether it was read or not; use it with `contextlib.aclosing`.
    """

    def __init__(
        self,
        batches: AsyncGenerator[Batch, None],
        release: Callable[[], Awaitable[None]] = _release_nothing,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`release` frees what the events come from.

        It is a callback because closing an async generator that never started does not run the
        generator's `finally`.
        """
        self._batches = batches
        self._release = release
        self.headers = headers
        """Upstream's headers for the client, as Claude's API names them: limits and ids."""

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self._batches

    async def aclose(self) -> None:
        """Close the batches, then free what they come from.

        Closing again does nothing, but for a release that failed or was cancelled.
        """
        release, self._release = self._release, _release_nothing
        try:
            await self._batches.aclose()
        finally:
            try:
                await release()
            except BaseException:
                # Also when cancelled: whoever closes it next has to finish.
                self._release = release
                raise


@dataclass(frozen=True, slots=True)
class CountedPrompt:
    """The number of a prompt's tokens, and upstream's headers as in EventStream."""

    tokens: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a backend can answer; `reason` is a phrase, `hint` a sentence for when it cannot.

    A backend with a rejected credential is not ready, but requests are still sent: only they can
    show that the credential works again.
    """

    ready: bool
    reason: str
    hint: str | None = None
    is_rejected: bool = False


class Backend(Protocol):
    """A source of Claude's answers. It can only stream."""

    @property
    def name(self) -> BackendName: ...

    async def open(self, request: MessagesRequest) -> EventStream:
        """Send a request; return once upstream has sent `message_start`.

        Raises BridgeError with the status to report. Only these failures may be retried. Upstream
        is closed at once when this call fails or is cancelled.
        """

    async def readiness(self) -> Readiness:
        """Check whether the backend can answer. The first call may take seconds (imports)."""

    async def models(self) -> Sequence[ListedModel]:
        """List the models that the backend offers now. Raises BridgeError when it cannot answer."""

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        """Count the tokens of a prompt as upstream counts them.

        Raises NotSupported where upstream has no way to count.
        """

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """Return a model's rules without what this backend cannot carry."""


class Lifecycle:
    """What the server does with the backends it owns; each method does nothing by default."""

    @property
    def credential(self) -> Credential | None:
        """The backend's only credential, if it has one."""
        return None

    def list_routes(self) -> Sequence[RouteStatus]:
        """List the credentials in use and what is wrong with each."""
        return ()

    async def find_route(self, key: str) -> ManagedBackend | None:
        """Return this backend with one key or cloud only, by its name; None if there is none."""
        return None

    async def reload(self) -> None:
        """Read the stored keys again."""

    async def warm(self) -> None:
        """Do beforehand what takes long: the backend is used from now on."""

    async def keep_connected(self) -> None:
        """Keep a connection to upstream open; to be called again before an idle one is closed."""

    async def rest(self) -> None:
        """Stop what runs in the background: the backend is not used for now."""

    async def close(self) -> None:
        """Free everything; the backend is not used again."""


class ManagedBackend(Lifecycle, Backend):
    """A backend that the server owns: it answers, and it has a life cycle."""
