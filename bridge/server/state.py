"""What the server holds while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.backends.claude_code.sign_in import SignIn
from bridge.backends.selection import BackendChoice
from bridge.computer.service import ComputerService
from bridge.embeddings.base import Embedder
from bridge.errors import Paused, TooManyStreams
from bridge.models.catalogue import Catalogue
from bridge.models.names import ResolvedModel, resolve, resolve_rules
from bridge.models.rules import ECHO, ModelRules
from bridge.server.key_cache import KeyCache
from bridge.server.metrics import Metrics
from bridge.settings import Settings
from bridge.store.ledger import Ledger
from bridge.store.responses import ResponseStore
from bridge.store.thinking import ThinkingStore
from bridge.store.tickets import Tickets
from bridge.wire.control import Switches
from bridge.wire.responses import Response
from bridge.wire.usage import LastFailure


@dataclass
class Bridge:
    """Made by `compose`; the only state of the server, found in the application under `BRIDGE`."""

    settings: Settings
    switches: Switches
    choice: BackendChoice
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
    versions: dict[str, str] = field(default_factory=dict)
    url: str = ""
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)
    learned: dict[str, ModelRules] = field(default_factory=dict)
    """What refusals taught about models, until the server ends."""
    last_failure: LastFailure | None = None
    background: dict[str, tuple[asyncio.Task[None], Response]] = field(default_factory=dict)
    """Responses that are written while nobody waits, by id."""
    tickets: Tickets = field(default_factory=Tickets)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a second wish to stop: running answers get no more time."""
    _answers: set[asyncio.Task[Any]] = field(default_factory=set)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _settling: asyncio.Task[None] | None = None

    @property
    def open_streams(self) -> int:
        """Answers being written at this moment."""
        return len(self._answers)

    @property
    def stopping(self) -> bool:
        return self.stop_asked.is_set()

    @property
    def active_model(self) -> str:
        """What answers `default` and OpenAI's names: the echo while the backend is offline."""
        return ECHO if self.switches.backend == "offline" else self.switches.model

    def resolve(self, name: str) -> ResolvedModel:
        """The model for a client's `model` field. Raises ModelNotFound with the nearest names."""
        active = self.active_model
        resolved = resolve(name, active, self.catalogue.ids)
        # An echo must not pass for Claude, nor Claude for an echo.
        if not self.switches.use_for_everything or ECHO in (active, resolved.model):
            return resolved
        if resolved.model == active:
            return resolved
        return ResolvedModel(
            active, f"model: {active} answers for {name.strip()} (use_for_everything)"
        )

    def rules(self, model: str) -> ModelRules:
        """What a resolved model takes: as learned, else as listed live, else as in the table."""
        return self.learned.get(model) or resolve_rules(model, self.catalogue.find(model))

    def settle(self) -> None:
        """Warms the backend that is used now and lets the others rest, behind the answers."""
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.create_task(self.choice.settle())

    async def close(self) -> None:
        """When no answer runs any more."""
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.wait([self._settling])
        # They were drained as all answers are; what was cut off then still says so in the store.
        written = [task for task, _ in self.background.values()]
        await asyncio.gather(*written, return_exceptions=True)
        await self.computer.close()
        await self.sign_in.close()
        await self.choice.close()
        if self.embedder is not None:
            await self.embedder.close()
        await self.thinking.close()
        await self.responses.close()
        await self.ledger.close()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Counts the answer that the current task is writing.

        Raises Overloaded at the limit, Paused while the person wants none.
        """
        if self.switches.paused:
            raise Paused("The bridge is paused; resume it from the tray's menu.")
        if len(self._answers) >= self.settings.max_streams:
            raise TooManyStreams(
                f"The bridge already handles {len(self._answers)} requests (max_streams).",
                headers={"retry-after": "1"},
            )
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._answers.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._answers.discard(task)
            if not self._answers:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Waits for the running answers, then cancels those that go on; each says so itself."""
        if not self._answers:
            return
        done, hurried = (asyncio.ensure_future(e.wait()) for e in (self._idle, self.hurry))
        await asyncio.wait({done, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        hurried.cancel()
        for task in tuple(self._answers):
            task.cancel()


BRIDGE = web.AppKey("bridge", Bridge)
