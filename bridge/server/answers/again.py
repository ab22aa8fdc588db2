"""Sends a recorded request to Claude again, with changes, and records that."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from bridge.backends.base import Backend
from bridge.errors import BridgeError, InvalidRequest
from bridge.inspect.exchange import Exchange
from bridge.inspect.recording import CURRENT, Recording
from bridge.models.names import ResolvedModel
from bridge.models.rules import ModelRules
from bridge.server.answers.attempt import open_answer
from bridge.server.answers.record_answer import record_answer
from bridge.server.answers.retranslate import make_parser, read_recorded_body
from bridge.server.answers.routing import select_backend
from bridge.server.http.recording.exchange import describe_outcome
from bridge.server.request_record import RequestRecord
from bridge.server.state import Bridge
from bridge.translate.chat.request import Translation
from bridge.translate.passthrough import MessageCollector
from bridge.wire.inspection.again import Changes
from bridge.wire.json_bytes import decode_json, encode_json
from bridge.wire.routing.rule import RoutingRule

_SAMPLING_VERSION = {"anthropic-version": "2023-06-01"}
"""Newer versions of the API refuse a temperature."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A recorded request with changes, ready to be sent."""

    exchange: Exchange
    body: Mapping[str, Any]
    """The client's, changed."""
    resolved: ResolvedModel
    translate: Callable[[ModelRules, str], Translation]


async def prepare_repeat(bridge: Bridge, exchange: Exchange, changes: Changes) -> Repeat:
    """Change a recorded request.

    Raises InvalidRequest for one that was not sent to Claude, or that used this computer, and for a
    change that cannot be made; and ModelNotFound.
    """
    body = read_recorded_body(exchange)
    if not exchange.calls:
        raise InvalidRequest("This request was not sent to Claude.")
    if body.get("computer_use") or str(body.get("model")).strip().endswith("+computer"):
        raise InvalidRequest("Requests that use this computer are not sent again.")
    body = _change_body(body, exchange, changes)
    rule = None
    if changes.backend is not None:
        rule = RoutingRule(name="Again", backend=changes.backend)

    def resolve(name: str) -> ResolvedModel:
        return replace(bridge.resolve_name(name), rule=rule)

    question = (await make_parser(bridge, exchange, body, resolve))(body)
    translate = question.translate
    if changes.temperature is not None:
        translate = functools.partial(_send_temperature, translate, changes.temperature)
    return Repeat(exchange, body, question.resolved, translate)


async def choose_backend(bridge: Bridge, repeat: Repeat, record: RequestRecord) -> Backend:
    """Return the backend that would answer. Raises BridgeError."""
    resolved = repeat.resolved
    return await select_backend(bridge, record.caller, resolved.model, resolved.rule)


async def send_again(bridge: Bridge, repeat: Repeat, record: RequestRecord) -> str:
    """Send it and wait for the whole answer; return the id of the new exchange.

    Raises BridgeError; the failure is recorded as an exchange, too.
    """
    record.model = repeat.resolved.model
    with bridge.track_answer(), _record(bridge, repeat, record) as recording:
        answer = await open_answer(
            bridge, record.caller, repeat.resolved, repeat.translate, heavy=True
        )
        recording.add_notices([*repeat.resolved.notices, *answer.notices])
        record.note_answer(answer.backend, answer.stream.headers, answer.model)
        collector = MessageCollector()

        def finish() -> str:
            collector.finish()
            return collector.stop_reason or "-"

        batches = record_answer(record, aiter(answer.stream), finish, lambda: [collector.usage])
        async with aclosing(answer.stream), aclosing(batches):
            async for batch in batches:
                for event in batch:
                    collector.feed(event)
        recording.add_written(encode_json(dict(collector.finish())))
    return recording.id


def _change_body(body: dict[str, Any], exchange: Exchange, changes: Changes) -> dict[str, Any]:
    """Return the client's body with the changes that its endpoint has a parameter for."""
    # The model that has answered, also where a rule or a fallback has chosen it.
    model = changes.model or str(decode_json(exchange.calls[-1].body)["model"])
    changed = {**body, "model": model}
    if changes.effort is not None:
        changed = _set_effort(changed, exchange.request.path, changes.effort)
    if changes.without_tool is not None:
        changed = _drop_tool(changed, changes.without_tool)
    return changed


def _set_effort(body: dict[str, Any], path: str, effort: str) -> dict[str, Any]:
    match path:
        case "/v1/responses":
            return {**body, "reasoning": {**(body.get("reasoning") or {}), "effort": effort}}
        case "/v1/messages":
            if effort == "none":
                rest = {name: value for name, value in body.items() if name != "output_config"}
                return {**rest, "thinking": {"type": "disabled"}}
            config = {**(body.get("output_config") or {}), "effort": effort}
            return {**body, "output_config": config, "thinking": {"type": "adaptive"}}
        case _:
            return {**body, "reasoning_effort": effort}


def _drop_tool(body: dict[str, Any], name: str) -> dict[str, Any]:
    tools = body.get("tools") or []
    left = [tool for tool in tools if name_tool(tool) != name]
    if len(left) == len(tools):
        raise InvalidRequest(f"The request has no tool {name[:100]}.", param="without_tool")
    changed = {**body, "tools": left}
    # Forcing a tool that is not there would be refused.
    if not left or name in str(body.get("tool_choice")):
        changed.pop("tool_choice", None)
    if not left:
        del changed["tools"]
    return changed


def name_tool(tool: Any) -> str:
    """Return the name of a tool, in the form of any of the APIs."""
    if not isinstance(tool, Mapping):
        return ""
    function = tool.get("function")
    inner = function if isinstance(function, Mapping) else tool
    return str(inner.get("name") or tool.get("type") or "")


def _send_temperature(
    translate: Callable[[ModelRules, str], Translation],
    temperature: float,
    rules: ModelRules,
    model: str,
) -> Translation:
    """Translate, and set the temperature, whatever the rules say about it."""
    translated = translate(rules, model)
    request = translated.request
    headers = {**request.headers, **_SAMPLING_VERSION}
    sent = replace(request, temperature=temperature, top_p=None, headers=headers)
    about = tuple(n for n in translated.notices if not n.startswith("temperature"))
    notice = f"temperature: {temperature:g} is sent as it is"
    return replace(translated, request=sent, notices=(*about, notice))


@contextmanager
def _record(bridge: Bridge, repeat: Repeat, record: RequestRecord) -> Iterator[Recording]:
    """Record the work in the block as an exchange of its own."""
    exchange = repeat.exchange
    request = replace(exchange.request, body=b"", read_at=None)
    recording = bridge.recorder.begin(request, "again", time.perf_counter(), exchange.id)
    recording.set_body(encode_json(repeat.body))
    token, status = CURRENT.set(recording), 200
    try:
        yield recording
    except BridgeError as error:
        status, record.outcome, record.failed = error.status, error.outcome, True
        recording.add_written(encode_json({"error": {"message": error.message}}))
        raise
    finally:
        CURRENT.reset(token)
        recording.finish(describe_outcome(record, status, recording.seconds))
