"""Checks upstream's stream events, once and in one place, before anything else reads them.

Anthropic adds events, blocks, deltas and fields without a new version, and gateways in front of the
API make mistakes of their own. So each event is one of three:

    known      passed on; its fields have the types of `bridge.wire.messages`
    unknown    passed on and counted; readers that do not know its type ignore it
    broken     StreamBroken, which names the field

https://platform.claude.com/docs/en/api/versioning
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NoReturn, cast

from bridge.errors import StreamBroken
from bridge.wire.messages import BLOCK_TYPES, DELTA_TYPES, STOP_REASONS, MessageEvent

UnknownPart = Literal["event", "block", "delta", "stop_reason"]
CountUnknown = Callable[[UnknownPart, str], None]
"""Is called with the part of an answer that has an unknown type, and the type."""
RaiseError = Callable[[dict[str, Any]], NoReturn]
"""Raises the BridgeError for an `error` event."""

_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_STRINGS_BY_BLOCK = {
    "text": ("text",),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
}
"""Fields of a block that are strings; upstream may leave them out at its start."""

_DELTAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "text_delta": ("text", ("text",)),
    "thinking_delta": ("thinking", ("thinking",)),
    "signature_delta": ("signature", ("thinking",)),
    "input_json_delta": ("partial_json", _CALLS),
}
"""The deltas with a piece of a string: its field, and the blocks that have such deltas."""
_USUAL_DELTAS = {
    block: (kind, field)
    for kind, (field, blocks) in _DELTAS.items()
    if kind != "signature_delta"
    for block in blocks
}
_NOTHING = object()
"""Unlike None and "", it equals nothing that upstream can send."""
_NO_DELTA = (_NOTHING, "")

_COUNTS = frozenset(
    (
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    )
)
_MAX_COUNT = 2**53
"""Larger integers are not exact in JSON, and do not fit into the ledger."""
_MAX_BLOCKS = 100_000
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
"""Types that may be written as the name of a server-sent event."""


class EventCheck:
    """Feed it the events of one answer in order; it returns those to pass on.

    States:

        before     `message_start` has not come; only pings, errors and unknown events may
        running    any event but `message_start`; at most one block is open, and indexes rise
        ended      `message_stop` has come: what follows belongs to no answer and is dropped
    """

    def __init__(self, count_unknown: CountUnknown, raise_error: RaiseError) -> None:
        self._count_unknown = count_unknown
        self._raise_error = raise_error
        self._state: Literal["before", "running", "ended"] = "before"
        self._index = -1
        """Of the newest block."""
        self._block: str | None = None
        """The type of the open block; None if none is open."""
        self._usual: object = _NOTHING
        """The type of delta that the open block usually has, if there is one."""
        self._usual_field = ""
        self._has_stop_reason = False

    @property
    def began(self) -> bool:
        """Whether `message_start` has come."""
        return self._state != "before"

    @property
    def ended(self) -> bool:
        """Whether `message_stop` has come."""
        return self._state == "ended"

    def feed_all(
        self, events: Iterable[Any], passed_on: list[MessageEvent], *, join: bool = False
    ) -> None:
        """Add to `passed_on` what `feed` returns for each event, in less time.

        `join`: neighbouring deltas with the text of a block become one. Raises what `feed` raises;
        the events before that are added.
        """
        run: list[MessageEvent] = []
        """The usual deltas of the open block that were read last."""
        usual, field, index = self._usual, self._usual_field, self._index
        try:
            for event in events:
                # The most frequent event, here and not in a function of its own: it is a third
                # faster.
                try:
                    delta = event["delta"]
                    is_usual = (
                        type(delta[field]) is str
                        and delta["type"] == usual
                        # The same small integer is the same object; `feed` compares the others.
                        and event["index"] is index
                        and event["type"] == "content_block_delta"
                    )
                except (KeyError, TypeError):
                    # The whole check names what is wrong with it.
                    is_usual = False
                if is_usual:
                    run.append(event)
                    continue
                passed_on += _join(run, field) if join else run
                run = []
                if (checked := self.feed(event)) is not None:
                    passed_on.append(checked)
                usual, field, index = self._usual, self._usual_field, self._index
        finally:
            passed_on += _join(run, field) if join else run

    def feed(self, event: Any) -> MessageEvent | None:
        """Return the event, with missing fields filled in; None if no reader needs it.

        Raises StreamBroken if the answer cannot be understood, and what `raise_error` raises.
        """
        if self._state == "ended":
            return None
        try:
            kind = event["type"]
            check = _CHECKS[kind]
        except (KeyError, TypeError):
            return self._feed_unordered(_read_type(event, "an event"), event)
        if self._state == "before" and kind not in _CHECKING_STATE:
            raise StreamBroken(f"Upstream began its answer with {kind}.")
        return check(self, event)

    def _feed_unordered(self, kind: str, event: Any) -> MessageEvent | None:
        """Check an event that may come at any time."""
        if kind == "ping":
            return cast(MessageEvent, event)
        if kind == "error":
            self._raise_error(event)
        self._count_unknown("event", kind)
        return cast(MessageEvent, event) if _PLAIN_NAME.fullmatch(kind) else None

    def _start_message(self, event: dict[str, Any]) -> MessageEvent:
        if self._state != "before":
            raise StreamBroken("Upstream began its answer twice.")
        self._state = "running"
        message = _read_object(event, "message", "message_start")
        _require_string(message, "id", "message_start")
        _require_string(message, "model", "message_start")
        sent = message.get("usage")
        usage = _check_usage(sent)
        if usage is sent:
            return cast(MessageEvent, event)
        return _replace(event, message={**message, "usage": usage})

    def _begin_block(self, event: dict[str, Any]) -> MessageEvent:
        index: Any = event.get("index")
        if not _is_count(index) or index > _MAX_BLOCKS:
            raise StreamBroken("Upstream sent content_block_start without a valid index.")
        if self._block is not None:
            raise StreamBroken("Upstream began a content block before the last one had ended.")
        if index <= self._index:
            raise StreamBroken("Upstream began a content block with the index of an earlier one.")
        block = _read_object(event, "content_block", "content_block_start")
        kind = _read_type(block, "a content block")
        if kind not in BLOCK_TYPES:
            self._count_unknown("block", kind)
        self._index, self._block = index, kind
        self._usual, self._usual_field = _USUAL_DELTAS.get(kind, _NO_DELTA)
        checked = _check_block(kind, block)
        if checked is block:
            return cast(MessageEvent, event)
        return _replace(event, content_block=checked)

    def _check_delta(self, event: dict[str, Any]) -> MessageEvent | None:
        if not self._is_open(event):
            raise StreamBroken("Upstream sent content_block_delta for a block that is not open.")
        delta: Any = event.get("delta")
        kind = _read_type(delta, "a delta")
        if kind in _DELTAS:
            field, blocks = _DELTAS[kind]
            piece = delta.get(field)
            if piece is None:
                # Null adds nothing.
                return None
            if not isinstance(piece, str):
                raise StreamBroken(f"Upstream sent {kind} whose {field} is not a string.")
            if self._block not in blocks:
                self._refuse_in_known_block(kind)
                if self._block in BLOCK_TYPES:
                    # Such as the result of a search: its text is none of Claude's.
                    self._count_unknown("delta", kind)
                    return None
        elif kind == "citations_delta":
            _read_object(delta, "citation", kind)
            if self._block != "text":
                self._refuse_in_known_block(kind)
        elif kind not in DELTA_TYPES:
            self._count_unknown("delta", kind)
        return cast(MessageEvent, event)

    def _refuse_in_known_block(self, kind: str) -> None:
        """Raise StreamBroken, unless the open block is one that may have any deltas."""
        if self._block in _STRINGS_BY_BLOCK or self._block in _CALLS:
            raise StreamBroken(f"Upstream sent {kind} for a block of type {self._block}.")

    def _is_open(self, event: dict[str, Any]) -> bool:
        """Return whether an event's index is that of the open block."""
        index = event.get("index")
        return self._block is not None and type(index) is int and index == self._index

    def _stop_block(self, event: dict[str, Any]) -> MessageEvent:
        if not self._is_open(event):
            raise StreamBroken("Upstream sent content_block_stop for a block that is not open.")
        self._block = None
        self._usual, self._usual_field = _NO_DELTA
        return cast(MessageEvent, event)

    def _check_message_delta(self, event: dict[str, Any]) -> MessageEvent:
        is_empty = event.get("delta") is None
        delta = {} if is_empty else _read_object(event, "delta", "message_delta")
        reason = delta.get("stop_reason")
        if reason is not None:
            _require_string(delta, "stop_reason", "message_delta")
            self._has_stop_reason = True
            if reason not in STOP_REASONS:
                self._count_unknown("stop_reason", reason)
        if delta.get("stop_details") is not None:
            details = _read_object(delta, "stop_details", "message_delta")
            if details.get("explanation") is not None:
                _require_string(details, "explanation", "message_delta")
        if delta.get("stop_sequence") is not None:
            _require_string(delta, "stop_sequence", "message_delta")
        sent = event.get("usage")
        usage = _check_usage(sent)
        if usage is sent and "stop_reason" in delta:
            # Copies are only made for what is missing.
            return cast(MessageEvent, event)
        return _replace(event, delta={**delta, "stop_reason": reason}, usage=usage)

    def _stop_message(self, event: dict[str, Any]) -> MessageEvent:
        if self._block is not None:
            raise StreamBroken("Upstream ended its answer in the middle of a content block.")
        if not self._has_stop_reason:
            raise StreamBroken("Upstream ended its answer without a stop reason.")
        self._state = "ended"
        return cast(MessageEvent, event)


_CHECKS: dict[str, Callable[[EventCheck, dict[str, Any]], MessageEvent | None]] = {
    "message_start": EventCheck._start_message,
    "content_block_start": EventCheck._begin_block,
    "content_block_delta": EventCheck._check_delta,
    "content_block_stop": EventCheck._stop_block,
    "message_delta": EventCheck._check_message_delta,
    "message_stop": EventCheck._stop_message,
}
_CHECKING_STATE = ("message_start", "content_block_delta")
"""The events whose check looks at the state itself."""


def _check_block(kind: str, block: dict[str, Any]) -> dict[str, Any]:
    """Return a block whose fields that the bridge reads are there and have their type."""
    if kind in _STRINGS_BY_BLOCK:
        _check_citations(block)
        missing = []
        for field in _STRINGS_BY_BLOCK[kind]:
            text = block.get(field)
            if text is None:
                missing.append(field)
            elif not isinstance(text, str):
                raise StreamBroken(f"Upstream sent a {kind} block whose {field} is not a string.")
        # A signature that is missing must not become an empty one.
        texts = {field: "" for field in missing if field != "signature"}
        return {**block, **texts} if texts else block
    if kind in _CALLS:
        _require_string(block, "id", f"a {kind} block")
        _require_string(block, "name", f"a {kind} block")
        if block.get("input") is None:
            return {**block, "input": {}}
        _read_object(block, "input", f"a {kind} block")
    return block


def _check_citations(block: dict[str, Any]) -> None:
    if block.get("citations") is not None and not isinstance(block["citations"], list):
        raise StreamBroken("Upstream sent a text block whose citations are not a list.")


def _check_usage(usage: Any) -> dict[str, Any]:
    """Return the counts; a field that is no count is left out, since others may replace it."""
    if usage is None:
        return {}
    if not isinstance(usage, dict):
        raise StreamBroken("Upstream sent a usage that is not an object.")
    odd = [
        name
        for name, value in usage.items()
        # Nearly every field is a count, and seen as one without a call.
        if value and not (type(value) is int and 0 < value < _MAX_COUNT and name in _COUNTS)
        if _is_odd_field(name, value)
    ]
    return {name: usage[name] for name in usage if name not in odd} if odd else usage


def _is_odd_field(name: str, value: Any) -> bool:
    """Return whether a field of a usage has not the type that the bridge reads."""
    if name in _COUNTS:
        return not (type(value) is int and 0 < value < _MAX_COUNT)
    if name in ("cache_creation", "output_tokens_details"):
        return not (isinstance(value, dict) and all(map(_is_count, value.values())))
    return name == "service_tier" and not isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MAX_COUNT


def _join(run: Sequence[Any], field: str) -> Sequence[MessageEvent]:
    """Return the deltas of a block as one; `field` has their texts."""
    if len(run) < 2:
        return run
    first = run[0]
    text = "".join([event["delta"][field] for event in run])
    return [_replace(first, delta={**first["delta"], field: text})]


def _read_type(value: Any, what: str) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or not kind:
        raise StreamBroken(f"Upstream sent {what} without a type.")
    return kind


def _read_object(parent: dict[str, Any], field: str, where: str) -> dict[str, Any]:
    value = parent.get(field)
    if not isinstance(value, dict):
        raise StreamBroken(f"Upstream sent {where} whose {field} is not an object.")
    return value


def _require_string(parent: dict[str, Any], field: str, where: str) -> None:
    if not isinstance(parent.get(field), str) or not parent[field]:
        raise StreamBroken(f"Upstream sent {where} whose {field} is not a string.")


def _replace(event: dict[str, Any], **fields: Any) -> MessageEvent:
    return cast(MessageEvent, {**event, **fields})
