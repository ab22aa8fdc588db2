"""A backend with this desktop in its hands: to who asks it is one answer like any other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from bridge.agent.as_message import MessageAssembler
from bridge.agent.events import Event
from bridge.agent.loop import AgentLoop, Limits
from bridge.backends.base import Backend, Readiness
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.pictures import Format
from bridge.computer.screen.sizes import select_tier
from bridge.computer.service import ComputerService
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName, RoadStatus
from bridge.wire.messages import Block, MessageEvent, MessagesRequest


@dataclass(frozen=True, slots=True)
class ComputerUse:
    """Whose computer it is, for whom it is used, and how far."""

    computer: ComputerService
    asked_by: str
    limits: Limits
    rules: Callable[[str], ModelRules]
    """Of a resolved model."""
    form: Format = "jpeg"
    monitor: int = 0
    dry_run: bool = False

    def of(self, backend: Backend) -> Backend:
        """The backend with these hands; one that has them already is given back."""
        if isinstance(backend, ComputerUseBackend):
            return backend
        return ComputerUseBackend(backend, self)

    @asynccontextmanager
    async def run(
        self, backend: Backend, request: MessagesRequest
    ) -> AsyncIterator[AsyncGenerator[Event, None]]:
        """The desktop is theirs meanwhile. Raises ComputerOff, ComputerBusy, InvalidRequest."""
        rules = backend.narrowed(self.rules(request.model))
        async with self.computer.open_session(
            self.asked_by, self._looks(rules, request)
        ) as session:
            run = AgentLoop(backend, request, rules, session, self.limits, dry_run=self.dry_run)
            async with aclosing(run.events()) as events:
                yield events

    def _looks(self, rules: ModelRules, request: MessagesRequest) -> CaptureOptions:
        tier = select_tier(rules.images)
        if any(_is_image(block) for turn in request.messages for block in turn["content"]):
            # With those of the person there may be more than 20.
            tier = tier.reduce_for_many_images()
        return CaptureOptions(tier, rules.images.pixels, self.form, self.monitor)


class ComputerUseBackend:
    """See `Backend`; its answers are whole runs."""

    def __init__(self, inner: Backend, computer_use: ComputerUse) -> None:
        self._inner = inner
        self._computer_use = computer_use

    @property
    def name(self) -> BackendName:
        return self._inner.name

    @asynccontextmanager
    async def stream(self, request: MessagesRequest) -> AsyncIterator[AsyncIterator[MessageEvent]]:
        """See `Backend.stream`; also raises ComputerOff and ComputerBusy."""
        async with self._computer_use.run(self._inner, request) as events:
            machine = MessageAssembler()
            first = await anext(events)
            async with aclosing(_told(machine, first, events)) as told:
                yield told

    async def readiness(self) -> Readiness:
        return await self._inner.readiness()

    async def models(self) -> Sequence[ListedModel]:
        return await self._inner.models()

    async def count_tokens(self, request: MessagesRequest) -> int:
        return await self._inner.count_tokens(request)

    def roads(self) -> Sequence[RoadStatus]:
        return self._inner.roads()

    def narrowed(self, rules: ModelRules) -> ModelRules:
        return self._inner.narrowed(rules)

    async def reload(self) -> None:
        await self._inner.reload()

    async def warm(self) -> None:
        await self._inner.warm()

    async def rest(self) -> None:
        await self._inner.rest()

    async def close(self) -> None:
        await self._inner.close()


async def _told(
    machine: MessageAssembler, first: Event, events: AsyncIterator[Event]
) -> AsyncGenerator[MessageEvent, None]:
    for told in machine.feed(first):
        yield told
    async for event in events:
        for told in machine.feed(event):
            yield told


def _is_image(block: Block) -> bool:
    return block["type"] == "image" or any(
        part.get("type") == "image" for part in block.get("content") or () if isinstance(part, dict)
    )
