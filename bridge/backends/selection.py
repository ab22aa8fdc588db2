"""Selects the backend that answers a request, and says why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bridge.backends.base import Backend, ManagedBackend, Readiness
from bridge.errors import BridgeError, ModelNotFound, NotSignedIn
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO
from bridge.wire.control import Switches
from bridge.wire.health import BackendName, BackendStatus, RouteStatus

AUTO_ORDER: tuple[BackendName, ...] = ("claude-code", "anthropic")
"""`auto` takes the first that is ready; never the echo, which must not pass for Claude."""

ECHO_HINT = f"To test without Claude, use the model `{ECHO}`."


class BackendSelection:
    """Holds the backends of this process; reads the switches for each request."""

    def __init__(self, backends: Mapping[BackendName, ManagedBackend], switches: Switches) -> None:
        self._backends = backends
        self._switches = switches

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
        name, readiness = await self._find_active()
        # A rejected credential is tried again: only a request shows that it works again.
        name = name or await self._find_rejected()
        if name is None:
            raise NotSignedIn(f"Not connected to Claude: {readiness.reason}. {readiness.hint}")
        return self._backends[name]

    async def select_for_counting(self, model: str) -> Backend:
        """Return the backend that counts tokens: Anthropic's API if there is a key.

        Counting is free there, and Claude Code has no exact count.
        """
        selected = await self.select_for_model(model)
        return selected if model == ECHO else (await self.find_ready("anthropic") or selected)

    async def select_for_listing(self) -> Backend | None:
        """Return the backend whose models are listed beside the echo; None if none is ready."""
        name, _ = await self._find_active()
        name = name or await self._find_rejected()
        return None if name in (None, "offline") else self._backends[name]

    async def list_echo_models(self) -> Sequence[ListedModel]:
        """List the models of the echo."""
        return await self._backends["offline"].models()

    async def get_status(self) -> BackendStatus:
        """Describe the selection for `/health`."""
        name, readiness = await self._find_active()
        return BackendStatus(
            setting=self._switches.backend,
            active=name,
            reason=readiness.reason,
            hint=readiness.hint,
        )

    def list_routes(self, name: BackendName | None) -> Sequence[RouteStatus]:
        """List the routes of one backend; of None, those whose credential was rejected."""
        if name is not None:
            return self._backends[name].list_routes()
        routes = [r for name in self._list_candidates() for r in self._backends[name].list_routes()]
        return [route for route in routes if route.credential == "rejected"]

    async def warm_active(self) -> None:
        """Warm the active backend, and let the others rest."""
        active, _ = await self._find_active()
        for name, backend in self._backends.items():
            await (backend.warm() if name == active else backend.rest())

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

    async def close(self) -> None:
        """Close all backends."""
        await asyncio.gather(*(backend.close() for backend in self._backends.values()))

    async def _find_active(self) -> tuple[BackendName | None, Readiness]:
        missing: list[Readiness] = []
        for name in self._list_candidates():
            readiness = await self._read_readiness(name)
            if readiness.ready:
                return name, readiness
            if readiness.is_rejected:
                # A subscription that fails never leads to the paid key behind it.
                missing = [readiness]
                break
            missing.append(readiness)
        # The user may take either way, so all reasons and hints are shown.
        return None, Readiness(
            False,
            " and ".join(readiness.reason for readiness in missing),
            f"{_join_hints(missing)} {ECHO_HINT}",
        )

    async def _find_rejected(self) -> BackendName | None:
        """Return the first backend that is only not ready because its credential was rejected."""
        for name in self._list_candidates():
            if (await self._read_readiness(name)).is_rejected:
                return name
        return None

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


def _join_hints(missing: Sequence[Readiness]) -> str:
    """Join the hints as alternatives: "Sign in … Or add an API key …"."""
    hints = [readiness.hint for readiness in missing if readiness.hint]
    return " Or ".join(hints[:1] + [hint[0].lower() + hint[1:] for hint in hints[1:]])
