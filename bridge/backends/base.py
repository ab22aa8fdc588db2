"""The seam between the bridge and whatever answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName, RoadStatus
from bridge.wire.messages import MessageEvent, MessagesRequest

EventStream = AbstractAsyncContextManager[AsyncIterator[MessageEvent]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a backend can be asked; `reason` in words, `cure` when it cannot."""

    ready: bool
    reason: str
    cure: str | None = None


class Backend(Protocol):
    """A source of answers. It can only stream.

    Entering `stream` ends when `message_start` has come: until then a failure is a BridgeError
    with a true status and may be retried. The iterator yields `message_start` first; a failure
    while iterating is a BridgeError and is final. Leaving closes upstream at once.
    """

    @property
    def name(self) -> BackendName: ...

    def stream(self, request: MessagesRequest) -> EventStream: ...

    async def readiness(self) -> Readiness:
        """May take seconds the first time (imports); cheap afterwards."""

    async def models(self) -> Sequence[ListedModel]:
        """The models this backend offers now; raises BridgeError when it cannot be asked."""

    async def count_tokens(self, request: MessagesRequest) -> int:
        """The tokens of its prompt, as upstream counts them; NotSupported where nobody counts."""

    def roads(self) -> Sequence[RoadStatus]:
        """Its ways to Claude, with what is wrong with each; none where there is nothing to say."""

    def narrowed(self, rules: ModelRules) -> ModelRules:
        """A model's rules, less what this road to it cannot carry."""

    async def reload(self) -> None:
        """The person's keys have changed."""

    async def warm(self) -> None:
        """It is to be used from now on; what takes long is done beforehand."""

    async def rest(self) -> None:
        """It is not used for now; nothing is kept running for it."""

    async def close(self) -> None: ...
