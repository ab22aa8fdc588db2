"""A backend around backends: retries requests, and switches between keys, before an answer begins.

A request takes the first free route. What happens when opening it fails:

- a failed or rate-limited key, with another route free that this attempt has not used: the key is
  quarantined and the request goes to the other route at once, without counting as an attempt;
- another transient failure: the request waits and takes the first free route again, as often as
  the RetryPolicy allows;
- any other failure, and each failure once the answer has begun: it is raised.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bridge.backends.base import Batch, CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.errors import BridgeError, Overloaded, RateLimited
from bridge.inspect.recording import CURRENT_CALL
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.resilience.policy import (
    KEY_FAILURES,
    QUARANTINE_SECONDS,
    CircuitBreaker,
    ModelBreakers,
    RetryPolicy,
    compute_limit_wait,
    parse_retry_after,
    tells_of_outage,
)
from bridge.wire.health import BackendName, RouteStatus
from bridge.wire.messages import MessagesRequest

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Route:
    """A backend with one credential, and how well it works.

    `label` tells the user which credential it is. A quarantined route is not used before
    `quarantined_until`, in seconds of the backend's clock.
    """

    label: str
    backend: ManagedBackend
    breakers: ModelBreakers = field(default_factory=ModelBreakers)
    quarantined_until: float = 0.0
    quarantined_for: BridgeError | None = None
    refusals: int = 0
    """How often in a row it was rate-limited."""

    def get_wait(self, now: float, model: str) -> float:
        """Return the seconds until the route may be used for a model; 0 when it may be now."""
        return max(self.quarantined_until - now, self.breakers.get_wait_for(model, now), 0.0)

    def as_status(self, now: float) -> RouteStatus:
        """Describe the route for `/health`."""
        wait = max(self.quarantined_until - now, self.breakers.get_wait(now), 0.0)
        reason = self.quarantined_for
        credential = self.backend.credential
        problem = reason.message if reason is not None and wait else None
        if problem is None and credential is not None and credential.is_rejected:
            problem = credential.words
        return RouteStatus(
            label=self.label,
            breaker=self.breakers.get_state(now),
            free_in=round(wait, 1),
            problem=problem,
            credential=credential.state if credential is not None else "unchecked",
        )


class ResilientBackend(ManagedBackend):
    """Uses the first free route; the others take over when it fails."""

    def __init__(
        self,
        name: BackendName,
        load_routes: Callable[[], Awaitable[Sequence[Route]]],
        policy: RetryPolicy,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        get_version: Callable[[], int] = lambda: 0,
    ) -> None:
        """`load_routes` is called when the first route is needed, and again by `reload`.

        It is also called when `get_version` changes: other keys were read than before.
        """
        self._name = name
        self._load_routes = load_routes
        self._loading = asyncio.Lock()
        self._routes: Sequence[Route] = ()
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._get_version = get_version
        self._version: int | None = None
        self._retired: list[ManagedBackend] = []

    @property
    def name(self) -> BackendName:
        return self._name

    async def reload(self) -> None:
        """Load the routes again, for changed keys; running answers keep their old route."""
        async with self._loading:
            await self._replace_routes()
            for route in self._routes:
                await route.backend.reload()

    def list_routes(self) -> Sequence[RouteStatus]:
        now = self._clock()
        return [route.as_status(now) for route in self._routes]

    async def find_route(self, key: str) -> ManagedBackend | None:
        labels = (f"key {key}", f"cloud {key}")
        route = next((r for r in await self._get_routes() if r.label in labels), None)
        if route is None:
            return None

        async def load_route() -> Sequence[Route]:
            return [route]

        # The route itself is shared, so that what is known of the key stays in one place.
        return ResilientBackend(
            self._name, load_route, self._policy, self._clock, self._sleep, self._jitter
        )

    async def open(self, request: MessagesRequest) -> EventStream:
        """See `Backend.open`; a failure while iterating is final here, too."""
        route, breaker, stream = await self._open_route(request)

        async def release() -> None:
            try:
                await stream.aclose()
            finally:
                breaker.release(stream)

        events = self._watch_health(route, breaker, stream)
        return EventStream(events, release, stream.headers)

    async def readiness(self) -> Readiness:
        """Return the readiness of the first route that is ready.

        Without one, the first whose credential was rejected, else the first.
        """
        routes = await self._get_routes()
        if len(routes) == 1:
            return await routes[0].backend.readiness()
        each = [await route.backend.readiness() for route in routes]
        ready = [readiness for readiness in each if readiness.ready]
        rejected = [readiness for readiness in each if readiness.is_rejected]
        chosen = (ready or rejected or each)[0]
        # Each rejected credential is named, also while another one works.
        others = [readiness for readiness in rejected if readiness is not chosen]
        return replace(chosen, reason="; ".join(r.reason for r in (chosen, *others)))

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        """Count with the first ready route, without retries: a count is not worth a wait."""
        return await (await self._choose_ready()).count_tokens(request)

    async def models(self) -> Sequence[ListedModel]:
        """List the models of the first ready route."""
        return await (await self._choose_ready()).models()

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return self._routes[0].backend.narrow_rules(rules) if self._routes else rules

    async def warm(self) -> None:
        for route in await self._get_routes():
            await route.backend.warm()

    async def keep_connected(self) -> None:
        """Keep connections of all keys: which one answers next is not known."""
        for route in await self._get_routes():
            await route.backend.keep_connected()

    async def rest(self) -> None:
        for route in self._routes:
            await route.backend.rest()

    async def close(self) -> None:
        for backend in (*(route.backend for route in self._routes), *self._retired):
            await backend.close()

    async def _choose_ready(self) -> ManagedBackend:
        """Return the first ready route's backend, else the first route's."""
        routes = await self._get_routes()
        ready = [route for route in routes if (await route.backend.readiness()).ready]
        return (ready or list(routes))[0].backend

    async def _get_routes(self) -> Sequence[Route]:
        if self._version != self._get_version():
            async with self._loading:
                # Another task may have loaded them while this one waited for the lock.
                if self._version != self._get_version():
                    await self._replace_routes()
        return self._routes

    async def _replace_routes(self) -> None:
        routes = await self._load_routes()
        # Running answers may still use the old ones.
        kept = [route.backend for route in routes]
        self._retired += [r.backend for r in self._routes if r.backend not in kept]
        # Loading the routes may be what reads the keys, so the version is read afterwards.
        self._routes, self._version = routes, self._get_version()

    async def _open_route(
        self, request: MessagesRequest
    ) -> tuple[Route, CircuitBreaker, EventStream]:
        """Open an answer; return the route that it comes by, the breaker of its model, and it."""
        failures, waited, model = 0, 0.0, request.model
        used: list[Route] = []
        await self._get_routes()
        while True:
            route, breaker = self._enter_route(request, besides=used)
            used.append(route)
            try:
                stream = await route.backend.open(request)
                # From here on, the stream stands for the request.
                breaker.hand_over(request, stream)
                return route, breaker, stream
            except BridgeError as error:
                # Each route once: two keys with a wait of milliseconds would take turns for ever.
                if self._quarantine(route, error) and self._has_free_route(model, besides=used):
                    breaker.release(request)
                    _note_retry(route, error, "used another one")
                    continue
                used.clear()
                failures += 1
                delay = self._policy.compute_delay(failures, error, waited, self._jitter())
                if delay is None:
                    # Counted once for a request, however often it was tried.
                    self._record_failure(breaker, request, error)
                    raise
                breaker.release(request)
                _log.info("%s: %s; trying again in %.1f s", route.label, error.code, delay)
                _note_retry(route, error, f"tried again after {delay:.1f} s")
                waited += delay
                await self._sleep(delay)
            except BaseException:
                # Also when cancelled: a half-open breaker would wait for its probe for ever.
                breaker.release(request)
                raise

    def _enter_route(
        self, request: MessagesRequest, *, besides: Sequence[Route]
    ) -> tuple[Route, CircuitBreaker]:
        """Enter the first free route; raise the error that closed them when none is free."""
        now, model = self._clock(), request.model
        for route in self._routes:
            # A quarantine of milliseconds may have ended while the route's failure was handled.
            if route in besides or route.quarantined_until > now:
                continue
            breaker = route.breakers.get(model)
            if breaker.try_enter(now, request):
                return route, breaker
        soonest = min(self._routes, key=lambda route: route.get_wait(now, model))
        breaker, reason = soonest.breakers.get(model), soonest.quarantined_for
        if isinstance(reason, KEY_FAILURES) and breaker.try_enter(now, request):
            # All keys have failed. Only a request can show that one of them works again.
            return soonest, breaker
        # Rounded up: a client that comes back too early would be refused again.
        wait = str(max(1, math.ceil(soonest.get_wait(now, model))))
        if soonest.quarantined_until > now and reason is not None:
            headers = {"retry-after": wait} if isinstance(reason, RateLimited) else {}
            raise type(reason)(reason.message, headers=headers)
        last = breaker.last_failure or Overloaded("The last requests failed.")
        raise type(last)(
            f"{last.message.rstrip('. ')}. After several failures in a row for {model}, "
            f"{soonest.label} is tried again in {wait} s.",
            headers={"retry-after": wait},
        )

    def _record_failure(self, breaker: CircuitBreaker, request: object, error: BridgeError) -> None:
        if tells_of_outage(error):
            breaker.record_failure(self._clock(), request, error)
        else:
            # Upstream is well; the problem is the request, the key or its limit.
            breaker.release(request)

    def _quarantine(self, route: Route, error: BridgeError) -> bool:
        """Quarantine a failed or rate-limited key; return whether that was done.

        The only route is never quarantined: its own error says more than a closed route would.
        """
        is_limited = isinstance(error, RateLimited)
        if not is_limited and not isinstance(error, KEY_FAILURES):
            return False
        if len(self._routes) == 1:
            return False
        seconds = QUARANTINE_SECONDS
        if is_limited:
            route.refusals += 1
            seconds = compute_limit_wait(parse_retry_after(error), route.refusals)
        route.quarantined_until = self._clock() + seconds
        route.quarantined_for = error
        _log.warning("%s is quarantined for %.0f s: %s", route.label, seconds, error.code)
        return True

    def _has_free_route(self, model: str, *, besides: Sequence[Route]) -> bool:
        now = self._clock()
        others = [route for route in self._routes if route not in besides]
        return any(route.get_wait(now, model) == 0 for route in others)

    async def _watch_health(
        self, route: Route, breaker: CircuitBreaker, stream: EventStream
    ) -> AsyncGenerator[Batch, None]:
        """Pass the batches on, and tell the breaker of key and model how the answer went."""
        healthy = False
        try:
            async for batch in stream:
                if not healthy:
                    healthy = True
                    breaker.record_success()
                    route.refusals = 0
                yield batch
        except BridgeError as error:
            self._record_failure(breaker, stream, error)
            raise


def _note_retry(route: Route, error: BridgeError, following: str) -> None:
    """Show the recorder a failed try, if the request is recorded."""
    if (call := CURRENT_CALL.get()) is not None:
        call.note_retry(error, route.label, following)
