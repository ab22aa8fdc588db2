"""A backend that lets Claude use this computer, and returns the task as one answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from bridge.agent.as_message import MessageAssembler
from bridge.agent.events import Event
from bridge.agent.loop import AgentLoop, Limits
from bridge.backends.base import Backend, CountedPrompt, EventStream, Readiness
from bridge.backends.batches import map_batches, prepend_batch
from bridge.computer.approval.asker import Asker
from bridge.computer.screen.capture import CaptureOptions
from bridge.computer.screen.pictures import Format
from bridge.computer.screen.sizes import select_tier
from bridge.computer.service import ComputerService
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import Block, MessagesRequest


@dataclass(frozen=True, slots=True)
class ComputerUse:
    """Options of computer use for one request."""

    computer: ComputerService
    asker: Asker
    limits: Limits
    rules: Callable[[str], ModelRules]
    """Returns the rules of a resolved model."""
    form: Format = "jpeg"
    monitor: int = 0
    dry_run: bool = False
    pauses: bool = False
    """Whether a moved mouse pauses the task instead of ending it."""

    def wrap(self, backend: Backend) -> Backend:
        """Wrap a backend with computer use, unless it is wrapped already."""
        if isinstance(backend, ComputerUseBackend):
            return backend
        return ComputerUseBackend(backend, self)

    @asynccontextmanager
    async def open_run(
        self, backend: Backend, request: MessagesRequest
    ) -> AsyncIterator[AsyncGenerator[list[Event], None]]:
        """Open a session and run the agent loop in it; yield its events in batches.

        Raises ComputerOff, ComputerBusy, NotApproved and InvalidRequest.
        """
        rules = backend.narrow_rules(self.rules(request.model))
        async with self.computer.open_session(
            self.asker, self._build_capture_options(rules, request), pauses=self.pauses
        ) as session:
            loop = AgentLoop(backend, request, rules, session, self.limits, dry_run=self.dry_run)
            async with aclosing(loop.run()) as batches:
                yield batches

    def _build_capture_options(self, rules: ModelRules, request: MessagesRequest) -> CaptureOptions:
        tier = select_tier(rules.images)
        if any(_is_image(block) for turn in request.messages for block in turn["content"]):
            # The user's own images and the screenshots together may be more than 20.
            tier = tier.reduce_for_many_images()
        return CaptureOptions(tier, rules.images.pixels, self.form, self.monitor)


class ComputerUseBackend(Backend):
    """See `Backend`; each answer is a whole task."""

    def __init__(self, inner: Backend, computer_use: ComputerUse) -> None:
        self._inner = inner
        self._computer_use = computer_use

    @property
    def name(self) -> BackendName:
        return self._inner.name

    async def open(self, request: MessagesRequest) -> EventStream:
        """See `Backend.open`; also raises ComputerOff and ComputerBusy."""
        async with AsyncExitStack() as resources:
            run = self._computer_use.open_run(self._inner, request)
            batches = await resources.enter_async_context(run)
            whole = prepend_batch(await anext(batches), batches)
            return EventStream(
                map_batches(whole, MessageAssembler().feed), resources.pop_all().aclose
            )

    async def readiness(self) -> Readiness:
        return await self._inner.readiness()

    async def models(self) -> Sequence[ListedModel]:
        return await self._inner.models()

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        return await self._inner.count_tokens(request)

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return self._inner.narrow_rules(rules)


def _is_image(block: Block) -> bool:
    return block["type"] == "image" or any(
        part.get("type") == "image" for part in block.get("content") or () if isinstance(part, dict)
    )
