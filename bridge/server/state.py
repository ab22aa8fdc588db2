"""The state of a running server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.backends.claude_code.sign_in import SignIn
from bridge.backends.selection import BackendSelection
from bridge.computer.service import ComputerService
from bridge.embeddings.base import Embedder
from bridge.errors import Paused, TooManyStreams
from bridge.models.catalogue import Catalogue
from bridge.models.learned_limits import LearnedLimits
from bridge.models.names import ResolvedModel, resolve, resolve_rules
from bridge.models.rules import ECHO, ModelRules
from bridge.paths import Paths
from bridge.resilience.heavy_work import HeavyWork
from bridge.resilience.memory_budget import MemoryBudget
from bridge.server.key_cache import KeyCache
from bridge.server.metrics import Metrics
from bridge.settings import Settings
from bridge.store.ledger import Ledger
from bridge.store.redirect_files import RedirectFiles
from bridge.store.responses import ResponseStore
from bridge.store.thinking import ThinkingStore
from bridge.store.tickets import Tickets
from bridge.wire.control import Switches
from bridge.wire.responses import Response
from bridge.wire.usage import LastFailure


@dataclass
class Bridge:
    """All state of the server; `compose` makes it, and the application has it under `BRIDGE`.

    Stopping: `stop_requested` makes new requests fail with ShuttingDown, `drain` waits for the
    running answers and then cancels them, `close` releases everything else.
    """

    settings: Settings
    switches: Switches
    selection: BackendSelection
    catalogue: Catalogue
    keys: KeyCache
    thinking: ThinkingStore
    responses: ResponseStore
    embedder: Embedder | None
    ledger: Ledger
    computer: ComputerService
    sign_in: SignIn
    control_token: str
    started_at: int
    paths: Paths
    versions: dict[str, str] = field(default_factory=dict)
    url: str = ""
    stop_requested: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)
    heavy_work: HeavyWork = field(default_factory=HeavyWork)
    bodies: MemoryBudget = field(init=False)
    """The memory of the bodies that are being read or answered."""
    learned: LearnedLimits = field(default_factory=LearnedLimits)
    """What requests that upstream rejected have taught, until the server ends."""
    last_failure: LastFailure | None = None
    background: dict[str, tuple[asyncio.Task[None], Response]] = field(default_factory=dict)
    """Background responses that are being written, by id."""
    tickets: Tickets = field(default_factory=Tickets)
    redirect_files: RedirectFiles = field(default_factory=RedirectFiles)
    stop_now: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a second request to stop: running answers are cancelled at once."""
    _answers: set[asyncio.Task[Any]] = field(default_factory=set)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _warm_up: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        # A body of the largest size must fit, with the objects that are made from it.
        megabytes = max(self.settings.max_bodies_mb, 4 * self.settings.max_body_mb)
        self.bodies = MemoryBudget(megabytes << 20)

    @property
    def open_streams(self) -> int:
        """The number of answers being written."""
        return len(self._answers)

    @property
    def stopping(self) -> bool:
        return self.stop_requested.is_set()

    @property
    def active_model(self) -> str:
        """The model for `default` and OpenAI's names; the echo if the backend is `offline`."""
        return ECHO if self.switches.backend == "offline" else self.switches.model

    def resolve(self, name: str) -> ResolvedModel:
        """Resolve a client's `model` field. Raises ModelNotFound with similar names."""
        active = self.active_model
        resolved = resolve(name, active, self.catalogue.ids)
        # The echo must not answer in place of Claude, nor Claude in place of the echo.
        if not self.switches.use_for_everything or ECHO in (active, resolved.model):
            return resolved
        if resolved.model == active:
            return resolved
        return ResolvedModel(
            active, f"model: {active} is used instead of {name.strip()} (use_for_everything)"
        )

    def find_rules(self, model: str, backend: str | None = None) -> ModelRules:
        """Find the rules of a resolved model, with what was learned about it at the backend."""
        listed = resolve_rules(model, self.catalogue.find(model))
        return listed if backend is None else self.learned.apply(backend, model, listed)

    def start_warm_up(self) -> None:
        """Warm up the active backend in a task, and stop the background work of the others."""
        # An earlier task may be warming up a backend that is no longer active.
        if self._warm_up is not None:
            self._warm_up.cancel()
        self._warm_up = asyncio.create_task(self._warm_active())

    async def _warm_active(self) -> None:
        await self.selection.warm_active()
        await self.catalogue.list_models(await self.selection.select_for_listing())

    async def close(self) -> None:
        """Release everything, after `drain`."""
        if self._warm_up is not None:
            self._warm_up.cancel()
            await asyncio.wait([self._warm_up])
        # `drain` has cancelled the tasks that were running; each now stores its response as failed.
        tasks = [task for task, _ in self.background.values()]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.computer.close()
        await self.sign_in.close()
        await self.redirect_files.close()
        await self.selection.close()
        if self.embedder is not None:
            await self.embedder.close()
        # The stores come last, as everything above may still write to them.
        await self.thinking.close()
        await self.responses.close()
        await self.ledger.close()
        self.heavy_work.close()

    @contextmanager
    def track_answer(self) -> Iterator[None]:
        """Count the answer that the current task writes, until the block ends.

        Raises TooManyStreams at the limit `max_streams`, and Paused while the bridge is paused.
        """
        if self.switches.paused:
            raise Paused("The bridge is paused. Choose Resume requests in the tray menu.")
        if len(self._answers) >= self.settings.max_streams:
            raise TooManyStreams(
                f"The bridge already handles {len(self._answers)} requests (max_streams).",
                headers={"retry-after": "1"},
            )
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an answer must be written in a task, so that `drain` can cancel it")
        self._answers.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._answers.discard(task)
            if not self._answers:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Wait up to `seconds`, or until `stop_now`, for running answers; then cancel the rest.

        A cancelled answer reports ShuttingDown to its client.
        """
        if not self._answers:
            return
        waiting = [asyncio.ensure_future(e.wait()) for e in (self._idle, self.stop_now)]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for future in waiting:
            future.cancel()
        for task in tuple(self._answers):
            task.cancel()


BRIDGE = web.AppKey("bridge", Bridge)
