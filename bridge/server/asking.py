"""Asks Claude once: with thinking given back, mended where a refusal teaches, turns joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from bridge.backends.base import Backend
from bridge.errors import InvalidRequest
from bridge.models.lessons import learned
from bridge.models.rules import ModelRules
from bridge.server.state import Bridge
from bridge.translate import recall
from bridge.translate.blocks import calls_in
from bridge.translate.filters import EventFilter, filters_of
from bridge.translate.request import Translated
from bridge.translate.turns import Turns
from bridge.wire.control import BackendName
from bridge.wire.messages import MessageEvent, MessagesRequest

_log = logging.getLogger(__name__)

Translate = Callable[[ModelRules], Translated]
"""A client's request by the rules of the model that answers it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that has begun: `message_start` is the first of its events."""

    events: AsyncIterator[MessageEvent]
    translated: Translated
    backend: BackendName
    notices: tuple[str, ...]


@asynccontextmanager
async def asked(
    bridge: Bridge, model: str, translate: Translate, *, heavy: bool = False
) -> AsyncIterator[Asked]:
    """Enters when the answer begins, with a BridgeError of a true status when it does not.

    `heavy`: translating takes long (images, a large body), so it is done beside the loop.
    """
    backend = await bridge.choice.for_model(model)
    async with AsyncExitStack() as stack:
        attempt = await _Attempt.of(bridge, model, translate, heavy)
        try:
            stream = await stack.enter_async_context(backend.stream(attempt.request))
        except InvalidRequest as error:
            again = await attempt.mended(error.message)
            if again is None:
                raise
            attempt = again
            stream = await stack.enter_async_context(backend.stream(attempt.request))
        events = _events(bridge, backend, stream, attempt)
        notices = (*attempt.notices, *attempt.translated.notices)
        async with aclosing(events) as whole:
            yield Asked(whole, attempt.translated, backend.name, notices)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is sent upstream, and how it came about."""

    bridge: Bridge
    model: str
    translate: Translate
    heavy: bool
    rules: ModelRules
    translated: Translated
    request: MessagesRequest
    notices: tuple[str, ...] = ()

    @classmethod
    async def of(
        cls,
        bridge: Bridge,
        model: str,
        translate: Translate,
        heavy: bool,
        rules: ModelRules | None = None,
    ) -> _Attempt:
        rules = rules or bridge.rules(model)
        translated = await asyncio.to_thread(translate, rules) if heavy else translate(rules)
        request, notices = await _with_thinking(bridge, translated.request)
        return cls(bridge, model, translate, heavy, rules, translated, request, notices)

    async def mended(self, refusal: str) -> _Attempt | None:
        """What to try once more after a 400, if there is anything to be learned from it."""
        if recall.has_thinking(self.request) and recall.is_bound_elsewhere(refusal):
            self.bridge.thinking.forget(recall.call_ids(self.request))
            notice = "thinking: upstream did not take it back; it is left out"
            return replace(self, request=recall.without_thinking(self.request), notices=(notice,))
        rules = learned(self.rules, refusal)
        if rules is None:
            return None
        _log.warning("Learned about %s from a refusal; its rules are changed.", self.model)
        self.bridge.learned[self.model] = rules
        return await _Attempt.of(self.bridge, self.model, self.translate, self.heavy, rules)


async def _with_thinking(
    bridge: Bridge, request: MessagesRequest
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """The request with the turns made whole that the client gave back without their thinking."""
    ids = recall.call_ids(request)
    if not ids:
        return request, ()
    request = recall.made_whole(request, await bridge.thinking.get(ids))
    has_budget = request.thinking is not None and request.thinking["type"] == "enabled"
    if has_budget and recall.loop_lacks_thinking(request):
        notice = "thinking: off in this tool loop, whose earlier thinking is not known"
        return replace(request, thinking=None), (notice,)
    return request, ()


async def _events(
    bridge: Bridge, backend: Backend, stream: AsyncIterator[MessageEvent], attempt: _Attempt
) -> AsyncGenerator[MessageEvent, None]:
    translated = attempt.translated
    turns = Turns(attempt.request, translated.must_call)
    filters = filters_of(translated.blank_stops, translated.promise)
    async with aclosing(_joined(backend, stream, turns)) as joined:
        async for event in joined:
            for passed in _filtered([event], filters):
                yield passed
            if any(one.ended for one in filters):
                return
    kept = turns.kept()
    if kept is not None:
        bridge.thinking.put(calls_in(list(kept.blocks))[0]["id"], kept)


def _filtered(events: list[MessageEvent], filters: Sequence[EventFilter]) -> list[MessageEvent]:
    for one in filters:
        events = [passed for event in events for passed in one.feed(event)]
    return events


async def _joined(
    backend: Backend, first: AsyncIterator[MessageEvent], turns: Turns
) -> AsyncGenerator[MessageEvent, None]:
    async for event in first:
        for shown in turns.feed(event):
            yield shown
    while (request := turns.follow_up()) is not None:
        async with backend.stream(request) as stream:
            async for event in stream:
                for shown in turns.feed(event):
                    yield shown
