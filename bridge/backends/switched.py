"""A backend with several sign-ins, of which one is used at a time; they are never pooled."""

# Spreading requests over several accounts is what gets accounts banned. So another sign-in answers
# only if the user switches to it, or names it for a request or a step of the fallbacks.

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.backends.base import CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.backends.credential import Credential
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName, RouteStatus
from bridge.wire.messages import MessagesRequest


class SwitchedBackend(ManagedBackend):
    """Passes everything on to the chosen one of its backends, which differ in their sign-in."""

    def __init__(
        self, backends: Mapping[str, ManagedBackend], get_chosen: Callable[[], str]
    ) -> None:
        """`backends` by the name of their sign-in; `get_chosen` returns one of the names."""
        self._backends = backends
        self._get_chosen = get_chosen

    @property
    def _chosen(self) -> ManagedBackend:
        return self._backends[self._get_chosen()]

    @property
    def name(self) -> BackendName:
        return self._chosen.name

    @property
    def credential(self) -> Credential | None:
        return self._chosen.credential

    async def find_route(self, key: str) -> ManagedBackend | None:
        return self._backends.get(key)

    def list_routes(self) -> Sequence[RouteStatus]:
        return self._chosen.list_routes()

    async def open(self, request: MessagesRequest) -> EventStream:
        return await self._chosen.open(request)

    async def readiness(self) -> Readiness:
        readiness = await self._chosen.readiness()
        if len(self._backends) == 1:
            return readiness
        return replace(readiness, reason=f"sign-in “{self._get_chosen()}”: {readiness.reason}")

    async def models(self) -> Sequence[ListedModel]:
        return await self._chosen.models()

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        return await self._chosen.count_tokens(request)

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return self._chosen.narrow_rules(rules)

    async def reload(self) -> None:
        await self._call_all(lambda backend: backend.reload())

    async def warm(self) -> None:
        """Warm the chosen one, and let the others rest."""
        chosen = self._chosen
        for backend in self._backends.values():
            await (backend.warm() if backend is chosen else backend.rest())

    async def keep_connected(self) -> None:
        await self._chosen.keep_connected()

    async def rest(self) -> None:
        await self._call_all(lambda backend: backend.rest())

    async def close(self) -> None:
        await self._call_all(lambda backend: backend.close())

    async def _call_all(self, call: Callable[[ManagedBackend], Coroutine[Any, Any, None]]) -> None:
        await asyncio.gather(*map(call, self._backends.values()))
