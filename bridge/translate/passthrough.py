"""A request in Anthropic's own words as the seam takes it, and its answer as one message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.errors import InvalidRequest
from bridge.models.rules import ModelRules
from bridge.translate.answer_format import AnswerStyle
from bridge.translate.chat.request import Translated
from bridge.translate.stream.content_blocks import AnswerBlocks
from bridge.translate.stream.message_end import Ending
from bridge.wire.anthropic import CountBody, MessagesBody, WholeMessage
from bridge.wire.messages import (
    IN_BODY,
    Block,
    Message,
    MessageEvent,
    MessagesRequest,
    StopReason,
    Usage,
)

PASSED_HEADERS = ("anthropic-version", "anthropic-beta")
_NAMED = set(IN_BODY) - {"max_tokens"}


def verbatim(
    body: MessagesBody, headers: Mapping[str, str], rules: ModelRules, model: str
) -> Translated:
    """Nothing is changed. Raises InvalidRequest for what this road to Claude cannot carry."""
    request = replace(
        counted(body, headers, model), max_tokens=body.max_tokens, whole=not body.stream
    )
    _check(request, rules)
    return Translated(request, (), AnswerStyle(), verbatim=True)


def counted(body: CountBody, headers: Mapping[str, str], model: str) -> MessagesRequest:
    """The same without `max_tokens`, which is 0 here and not sent."""
    given = dict(body.model_extra or {})
    given.pop("max_tokens", None)
    given |= {"system": _blocks(body.system), "tools": _tuple(body.tools)}
    named = {name: given.pop(name) for name in _NAMED & given.keys()}
    return MessagesRequest(
        **{**named, "model": model, "messages": tuple(_message(turn) for turn in body.messages)},
        max_tokens=0,
        headers={name: headers[name] for name in PASSED_HEADERS if name in headers},
        more=given,
    )


def _message(turn: Any) -> Message:
    return {"role": turn.role, "content": list(_blocks(turn.content) or ())}


def _blocks(content: Any) -> tuple[Block, ...] | None:
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    return _tuple(content)


def _tuple(blocks: list[Block] | None) -> tuple[Block, ...] | None:
    return None if blocks is None else tuple(blocks)


def _check(request: MessagesRequest, rules: ModelRules) -> None:
    if request.messages[-1]["role"] == "assistant" and not rules.prefill:
        raise InvalidRequest(
            f"{rules.id} does not go on with a message of its own here: the conversation must end "
            "with a user message.",
            param="messages",
        )
    if not rules.mid_system and any(turn["role"] == "system" for turn in request.messages):
        raise InvalidRequest(
            f"{rules.id} takes no system message among the others here; use `system`.",
            param="messages",
        )


class WholeAnswer:
    """Feed it every event, then `finish` gives the message."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks = AnswerBlocks()
        self._end = Ending()

    @property
    def usage(self) -> Usage:
        """Upstream's last word on tokens so far; empty before the answer began."""
        return self._end.usage

    @property
    def stop_reason(self) -> StopReason | None:
        return self._end.stop_reason

    def feed(self, event: MessageEvent) -> None:
        self._blocks.feed(event)
        self._end.feed(event)
        match event["type"]:
            case "message_start":
                self._message = {**event["message"], "stop_reason": None, "stop_sequence": None}
            case "message_delta":
                self._message |= event["delta"]
            case _:
                pass

    def finish(self) -> WholeMessage:
        """Raises StreamBroken when the answer had not ended by itself."""
        self._end.finish()
        content = self._blocks.every_block()
        message: Any = {**self._message, "content": content, "usage": self.usage}
        whole: WholeMessage = message
        return whole
