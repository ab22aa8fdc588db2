"""Pass requests to `/v1/messages` through unchanged, and collect their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.models.spelling import is_same_model
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.request import Translation
from bridge.translate.passthrough_parameters import fit_parameters, replace_effort
from bridge.translate.passthrough_schemas import fit_schemas
from bridge.translate.stream.content_blocks import BlockCollector
from bridge.translate.stream.message_end import MessageEnd
from bridge.wire.anthropic import CountBody, MessagesBody, TurnBody, WholeMessage
from bridge.wire.messages import (
    BODY_FIELDS,
    Block,
    Message,
    MessageEvent,
    MessagesRequest,
    StopReason,
    Usage,
)

PASSED_HEADERS = ("anthropic-version", "anthropic-beta")
_OBJECTS = ("cache_control", "metadata", "output_config", "thinking", "tool_choice")
_NAMED = set(BODY_FIELDS) - {"max_tokens"}


def pass_through(
    body: MessagesBody,
    headers: Mapping[str, str],
    rules: ModelRules,
    model: str,
    *,
    effort: str | None = None,
) -> Translation:
    """Build the request without changing it, except for schemas that the API refuses.

    For another model than the client named, its parameters are changed, too. `effort` is what the
    user's rule asks for; it replaces the client's thinking and effort.
    Raises InvalidRequest for a prefill or a late system message if the model or the backend does
    not support it.
    """
    request = replace(
        build_count_request(body, headers, model), max_tokens=body.max_tokens, whole=not body.stream
    )
    request, notices = adapt_to_model(request, body.model, rules, effort)
    _check_roles(request, rules)
    fitted = fit_schemas(request, rules.refused_schemas)
    return Translation(
        fitted.request,
        (*notices, *fitted.notices),
        AnswerFormat(),
        expected_json=fitted.expected_json,
        properties=fitted.properties,
        passthrough=True,
    )


def add_named_effort(
    body: MessagesBody, effort: str | None, rules: ModelRules
) -> tuple[MessagesBody, tuple[str, ...]]:
    """Add the effort that the model's name asks for, unless the body has thinking or effort.

    Return the notices, too.
    """
    config = body.output_config or {}
    if effort is None or body.thinking is not None or "effort" in config:
        return body, ()
    thinks = rules.thinking in ("always", "between_tools", "can_disable")
    if thinks and effort in rules.efforts:
        return body.model_copy(update={"output_config": {**config, "effort": effort}}), ()
    # Other models think only with a budget or on request, which the rest of the conversation has to
    # fit: that is for the client to decide.
    return body, (f"model: the effort in {body.model} is ignored; send thinking or effort",)


def build_count_request(body: CountBody, headers: Mapping[str, str], model: str) -> MessagesRequest:
    """Build the request for token counting, whose `max_tokens` is 0 and is not sent."""
    # Fields that the bridge does not know stay in `more`, so that new ones work without an update.
    fields = dict(body.model_extra or {})
    fields.pop("max_tokens", None)
    fields |= {name: getattr(body, name) for name in _OBJECTS}
    fields |= {"system": _to_blocks(body.system), "tools": _to_tuple(body.tools)}
    named = {name: fields.pop(name) for name in _NAMED & fields.keys()}
    return MessagesRequest(
        **{**named, "model": model, "messages": tuple(map(_to_message, body.messages))},
        max_tokens=0,
        headers={name: headers[name] for name in PASSED_HEADERS if name in headers},
        more=fields,
    )


def adapt_to_model(
    request: MessagesRequest, name: str, rules: ModelRules, effort: str | None = None
) -> tuple[MessagesRequest, tuple[str, ...]]:
    """Fit the parameters to the model, if it is not the one that the client named.

    `effort` replaces the client's thinking and effort, and the other parameters are fitted to it.
    """
    if effort is None and is_same_model(name, request.model):
        return request, ()
    notices: tuple[str, ...] = ()
    if effort is not None:
        request, notices = replace_effort(request, effort, rules)
    request, more = fit_parameters(request, rules)
    return request, (*notices, *more)


def _to_message(turn: TurnBody) -> Message:
    content: Any = turn["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return {"role": turn["role"], "content": content}


def _to_blocks(content: Any) -> tuple[Block, ...] | None:
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    return _to_tuple(content)


def _to_tuple(blocks: list[Block] | None) -> tuple[Block, ...] | None:
    return None if blocks is None else tuple(blocks)


def _check_roles(request: MessagesRequest, rules: ModelRules) -> None:
    if request.messages[-1]["role"] == "assistant" and not rules.prefill:
        raise InvalidRequest(
            f"{rules.id} does not support prefill here: the conversation must end with a user "
            "message.",
            param="messages",
        )
    if not rules.mid_system and any(turn["role"] == "system" for turn in request.messages):
        raise InvalidRequest(
            f"{rules.id} does not accept system messages in `messages` here; use `system`.",
            param="messages",
        )


class MessageCollector:
    """A collector of one answer's events; `finish` returns the message."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks = BlockCollector()
        self._end = MessageEnd()

    @property
    def usage(self) -> Usage:
        """Claude's latest token counts; empty before the first event."""
        return self._end.usage

    @property
    def stop_reason(self) -> StopReason | None:
        return self._end.stop_reason

    def feed(self, event: MessageEvent) -> None:
        self._blocks.feed(event)
        self._end.feed(event)
        match event["type"]:
            case "message_start":
                started: Any = event["message"]
                self._message = {"type": "message", "role": "assistant", **started}
                self._message |= {"stop_reason": None, "stop_sequence": None}
            case "message_delta":
                self._message |= event["delta"]
            case _:
                pass

    def finish(self) -> WholeMessage:
        """Return the message. Raises StreamBroken if `message_stop` is missing."""
        self._end.finish()
        content = self._blocks.list_all_blocks()
        message: Any = {**self._message, "content": content, "usage": self.usage}
        whole: WholeMessage = message
        return whole
