"""Selects the backend that answers a request, and says why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.backends.base import Backend, ManagedBackend, Readiness
from bridge.errors import BridgeError, ModelNotFound, NotSignedIn
from bridge.fallback import FallbackStep
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO, ModelRules
from bridge.wire.control import Switches
from bridge.wire.health import BackendName, BackendStatus, RouteStatus

AUTO_ORDER: tuple[BackendName, ...] = ("claude-code", "anthropic")
"""`auto` takes the first that is ready; never the echo, which must not pass for Claude."""

KEY_HINT = (
    "An API key costs money, so it does not take over by itself. To use it, choose the backend "
    "`anthropic` in the tray menu."
)

ECHO_HINT = f"To test without Claude, use the model `{ECHO}`."


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the backends' readiness comes to; each is read once, as it may change meanwhile."""

    active: BackendName | None
    readiness: Readiness
    """Of the active backend; without one, why there is none."""
    rejected: BackendName | None = None
    """The backend that is only not ready because its credential was rejected."""

    @property
    def for_requests(self) -> BackendName | None:
        """The backend for a request: only that shows that a rejected credential works again."""
        return self.active or self.rejected


class BackendSelection:
    """Holds the backends of this process; reads the switches for each request."""

    def __init__(self, backends: Mapping[BackendName, ManagedBackend], switches: Switches) -> None:
        self._backends = backends
        self._switches = switches
        self._had_subscription = False
        """Whether `auto` has chosen Claude Code, and the user has chosen nothing else since."""

    def forget_subscription(self) -> None:
        """Let `auto` take a key again: the user has just chosen how to connect to Claude."""
        self._had_subscription = False

    async def select_for_model(self, model: str) -> Backend:
        """Return the backend that answers `model`. Raises NotSignedIn and ModelNotFound."""
        if model == ECHO:
            return self._backends["offline"]
        if self._switches.backend == "offline":
            raise ModelNotFound(
                f"The bridge is offline and only has the model `{ECHO}`; "
                f"choose another backend to use {model}.",
                param="model",
            )
        choice = await self._choose()
        if choice.for_requests is None:
            readiness = choice.readiness
            raise NotSignedIn(f"Not connected to Claude: {readiness.reason}. {readiness.hint}")
        return self._backends[choice.for_requests]

    async def select_sign_in(self, model: str, name: str) -> Backend:
        """Return Claude Code with a sign-in, whichever is in use.

        The echo answers for itself. Raises NotSignedIn and ModelNotFound.
        """
        # As for other requests: while the bridge is offline, nothing goes to Claude.
        if model == ECHO or self._switches.backend == "offline":
            return await self.select_for_model(model)
        backend = await self._backends["claude-code"].find_route(name)
        if backend is None:
            raise NotSignedIn(f"Claude Code has no sign-in `{name}`.")
        readiness = await backend.readiness()
        if not readiness.ready and not readiness.is_rejected:
            raise NotSignedIn(f"Sign-in “{name}”: {readiness.reason}. {readiness.hint}")
        return backend

    async def select_required(self, model: str, name: BackendName, reason: str) -> Backend:
        """Return the only backend that may answer `model`; `reason` says why no other may.

        The echo answers for itself. Raises NotSignedIn and ModelNotFound.
        """
        # As for other requests: while the bridge is offline, nothing goes to Claude.
        if model == ECHO or self._switches.backend == "offline":
            return await self.select_for_model(model)
        readiness = await self._read_readiness(name)
        if not (readiness.ready or readiness.is_rejected):
            hint = f" {readiness.hint}" if readiness.hint else ""
            raise NotSignedIn(f"{reason}, which is not connected: {readiness.reason}.{hint}")
        return self._backends[name]

    async def select_for_counting(self, model: str) -> Backend:
        """Return the backend that counts tokens: Anthropic's API if there is a key.

        Counting is free there, and Claude Code has no exact count.
        """
        selected = await self.select_for_model(model)
        return selected if model == ECHO else (await self.find_ready("anthropic") or selected)

    def narrow_rules(self, name: BackendName, rules: ModelRules) -> ModelRules:
        """Return a model's rules without what a backend cannot carry."""
        return self._backends[name].narrow_rules(rules)

    async def select_for_listing(self) -> Backend | None:
        """Return the backend whose models are listed beside the echo; None if none is ready."""
        name = (await self._choose()).for_requests
        return None if name in (None, "offline") else self._backends[name]

    async def list_echo_models(self) -> Sequence[ListedModel]:
        """List the models of the echo."""
        return await self._backends["offline"].models()

    async def get_status(self) -> BackendStatus:
        """Describe the selection for `/health`."""
        choice = await self._choose()
        return BackendStatus(
            setting=self._switches.backend,
            active=choice.active,
            reason=choice.readiness.reason,
            hint=choice.readiness.hint,
        )

    def list_routes(self, name: BackendName | None) -> Sequence[RouteStatus]:
        """List the routes of one backend; of None, those whose credential was rejected."""
        if name is not None:
            return self._backends[name].list_routes()
        routes = [r for name in self._list_candidates() for r in self._backends[name].list_routes()]
        return [route for route in routes if route.credential == "rejected"]

    async def warm_active(self) -> None:
        """Warm the active backend, and let the others rest."""
        active = (await self._choose()).active
        for name, backend in self._backends.items():
            await (backend.warm() if name == active else backend.rest())

    async def keep_connected(self, name: BackendName | None) -> None:
        """Keep a connection of a backend open; None is the active one. Raises BridgeError."""
        name = name or (await self._choose()).active
        if name is not None and self._switches.backend != "offline":
            await self._backends[name].keep_connected()

    async def reload(self) -> None:
        """Let all backends read the changed keys."""
        for backend in self._backends.values():
            await backend.reload()

    async def forget_conversations(self) -> None:
        """End what has a conversation in memory; the active backend is warmed up again."""
        for backend in self._backends.values():
            await backend.rest()
        await self.warm_active()

    async def find_key_fallback(self, backend: Backend) -> Backend | None:
        """Return the backend to use when `backend` has its key rejected, if any.

        From a key to Claude Code, which costs no more; never from the subscription to a paid key.
        """
        return await self.find_ready("claude-code") if backend.name == "anthropic" else None

    async def find_ready(self, name: BackendName) -> Backend | None:
        """Return the backend of that name, if it is ready."""
        return self._backends[name] if (await self._read_readiness(name)).ready else None

    async def find_fallback(self, step: FallbackStep) -> Backend | None:
        """Return the backend of a step, or that of its key, if it is ready."""
        if step.backend is None:
            return None
        if not step.key:
            return await self.find_ready(step.backend)
        route = await self._backends[step.backend].find_route(step.key)
        return route if route is not None and (await route.readiness()).ready else None

    async def close(self) -> None:
        """Close all backends."""
        await asyncio.gather(*(backend.close() for backend in self._backends.values()))

    async def _choose(self) -> _Choice:
        missing: list[Readiness] = []
        candidates = self._list_candidates()
        for name in candidates:
            readiness = await self._read_readiness(name)
            if readiness.ready and name == "anthropic" and self._had_subscription and missing:
                # Such as a sign-in that has expired, or a switch to one that is not signed in.
                left = missing[0]
                return _Choice(None, replace(left, hint=f"{left.hint or ''} {KEY_HINT}".strip()))
            if readiness.ready:
                self._had_subscription |= name == "claude-code" and len(candidates) > 1
                return _Choice(name, readiness)
            if readiness.is_rejected:
                # A subscription that fails never leads to the paid key behind it.
                return _Choice(None, _join_missing([readiness]), name)
            missing.append(readiness)
        # The user may take either way, so all reasons and hints are shown.
        return _Choice(None, _join_missing(missing))

    async def _read_readiness(self, name: BackendName) -> Readiness:
        """Return a backend's readiness; one that cannot tell is not ready, for that reason."""
        # Such as keys that cannot be read: the other backend and `/health` work all the same.
        try:
            return await self._backends[name].readiness()
        except BridgeError as error:
            return Readiness(False, error.message.removesuffix("."), error.hint)

    def _list_candidates(self) -> tuple[BackendName, ...]:
        setting = self._switches.backend
        return AUTO_ORDER if setting == "auto" else (setting,)


def _join_missing(missing: Sequence[Readiness]) -> Readiness:
    """Return why no backend is ready, and what to do."""
    reasons = " and ".join(readiness.reason for readiness in missing)
    return Readiness(False, reasons, f"{_join_hints(missing)} {ECHO_HINT}")


def _join_hints(missing: Sequence[Readiness]) -> str:
    """Join the hints as alternatives: "Sign in … Or add an API key …"."""
    hints = [readiness.hint for readiness in missing if readiness.hint]
    return " Or ".join(hints[:1] + [hint[0].lower() + hint[1:] for hint in hints[1:]])
