"""Asks Claude once: with thinking given back, mended where a refusal teaches, turns joined."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bridge.agent.backend import ComputerUse
from bridge.backends.base import Backend, Batch, EventStream
from bridge.backends.batches import map_batches
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
class OpenAnswer:
    """An answer that has begun. Whoever gets it closes its stream."""

    stream: EventStream
    translated: Translation
    backend: BackendName
    notices: tuple[str, ...]


async def open_answer(
    bridge: Bridge,
    model: str,
    translate: Translate,
    *,
    heavy: bool = False,
    computer_use: ComputerUse | None = None,
) -> OpenAnswer:
    """Send a request to Claude, once more if a refusal teaches how; return when it is answered.

    `heavy`: translate in a thread, since images or a large body take long.
    `computer_use`: let Claude use this desktop.
    Raises BridgeError with the status to report.
    """
    question = _Question(bridge, model, translate, heavy, computer_use)
    attempt = await _attempt(
        question, await bridge.choice.for_model(model), bridge.find_rules(model)
    )
    try:
        stream = await attempt.backend.open(attempt.request)
    except BridgeError as error:
        retry = await _another(attempt, error)
        if retry is None:
            raise
        attempt = retry
        stream = await attempt.backend.open(attempt.request)
    if not attempt.translated.passthrough:
        stream = EventStream(_continue_turns(attempt, stream), stream.aclose)
    notices = (*attempt.notices, *attempt.translated.notices)
    return OpenAnswer(stream, attempt.translated, attempt.backend.name, notices)


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
    narrow_rules = backend.narrow_rules(rules)
    translated = (
        await asyncio.to_thread(question.translate, narrow_rules, question.model)
        if question.heavy
        else question.translate(narrow_rules, question.model)
    )
    if translated.passthrough:
        return _Attempt(question, backend, rules, translated, translated.request, notices)
    request, more = translated.request, tuple[str, ...]()
    kept = await _kept(question.bridge, request)
    if kept and narrow_rules.thinking_back:
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


async def _continue_turns(attempt: _Attempt, stream: EventStream) -> AsyncGenerator[Batch, None]:
    """Yield the events of all turns as one answer: pauses are continued, filters applied."""
    translated = attempt.translated
    turns = Continuation(attempt.request, translated.must_call)
    filters = build_filters(translated.blank_stops, translated.expected_json)
    feed = _chain_filters(turns, filters) if filters else turns.feed
    async for batch in map_batches(stream, feed):
        yield batch
        if _has_ended(filters):
            return
    while (request := turns.take_follow_up()) is not None:
        async with aclosing(await attempt.backend.open(request)) as more:
            async for batch in map_batches(more, feed):
                yield batch
                if _has_ended(filters):
                    return
    stored = turns.build_stored_turn()
    if stored is not None:
        thinking = attempt.question.bridge.thinking
        thinking.put(find_calls(list(stored.blocks))[0]["id"], stored)


def _chain_filters(
    turns: Continuation, filters: Sequence[EventFilter]
) -> Callable[[MessageEvent], list[MessageEvent]]:
    def feed(event: MessageEvent) -> list[MessageEvent]:
        if _has_ended(filters):
            return []
        events = turns.feed(event)
        for filter in filters:
            events = [passed for event in events for passed in filter.feed(event)]
        return events

    return feed


def _has_ended(filters: Sequence[EventFilter]) -> bool:
    return any(filter.ended for filter in filters)
