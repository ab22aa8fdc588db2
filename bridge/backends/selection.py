"""Which backend answers a request, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bridge.backends.base import Backend, ManagedBackend, Readiness
from bridge.errors import ModelNotFound, NotSignedIn
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO
from bridge.wire.control import Switches
from bridge.wire.health import BackendName, BackendStatus, RoadStatus

AUTO_ORDER: tuple[BackendName, ...] = ("claude-code", "anthropic")
"""`auto` takes the first that is ready; never offline, for an echo must not pass for Claude."""

TRY_OFFLINE = f"To try without Claude, ask for the model `{ECHO}`."


class BackendChoice:
    """Holds the backends of this process; reads the switches at every request."""

    def __init__(self, backends: Mapping[BackendName, ManagedBackend], switches: Switches) -> None:
        self._backends = backends
        self._switches = switches

    async def for_model(self, model: str) -> Backend:
        """The backend that answers `model`; NotSignedIn or ModelNotFound when there is none."""
        if model == ECHO:
            return self._backends["offline"]
        if self._switches.backend == "offline":
            raise ModelNotFound(
                f"The bridge runs offline and only answers as `{ECHO}`; "
                f"choose another backend to ask {model}.",
                param="model",
            )
        name, readiness = await self._active()
        if name is None:
            raise NotSignedIn(f"Claude cannot be asked: {readiness.reason}. {readiness.cure}")
        return self._backends[name]

    async def counting(self, model: str) -> Backend:
        """Who counts tokens for `model`: Anthropic's API where there is a key, for it is free."""
        answering = await self.for_model(model)
        return answering if model == ECHO else (await self.ready("anthropic") or answering)

    async def listing(self) -> Backend | None:
        """The backend whose models are listed beside the echo, if one is ready."""
        name, _ = await self._active()
        return None if name in (None, "offline") else self._backends[name]

    async def echo_models(self) -> Sequence[ListedModel]:
        """What the offline backend lists."""
        return await self._backends["offline"].models()

    async def status(self) -> BackendStatus:
        """What `/health` and the tray say of it."""
        name, readiness = await self._active()
        return BackendStatus(
            setting=self._switches.backend,
            active=name,
            reason=readiness.reason,
            hint=readiness.cure,
        )

    def roads(self, name: BackendName | None) -> Sequence[RoadStatus]:
        """The ways to Claude of one backend."""
        return self._backends[name].list_routes() if name is not None else ()

    async def settle(self) -> None:
        """Warms the backend that answers now, and lets the others rest."""
        active, _ = await self._active()
        for name, backend in self._backends.items():
            await (backend.warm() if name == active else backend.rest())

    async def reload(self) -> None:
        """Keys have changed."""
        for backend in self._backends.values():
            await backend.reload()

    async def instead_of(self, backend: Backend) -> Backend | None:
        """Who can be asked when this backend's key is refused: Claude Code, which costs no more."""
        return await self.ready("claude-code") if backend.name == "anthropic" else None

    async def ready(self, name: BackendName) -> Backend | None:
        """The backend of that name, if it can be asked."""
        backend = self._backends[name]
        return backend if (await backend.readiness()).ready else None

    async def close(self) -> None:
        await asyncio.gather(*(backend.close() for backend in self._backends.values()))

    async def _active(self) -> tuple[BackendName | None, Readiness]:
        missing: list[Readiness] = []
        for name in self._candidates():
            readiness = await self._backends[name].readiness()
            if readiness.ready:
                return name, readiness
            missing.append(readiness)
        return None, Readiness(
            False,
            " and ".join(readiness.reason for readiness in missing),
            " Or: ".join(readiness.cure for readiness in missing if readiness.cure)
            + f" {TRY_OFFLINE}",
        )

    def _candidates(self) -> tuple[BackendName, ...]:
        setting = self._switches.backend
        if setting != "auto":
            return (setting,)
        return AUTO_ORDER
