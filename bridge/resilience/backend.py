"""A backend around backends: before the first event it tries again, changes keys, rests."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bridge.backends.base import Batch, EventStream, ManagedBackend, Readiness
from bridge.errors import BridgeError, Overloaded, RateLimited
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.resilience.policy import (
    KEY_AT_FAULT,
    LIMITED_SECONDS,
    SET_ASIDE_SECONDS,
    Breaker,
    Patience,
    is_passing,
    retry_after,
)
from bridge.wire.health import BackendName, RoadStatus
from bridge.wire.messages import MessagesRequest

_log = logging.getLogger(__name__)


@dataclass
class Road:
    """One way to upstream: a backend with one key, named so that a person knows which."""

    label: str
    backend: ManagedBackend
    breaker: Breaker = field(default_factory=Breaker)
    aside_until: float = 0.0
    aside_for: BridgeError | None = None

    def free_in(self, now: float) -> float:
        """Seconds until it may be taken; 0 for now."""
        return max(self.aside_until - now, self.breaker.closed_in(now), 0.0)


class PatientBackend(ManagedBackend):
    """Takes the first road that is free; the others stand in for it when it fails."""

    def __init__(
        self,
        name: BackendName,
        load: Callable[[], Awaitable[Sequence[Road]]],
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`load` finds the roads when the first is needed, and again after `reload`."""
        self._name = name
        self._load = load
        self._loading = asyncio.Lock()
        self._roads: Sequence[Road] = ()
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    @property
    def name(self) -> BackendName:
        return self._name

    async def reload(self) -> None:
        """Keys have changed: the roads are found anew; answers under way are not disturbed."""
        async with self._loading:
            self._roads = await self._load()

    async def _found(self) -> Sequence[Road]:
        if not self._roads:
            async with self._loading:
                self._roads = self._roads or await self._load()
        return self._roads

    def list_routes(self) -> Sequence[RoadStatus]:
        """What `/health` says of each road."""
        now = self._clock()
        return [
            RoadStatus(
                label=road.label,
                breaker=road.breaker.state(now),
                free_in=round(road.free_in(now), 1),
                problem=road.aside_for.message if road.aside_for and road.free_in(now) else None,
            )
            for road in self._roads
        ]

    async def open(self, request: MessagesRequest) -> EventStream:
        """See `Backend.open`; a failure while iterating is final here, too."""
        road, stream = await self._open_road(request)

        async def release() -> None:
            try:
                await stream.aclose()
            finally:
                road.breaker.left()

        return EventStream(self._watch(road, stream), release)

    async def readiness(self) -> Readiness:
        """That of the first road that is ready, else of the first."""
        found = [await road.backend.readiness() for road in await self._found()]
        return next((readiness for readiness in found if readiness.ready), found[0])

    async def count_tokens(self, request: MessagesRequest) -> int:
        """By the first road that is ready, once: it is not worth waiting for."""
        found = await self._found()
        ready = [road for road in found if (await road.backend.readiness()).ready]
        return await (ready or list(found))[0].backend.count_tokens(request)

    async def models(self) -> Sequence[ListedModel]:
        return await (await self._found())[0].backend.models()

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return self._roads[0].backend.narrow_rules(rules) if self._roads else rules

    async def warm(self) -> None:
        for road in await self._found():
            await road.backend.warm()

    async def rest(self) -> None:
        for road in self._roads:
            await road.backend.rest()

    async def close(self) -> None:
        for road in self._roads:
            await road.backend.close()

    async def _open_road(self, request: MessagesRequest) -> tuple[Road, EventStream]:
        """An answer that has begun, and by which road it comes."""
        failed, waited = 0, 0.0
        await self._found()
        while True:
            road = self._free_road()
            try:
                stream = await road.backend.open(request)
            except BridgeError as error:
                self._note(road, error)
                if self._changes_road(road, error):
                    continue
                failed += 1
                pause = self._patience.pause(failed, error, waited, self._chance())
                if pause is None:
                    raise
                _log.info("%s: %s; trying again in %.1f s", road.label, error.code, pause)
                waited += pause
                await self._sleep(pause)
            except BaseException:  # also when cancelled: a half-open breaker must not wait for it
                road.breaker.left()
                raise
            else:
                return road, stream

    def _free_road(self) -> Road:
        """The first that may be taken now. Raises the error that closed them when none may."""
        now = self._clock()
        for road in self._roads:
            if road.aside_until <= now and road.breaker.enter(now):
                return road
        soonest = min(self._roads, key=lambda road: road.free_in(now))
        wait = {"retry-after": str(max(1, round(soonest.free_in(now))))}
        if soonest.aside_until > now and soonest.aside_for is not None:
            reason = soonest.aside_for
            headers = wait if isinstance(reason, RateLimited) else {}
            raise type(reason)(reason.message, headers=headers)
        raise Overloaded(
            f"{soonest.label} has failed several times in a row and is left alone for "
            f"{wait['retry-after']} s.",
            headers=wait,
        )

    def _note(self, road: Road, error: BridgeError) -> None:
        now = self._clock()
        if isinstance(error, RateLimited) or not is_passing(error):
            # Upstream is well; it is the request, the key or its limit.
            road.breaker.left()
        else:
            road.breaker.failed(now)

    def _changes_road(self, road: Road, error: BridgeError) -> bool:
        """Sets a refused or limited key aside, when another can be used in its place."""
        limited = isinstance(error, RateLimited)
        if not limited and not isinstance(error, KEY_AT_FAULT):
            return False
        if len(self._roads) == 1:
            return False
        asked = retry_after(error) or LIMITED_SECONDS
        now = self._clock()
        road.aside_until = now + (asked if limited else SET_ASIDE_SECONDS)
        road.aside_for = error
        _log.warning("%s is set aside: %s", road.label, error.code)
        return any(other.free_in(now) == 0 for other in self._roads)

    async def _watch(self, road: Road, stream: EventStream) -> AsyncGenerator[Batch, None]:
        """The batches; what becomes of them tells of upstream's health."""
        healthy = False
        try:
            async for batch in stream:
                if not healthy:
                    healthy = True
                    road.breaker.succeeded()
                yield batch
        except BridgeError as error:
            if is_passing(error):
                road.breaker.failed(self._clock())
            raise
