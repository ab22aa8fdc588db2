"""Opens an answer: sends a request to Claude, and again when a refusal shows what to change.

The steps: choose the backend, translate the request by its model's rules, restore the thinking that
the client left out, open the stream. After a failure `_plan_retry` decides on another attempt. The
stream of the answer continues paused turns, applies filters, and stores thinking at its end.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

from bridge.agent.backend import ComputerUse
from bridge.backends.base import Backend, Batch, EventStream
from bridge.backends.batches import feed_batch, map_batches
from bridge.errors import (
    BridgeError,
    BudgetSpent,
    InvalidRequest,
    KeyRejected,
    NotFound,
    NotSignedIn,
)
from bridge.models.learned_limits import Correction, learn_limits, learn_schemas
from bridge.models.names import ResolvedModel
from bridge.models.rules import ModelRules
from bridge.routing.profile import apply_profile
from bridge.server.answers.budgets import keep_to_budgets
from bridge.server.answers.fallback import Trail, find_next, label_backend
from bridge.server.answers.recorded_backend import record_calls
from bridge.server.answers.routing import choose_sign_in, select_backend
from bridge.server.request_record import Caller
from bridge.server.state import Bridge
from bridge.store.stored_turn import StoredTurn
from bridge.translate import thinking_replay
from bridge.translate.answer_format import name_tool
from bridge.translate.chat.image_bytes import has_long_image, shorten_images
from bridge.translate.chat.request import Translation
from bridge.translate.notices import Notices
from bridge.translate.stream.content_blocks import find_calls
from bridge.translate.stream.continuation import Continuation
from bridge.translate.stream.filters import EventFilter, build_filters
from bridge.wire.health import BackendName
from bridge.wire.messages import MessageEvent, MessagesRequest
from bridge.wire.routing.rule import RoutingRule

_log = logging.getLogger(__name__)

MOST_RETRIES = 3
"""A request may break several limits, but each retry is a request that the client waits for."""

Translate = Callable[[ModelRules, str], Translation]
"""Translates a client's request by the rules of a model; the second argument is the model's id."""


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An answer that has begun. The caller must close its stream."""

    stream: EventStream
    translated: Translation
    backend: BackendName
    model: str
    notices: tuple[str, ...]


async def open_answer(
    bridge: Bridge,
    caller: Caller,
    resolved: ResolvedModel,
    translate: Translate,
    *,
    heavy: bool = False,
    computer_use: ComputerUse | None = None,
) -> OpenAnswer:
    """Send a request to Claude, if need be several times; return when the answer begins.

    `heavy`: translate in a thread, since images or a large body take long.
    `computer_use`: let Claude use this computer.
    Raises BridgeError with the status to report.
    """
    question = _Question(
        bridge, caller, resolved.model, resolved.rule, translate, heavy, computer_use
    )
    attempt, stream = await _open_attempt(await _prepare_first(question))
    for keep in attempt.keep_corrections:
        keep()
    if not attempt.translated.passthrough:
        stream = EventStream(_continue_turns(attempt, stream), stream.aclose, stream.headers)
    elif filters := _build_filters(attempt.translated):
        feed = _chain_filters(lambda event: [event], filters)
        stream = EventStream(map_batches(stream, feed), stream.aclose, stream.headers)
    notices = (*attempt.notices, *attempt.translated.notices)
    model = attempt.question.model
    return OpenAnswer(stream, attempt.translated, attempt.backend.name, model, notices)


@dataclass(frozen=True, slots=True)
class _Question:
    """What the client asked for; `model` is another one after a fallback to it."""

    bridge: Bridge
    caller: Caller
    model: str
    rule: RoutingRule | None
    """The user's rule, which fallbacks must obey, too."""
    translate: Translate
    heavy: bool
    computer_use: ComputerUse | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One request to a backend."""

    question: _Question
    backend: Backend
    trail: Trail
    rules: ModelRules
    """The model's own, not narrowed by the backend."""
    translated: Translation
    request: MessagesRequest
    notices: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Those of `notices` that say why another backend or model answers."""
    keep_corrections: tuple[Callable[[], None], ...] = ()
    """Functions that remember what the refusals before this attempt taught; they are called once
    this attempt has proved it."""


async def _open_attempt(attempt: _Attempt) -> tuple[_Attempt, EventStream]:
    """Send the request, and again while a refusal shows what to change, or the chain has a step."""
    retries = 0
    while True:
        try:
            return attempt, await attempt.backend.open(attempt.request)
        except BridgeError as error:
            retry = await _plan_retry(attempt, error)
            # A chain ends by itself, as it never goes back.
            retries += retry is not None and retry.trail.position == attempt.trail.position
            if retry is None or retries > MOST_RETRIES:
                _name_refused_tool(attempt.translated, error)
                raise
        attempt = retry


async def _prepare_first(question: _Question) -> _Attempt:
    """Prepare the first attempt; if no backend is ready, by the first step of the chain."""
    rule, model = question.rule, question.model
    required = rule.required_backend if rule is not None else None
    setting = required or question.bridge.switches.backend
    trail = Trail("every backend" if setting == "auto" else setting, model, None, model)
    try:
        backend = await select_backend(question.bridge, question.caller, model, rule)
        sign_in = choose_sign_in(question.bridge, question.caller, rule)
        label = label_backend(question.bridge, backend.name, sign_in)
        trail = Trail(label, model, backend, model)
        return await _start_attempt(question, backend, trail)
    except (NotSignedIn, BudgetSpent) as error:
        attempt = await _prepare_fallback(question, trail, error)
        if attempt is None:
            raise
        return attempt


def _name_refused_tool(translated: Translation, error: BridgeError) -> None:
    """Give an error about a tool the tool's name; Claude's API counts them."""
    if isinstance(error, InvalidRequest) and not translated.passthrough:
        tools = translated.request.tools or ()
        error.message = name_tool(error.message, tools, translated.answer_format)


async def _start_attempt(question: _Question, backend: Backend, trail: Trail) -> _Attempt:
    """Prepare an attempt with another backend or model than before, within the budgets.

    Raises BudgetSpent. Later attempts with the same belong to a request that is under way.
    """
    model, cheaper = await keep_to_budgets(
        question.bridge, question.caller, trail.model, backend.name, exact=trail.is_for_model
    )
    if model != trail.model:
        trail = replace(trail, model=model)
    if model != question.model:
        question = replace(question, model=model)
    notices = (trail.notice,) if trail.notice else ()
    return await _prepare_attempt(question, record_calls(backend), trail, *notices, *cheaper)


async def _prepare_attempt(
    question: _Question,
    backend: Backend,
    trail: Trail,
    *notices: str,
    rules: ModelRules | None = None,
) -> _Attempt:
    """Translate the question for a backend, and restore thinking that the client left out.

    `rules`: the model's own, if they differ from those that are known.
    """
    if rules is None:
        rules = question.bridge.find_rules(question.model, backend.name)
    if question.computer_use is not None:
        backend = question.computer_use.wrap(backend)
    narrowed = apply_profile(question.rule, backend.narrow_rules(rules))
    translated = (
        await question.bridge.heavy_work.run(question.translate, narrowed, question.model)
        if question.heavy
        else question.translate(narrowed, question.model)
    )
    request, more = await _shorten_images(question.bridge, translated.request, narrowed)
    # A request in Anthropic's own format is sent as it is, with the thinking that the client has.
    if translated.passthrough:
        return _Attempt(
            question, backend, trail, rules, translated, request, (*notices, *more), notices
        )
    stored = await _load_stored_turns(question.bridge, request)
    if stored and narrowed.thinking_back:
        request = thinking_replay.restore_thinking(request, stored)
    elif stored:
        notice = f"thinking: {backend.name} may leave out earlier thinking"
        more = (*more, notice)
    if request.thinking is not None and request.thinking["type"] == "enabled":
        request, off = _drop_impossible_thinking(request)
        more = (*more, *off)
    return _Attempt(
        question, backend, trail, rules, translated, request, (*notices, *more), notices
    )


async def _shorten_images(
    bridge: Bridge, request: MessagesRequest, rules: ModelRules
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """Shorten images for a backend that would do it worse; return the notices, too."""
    most = rules.image_bytes
    if most is None or not has_long_image(request, most):
        return request, ()
    notices = Notices()
    shortened = await bridge.heavy_work.run(shorten_images, request, most, notices)
    return shortened, notices.lines()


async def _plan_retry(attempt: _Attempt, error: BridgeError) -> _Attempt | None:
    """Return the attempt to make after a failure; None when nothing could be changed.

    A rejected key leads to Claude Code. A refusal of earlier thinking leads to a request without
    it, and that of a container to a new one. A refusal that tells a limit of the model changes the
    model's rules. Any other failure leads to the next step of the settings' chain.
    """
    question, bridge = attempt.question, attempt.question.bridge
    may_change = question.rule is None or question.rule.required_backend is None
    if may_change and isinstance(error, KeyRejected) and not attempt.trail.failures:
        other = await bridge.selection.find_key_fallback(attempt.backend)
        if other is not None:
            notice = "backend: Anthropic rejected the API key; Claude Code answers"
            trail = attempt.trail.add_failure(error)
            # The requested model: the budget that chose a cheaper one may not be for this backend.
            model = trail.first_model
            trail = replace(trail, label=other.name, model=model, notice=notice)
            return await _start_fallback(question, other, trail, error)
    if "container" in attempt.request.more and _is_about_container(error):
        return _leave_container(attempt)
    if not isinstance(error, InvalidRequest):
        return await _prepare_fallback(question, attempt.trail, error)
    if thinking_replay.has_thinking(attempt.request) and thinking_replay.is_thinking_refusal(
        error.message
    ):
        ids = thinking_replay.list_call_ids(attempt.request)
        notice = "thinking: earlier thinking left out; Claude's API did not accept it"
        request = thinking_replay.strip_thinking(attempt.request)
        return replace(
            attempt,
            request=request,
            notices=(*attempt.notices, notice),
            keep_corrections=(functools.partial(bridge.thinking.forget, ids),),
        )
    return await _plan_correction(attempt, error)


def _is_about_container(error: BridgeError) -> bool:
    return isinstance(error, InvalidRequest | NotFound) and "container" in error.message.lower()


def _leave_container(attempt: _Attempt) -> _Attempt:
    """Let code start in a new container: Anthropic deletes them after a time."""
    more = {name: value for name, value in attempt.request.more.items() if name != "container"}
    notice = "container: Claude's API did not accept the earlier one; code starts in a new one"
    return replace(
        attempt,
        request=replace(attempt.request, more=more),
        notices=(*attempt.notices, notice),
    )


async def _plan_correction(attempt: _Attempt, error: BridgeError) -> _Attempt | None:
    """Return the attempt that keeps to the limit which a refusal tells; None if it tells none."""
    if not isinstance(error, InvalidRequest):
        return None
    correction = (
        learn_schemas(attempt.rules, attempt.request, error.message)
        if attempt.translated.passthrough
        else learn_limits(attempt.rules, attempt.request, error.message)
    )
    if correction is None:
        return None
    rules = correction.apply(attempt.rules)
    corrected = await _prepare_attempt(
        attempt.question, attempt.backend, attempt.trail, *attempt.reasons, rules=rules
    )
    if corrected.request == attempt.request:
        return None
    keep = functools.partial(_keep_correction, attempt, correction)
    return replace(corrected, keep_corrections=(*attempt.keep_corrections, keep))


def _keep_correction(attempt: _Attempt, correction: Correction) -> None:
    _log.warning("A refusal of %s has corrected how requests are sent.", attempt.question.model)
    attempt.question.bridge.learned.keep(attempt.backend.name, attempt.question.model, correction)


async def _prepare_fallback(
    question: _Question, trail: Trail, error: BridgeError
) -> _Attempt | None:
    """Prepare an attempt by the next step of the user's chain, if there is one for the failure."""
    following = await find_next(question.bridge, trail, error, question.rule)
    return None if following is None else await _start_fallback(question, *following, error)


async def _start_fallback(
    question: _Question, backend: Backend, trail: Trail, error: BridgeError
) -> _Attempt | None:
    """Start an attempt after a failure; if a budget refuses it, by the next step of the chain.

    Without such a step it is None, and the failure says that a budget is used up.
    """
    try:
        return await _start_attempt(question, backend, trail)
    except BudgetSpent as spent:
        attempt = await _prepare_fallback(question, trail, spent)
        if attempt is None and spent.message not in error.message:
            error.message = f"{error.message} There is no fallback: {spent.message}"
        return attempt


async def _load_stored_turns(bridge: Bridge, request: MessagesRequest) -> dict[str, StoredTurn]:
    """Load the turns with thinking, of those that the client sends without it, by call id."""
    ids = thinking_replay.list_call_ids(request)
    return await bridge.thinking.get(ids) if ids else {}


def _drop_impossible_thinking(
    request: MessagesRequest,
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """Turn thinking off in a tool loop whose earlier thinking is missing.

    Models with a thinking budget refuse to think in such a loop.
    """
    if not thinking_replay.has_loop_without_thinking(request):
        return request, ()
    notice = "thinking: off in this tool loop, because its earlier thinking is missing"
    return replace(request, thinking=None), (notice,)


async def _continue_turns(attempt: _Attempt, stream: EventStream) -> AsyncGenerator[Batch, None]:
    """Yield the events of all turns as one answer: pauses are continued, filters applied."""
    translated = attempt.translated
    turns = Continuation(attempt.request, translated.must_call)
    filters = _build_filters(translated)
    feed = _chain_filters(turns.feed, filters) if filters else turns.feed
    turn = stream
    try:
        while True:
            # Not `map_batches`: a generator less for each answer, which is 1 % of its instructions.
            async for events in turn:
                batch, failure = feed_batch(events, feed)
                if batch:
                    yield batch
                # The answer ends at a stop sequence: leaving closes upstream, which saves tokens.
                if filters and _has_ended(filters):
                    return
                if failure is not None:
                    raise failure
            request = turns.take_follow_up()
            if request is None:
                break
            await turn.aclose()
            turn = await attempt.backend.open(request)
    finally:
        await turn.aclose()
    # Only a complete turn is stored; OpenAI's clients send its calls back without the thinking.
    stored = turns.build_stored_turn()
    if stored is not None:
        thinking = attempt.question.bridge.thinking
        thinking.put(find_calls(list(stored.blocks))[0]["id"], stored)


def _build_filters(translated: Translation) -> list[EventFilter]:
    return build_filters(translated.blank_stops, translated.expected_json, translated.properties)


def _chain_filters(
    read: Callable[[MessageEvent], list[MessageEvent]], filters: Sequence[EventFilter]
) -> Callable[[MessageEvent], list[MessageEvent]]:
    def feed(event: MessageEvent) -> list[MessageEvent]:
        # The rest of a batch may hold an ending that must neither be sent nor checked.
        if _has_ended(filters):
            return []
        events = read(event)
        for filter in filters:
            events = [passed for event in events for passed in filter.feed(event)]
        return events

    return feed


def _has_ended(filters: Sequence[EventFilter]) -> bool:
    return any(filter.ended for filter in filters)
