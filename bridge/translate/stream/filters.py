"""Filters for what Claude's API cannot enforce: whitespace stop sequences and JSON-only output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from bridge.errors import OutputMismatch
from bridge.translate.chat.property_names import PropertyNames
from bridge.translate.chat.response_format import ExpectedJson
from bridge.translate.json_check import find_problem
from bridge.translate.stream.argument_names import NameFilter
from bridge.wire.messages import ContentBlockDelta, MessageEvent

# A filter takes one event and returns the events to pass on: the same one, a changed one, or none.
#
# StopFilter: passes text on, except the end of it that may be the start of a stop sequence. That
# part waits in `_held` until the next delta decides, or until the block ends. At a stop sequence
# the filter writes the end of the answer itself and is `ended`: upstream is then closed.
#
# JsonFilter: states are before the JSON (depth 0), inside it (depth > 0, with `_in_string` and
# `_escaped`), and after it (`_complete`). Only text inside passes. At `end_turn` the JSON is
# parsed and checked against the schema.


class EventFilter(Protocol):
    """A conversion of events to events; once it has `ended`, upstream can be closed."""

    @property
    def ended(self) -> bool: ...

    def feed(self, event: MessageEvent) -> list[MessageEvent]: ...


def _read_text(event: MessageEvent) -> str | None:
    if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
        return str(event["delta"]["text"])
    return None


def _build_text_delta(index: int, text: str) -> list[MessageEvent]:
    if not text:
        return []
    delta: ContentBlockDelta = {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": "text_delta", "text": text},
    }
    return [delta]


class StopFilter:
    """A filter that ends the answer before the first stop sequence in its text."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self._index = 0
        self.ended = False

    def feed(self, event: MessageEvent) -> list[MessageEvent]:
        if self.ended:
            return []
        text = _read_text(event)
        if text is not None and event["type"] == "content_block_delta":
            self._index = event["index"]
            return self._add_text(text)
        if event["type"] == "content_block_stop":
            held, self._held = self._held, ""
            return [*_build_text_delta(event["index"], held), event]
        return [event]

    def _add_text(self, text: str) -> list[MessageEvent]:
        self._held += text
        matches = [(at, stop) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if matches:
            at, stop = min(matches)
            return self._stop_at(self._held[:at], stop)
        certain = len(self._held) - self._count_possible()
        self._held, ready = self._held[certain:], self._held[:certain]
        return _build_text_delta(self._index, ready)

    def _count_possible(self) -> int:
        """Return how many characters at the end could be the beginning of a stop sequence."""
        longest = min(max(map(len, self._stops)) - 1, len(self._held))
        for length in range(longest, 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stops):
                return length
        return 0

    def _stop_at(self, text: str, stop: str) -> list[MessageEvent]:
        self.ended = True
        return [
            *_build_text_delta(self._index, text),
            {"type": "content_block_stop", "index": self._index},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "stop_sequence", "stop_sequence": stop},
                "usage": {},
            },
            {"type": "message_stop"},
        ]


class JsonFilter:
    """A filter that passes on the text's first JSON object or array, and checks it at the end.

    What Claude adds against its instructions (a code fence, a greeting) is left out.
    """

    ended = False

    def __init__(self, expected_json: ExpectedJson) -> None:
        self._expected = expected_json
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._complete = False
        self._json: list[str] = []

    def feed(self, event: MessageEvent) -> list[MessageEvent]:
        text = _read_text(event)
        if text is not None and event["type"] == "content_block_delta":
            return _build_text_delta(event["index"], self._extract_json(text))
        # JSON that ends for another reason, such as max_tokens, is known to be incomplete.
        if event["type"] == "message_delta" and event["delta"]["stop_reason"] == "end_turn":
            self._check_json()
        return [event]

    def _extract_json(self, text: str) -> str:
        if self._complete:
            return ""
        start = 0
        if not self._depth:
            start = min((at for at in map(text.find, "{[") if at >= 0), default=len(text))
        end = start
        while end < len(text) and not self._complete:
            self._step_char(text[end])
            end += 1
        self._json.append(text[start:end])
        return text[start:end]

    def _step_char(self, char: str) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._in_string = False
        elif char == '"':
            self._in_string = True
        elif char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
            self._complete = self._depth == 0

    def _check_json(self) -> None:
        try:
            value = json.loads("".join(self._json))
        except (ValueError, RecursionError) as error:
            raise OutputMismatch(f"Claude's answer is not valid JSON: {error}.") from error
        problem = find_problem(value, self._expected.schema)
        if problem:
            raise OutputMismatch(
                f"Claude's answer does not match {self._expected.field}: {problem}"
            )


def build_filters(
    blank_stops: Sequence[str],
    expected_json: ExpectedJson | None,
    properties: Mapping[str, PropertyNames],
) -> list[EventFilter]:
    """Build the filters that an answer needs; most need none."""
    filters: list[EventFilter] = [StopFilter(blank_stops)] if blank_stops else []
    if expected_json is not None:
        filters.append(JsonFilter(expected_json))
    if properties:
        filters.append(NameFilter(properties))
    return filters
