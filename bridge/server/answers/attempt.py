"""Asks Claude once: with thinking given back, mended where a refusal teaches, turns joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from bridge.agent.backend import ComputerUse
from bridge.backends.base import Backend
from bridge.backends.entered import entering
from bridge.errors import BridgeError, InvalidRequest, KeyRejected, ModelNotFound
from bridge.models.learned_limits import learn_limits
from bridge.models.rules import ModelRules
from bridge.server.state import Bridge
from bridge.store.stored_turn import StoredTurn
from bridge.translate import thinking_replay
from bridge.translate.chat.request import Translation
from bridge.translate.stream.content_blocks import find_calls
from bridge.translate.stream.continuation import Continuation
from bridge.translate.stream.filters import EventFilter, build_filters
from bridge.wire.health import BackendName
from bridge.wire.messages import MessageEvent, MessagesRequest

_log = logging.getLogger(__name__)

Translate = Callable[[ModelRules, str], Translation]
"""A client's request by the rules of the model that answers it, and its id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that has begun: `message_start` is the first of its events."""

    events: AsyncIterator[MessageEvent]
    translated: Translation
    backend: BackendName
    notices: tuple[str, ...]


@asynccontextmanager
async def asked(
    bridge: Bridge,
    model: str,
    translate: Translate,
    *,
    heavy: bool = False,
    computer_use: ComputerUse | None = None,
) -> AsyncIterator[Asked]:
    """Enters when the answer begins, with a BridgeError of a true status when it does not.

    `heavy`: translating takes long (images, a large body), so it is done beside the loop.
    `computer_use`: this desktop is used for it.
    """
    question = _Question(bridge, model, translate, heavy, computer_use)
    attempt = await _attempt(
        question, await bridge.choice.for_model(model), bridge.find_rules(model)
    )
    try:
        begun = await entering(attempt.backend.stream(attempt.request))
    except BridgeError as error:
        again = await _another(attempt, error)
        if again is None:
            raise
        attempt = again
        begun = await entering(attempt.backend.stream(attempt.request))
    notices = (*attempt.notices, *attempt.translated.notices)
    async with begun as stream:
        if attempt.translated.passthrough:
            yield Asked(stream, attempt.translated, attempt.backend.name, notices)
            return
        async with aclosing(_events(attempt, stream)) as events:
            yield Asked(events, attempt.translated, attempt.backend.name, notices)


@dataclass(frozen=True, slots=True)
class _Question:
    """What the client wants to know."""

    bridge: Bridge
    model: str
    translate: Translate
    heavy: bool
    computer_use: ComputerUse | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is sent upstream, and how it came about."""

    question: _Question
    backend: Backend
    rules: ModelRules
    """The model's own, not yet narrowed by the backend."""
    translated: Translation
    request: MessagesRequest
    notices: tuple[str, ...] = ()


async def _attempt(
    question: _Question, backend: Backend, rules: ModelRules, *notices: str
) -> _Attempt:
    if question.computer_use is not None:
        backend = question.computer_use.wrap(backend)
    narrowed = backend.narrowed(rules)
    translated = (
        await asyncio.to_thread(question.translate, narrowed, question.model)
        if question.heavy
        else question.translate(narrowed, question.model)
    )
    if translated.passthrough:
        return _Attempt(question, backend, rules, translated, translated.request, notices)
    request, more = translated.request, tuple[str, ...]()
    kept = await _kept(question.bridge, request)
    if kept and narrowed.thinking_back:
        request = thinking_replay.restore_thinking(request, kept)
    elif kept:
        more = (f"thinking: {backend.name} cannot give it back to {rules.id}; it is left out",)
    if request.thinking is not None and request.thinking["type"] == "enabled":
        request, off = _thinking_on(request)
        more = (*more, *off)
    return _Attempt(question, backend, rules, translated, request, (*notices, *more))


async def _another(attempt: _Attempt, error: BridgeError) -> _Attempt | None:
    """What to try once more after a refusal, if there is anything to be learned from it."""
    question, bridge = attempt.question, attempt.question.bridge
    if isinstance(error, KeyRejected):
        other = await bridge.choice.instead_of(attempt.backend)
        if other is not None:
            notice = "backend: Anthropic refused the key; Claude Code answers"
            return await _attempt(question, other, attempt.rules, notice)
    if not isinstance(error, InvalidRequest):
        return await _fallen_back(attempt, error)
    if thinking_replay.has_thinking(attempt.request) and thinking_replay.is_thinking_refusal(
        error.message
    ):
        bridge.thinking.forget(thinking_replay.list_call_ids(attempt.request))
        notice = "thinking: upstream did not take it back; it is left out"
        request = thinking_replay.strip_thinking(attempt.request)
        return replace(attempt, request=request, notices=(*attempt.notices, notice))
    rules = None if attempt.translated.passthrough else learn_limits(attempt.rules, error.message)
    if rules is None:
        return None
    _log.warning("Learned about %s from a refusal; its rules are changed.", question.model)
    bridge.learned[question.model] = rules
    return await _attempt(question, attempt.backend, rules)


async def _fallen_back(attempt: _Attempt, error: BridgeError) -> _Attempt | None:
    """Where the person has set it: another backend, or another model."""
    question, settings = attempt.question, attempt.question.bridge.settings
    if isinstance(error, ModelNotFound) and settings.fallback_model == "none":
        return None
    failed = error.code or error.type
    wanted = settings.fallback_backend
    if wanted != "none" and wanted != attempt.backend.name:
        other = await question.bridge.choice.ready(wanted)
        if other is not None:
            notice = f"backend: {attempt.backend.name} failed ({failed}); {other.name} answers"
            return await _attempt(question, other, attempt.rules, notice)
    if settings.fallback_model not in ("none", question.model):
        instead = replace(question, model=settings.fallback_model)
        notice = f"model: {question.model} failed ({failed}); {instead.model} answers"
        rules = question.bridge.find_rules(instead.model)
        return await _attempt(instead, attempt.backend, rules, notice)
    return None


async def _kept(bridge: Bridge, request: MessagesRequest) -> dict[str, StoredTurn]:
    """The turns in which Claude thought, of those that the client gives back without."""
    ids = thinking_replay.list_call_ids(request)
    return await bridge.thinking.get(ids) if ids else {}


def _thinking_on(request: MessagesRequest) -> tuple[MessagesRequest, tuple[str, ...]]:
    """A model with a thinking budget cannot think on in a loop that it is not given whole."""
    if not thinking_replay.has_loop_without_thinking(request):
        return request, ()
    notice = "thinking: off in this tool loop, whose earlier thinking is not known"
    return replace(request, thinking=None), (notice,)


async def _events(
    attempt: _Attempt, stream: AsyncIterator[MessageEvent]
) -> AsyncGenerator[MessageEvent, None]:
    """Of all its turns, as one answer."""
    translated = attempt.translated
    turns = Continuation(attempt.request, translated.must_call)
    filters = build_filters(translated.blank_stops, translated.expected_json)
    async for event in stream:
        for passed in _filtered(turns.feed(event), filters):
            yield passed
        if filters and any(one.ended for one in filters):
            return
    while (request := turns.take_follow_up()) is not None:
        async with attempt.backend.stream(request) as more:
            async for event in more:
                for passed in _filtered(turns.feed(event), filters):
                    yield passed
                if filters and any(one.ended for one in filters):
                    return
    kept = turns.build_stored_turn()
    if kept is not None:
        thinking = attempt.question.bridge.thinking
        thinking.put(find_calls(list(kept.blocks))[0]["id"], kept)


def _filtered(events: list[MessageEvent], filters: Sequence[EventFilter]) -> list[MessageEvent]:
    for one in filters:
        events = [passed for event in events for passed in one.feed(event)]
    return events
