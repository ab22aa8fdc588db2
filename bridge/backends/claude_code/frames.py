"""One turn with Claude Code as a state machine: frames in, frames and stream events out.

A frame is a line of JSON on the process's stdin or stdout. The control frames are those of the
TypeScript SDK (`sdk.d.ts`, @anthropic-ai/claude-agent-sdk).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.backends.claude_code.call_ids import rename_copies
from bridge.backends.claude_code.client_tools import (
    are_unchanged,
    build_result_frame,
    build_server_fields,
    list_client_tools,
    read_call_id,
)
from bridge.backends.claude_code.command import MINIMUM_VERSION
from bridge.backends.claude_code.conversation import AnswerRecorder, ConversationHash
from bridge.backends.claude_code.errors import FailureTranslator
from bridge.backends.event_check import CountUnknown, EventCheck
from bridge.errors import InvalidRequest, StreamBroken, UpstreamFailed
from bridge.models.rules import ModelRules
from bridge.wire.messages import Block, Message, MessageEvent, MessagesRequest

Frame = dict[str, Any]

CONTINUE = "Continue."
"""The user turn behind a paused turn of Claude's: Claude Code only answers user turns."""

_PLACEHOLDER = "(no content)"
"""A turn of Claude's with nothing but this text is left out by Claude Code."""

_SENT_AS_FRAMES = ("model", "messages", "system", "metadata", "cache_control")
"""Fields of the request that are not part of the extra body. Claude Code sets the last two."""

_SETTINGS, _INITIALIZE, _WARM_UP = "settings", "initialize", "warm"
"""Ids of control requests."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame leads to: frames to write to the process, and events for the client."""

    send: list[Frame] = field(default_factory=list)
    events: list[MessageEvent] = field(default_factory=list)
    limits: Mapping[str, Any] | None = None
    """What Claude Code reports of the plan's limits."""


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """What a process has after a turn that can be followed by another."""

    keys: Sequence[str]
    """The keys of its conversation."""
    called: frozenset[str] = frozenset()
    """The ids of the answer's calls, whose results it waits for."""
    calls: Mapping[str, Frame] = field(default_factory=dict)
    """Its requests for results, by the ids of the calls; some may come later."""


# States of a turn:
#
#   results    Only in a process that waits for the results of calls: they are sent one by one.
#              Claude Code repeats each in a `user` frame, and must not have changed it.
#   history    The settings and the system prompt are sent, then the history. User turns of the
#              history carry `shouldQuery: false`; Claude Code confirms each with a `result` frame,
#              and only then the next part may be sent.
#   answering  The last user turn is sent. Claude Code relays the API's stream events one to one in
#              `stream_event` frames.
#   ended      A `message_delta` with a stop reason has come. Claude Code would send another request
#              by itself after some stop reasons (a tool call, `max_tokens`, a refusal), so the
#              process is killed now, unless `end` returns what it has. `message_stop`, which
#              carries no data, is added here.
#
# Inputs: `start` once, or `resume` in a process that has the conversation; `feed` for each frame.
# Any frame that reports a failure raises it, in each state; what comes behind it is not read.


class Turn:
    """Sends one request to a process and relays the answer; see the states above."""

    def __init__(
        self,
        request: MessagesRequest,
        rules: ModelRules,
        new_id: Callable[[], str],
        count_unknown: CountUnknown,
        *,
        thinking_back: bool = True,
    ) -> None:
        """`thinking_back`: whether a new process can send Claude's thinking back.

        Raises InvalidRequest for a system prompt that Claude Code cannot take.
        """
        self._model = request.model
        self._new_id = new_id
        self._extra_body = build_extra_body(request, rules)
        self._system = _list_system_texts(request)
        messages = [
            _normalize(message) for message in _end_with_user(rename_copies(request.messages))
        ]
        settings = [self._model, self._extra_body, self._system]
        self._conversation = ConversationHash(settings, messages)
        self._thinking_back = thinking_back
        self._tools = list_client_tools(request.tools or ())
        self._answer = AnswerRecorder()
        self._calls: dict[str, Frame] = {}
        """Claude Code's requests for results so far, by the ids of the calls."""
        self._results: list[tuple[Frame, Block]] = []
        """The requests of an earlier turn that are not answered yet, and the results."""
        *self._history, self._last = messages
        self._sent = 0
        self._state: Literal["results", "history", "answering", "ended"] = "history"
        self._failures = FailureTranslator()
        self._check = EventCheck(count_unknown, self._failures.raise_error_event)
        self.initialized: Mapping[str, Any] | None = None
        """Claude Code's response to `initialize`: its models and its version."""

    @property
    def ended(self) -> bool:
        return self._state == "ended"

    @property
    def continued(self) -> str:
        """The key of the conversation that the last user turn continues."""
        return self._conversation.continued

    def end(self) -> EndedTurn | None:
        """Return what the process has, now that the turn has ended; None if nothing more."""
        answer = self._answer.get_answer()
        if answer is None:
            return None
        said: Message = {"role": "assistant", "content": answer}
        messages = [*self._history, self._last, said]
        # The next request would have other ids, and Claude Code would mistake those that it has.
        if rename_copies(messages) is not messages:
            return None
        called = {block["id"]: block["name"] for block in answer if block["type"] == "tool_use"}
        # A tool that Claude Code does not know gets a result, and the next request, at once.
        if not set(called.values()) <= set(self._tools):
            return None
        keys = self._conversation.list_keys_after(answer, thinking_back=self._thinking_back)
        return EndedTurn(keys, frozenset(called), self._calls)

    @property
    def is_final(self) -> bool:
        """Whether Claude Code sends no request by itself, now that the turn has ended."""
        return self._answer.is_final

    def can_resume(self, calls: Mapping[str, Frame]) -> bool:
        """Return whether the last user turn is what a process that made these calls waits for."""
        results = self._last["content"]
        if not calls:
            return True
        ids = [block.get("tool_use_id") for block in results]
        return len(ids) == len(calls) and set(ids) == set(calls) and are_unchanged(results)

    def start(self) -> list[Frame]:
        """Return the first frames to send to a new process."""
        settings = {
            "model": self._model,
            "env": {"CLAUDE_CODE_EXTRA_BODY": json.dumps(self._extra_body)},
        }
        return [
            _build_control(_SETTINGS, subtype="apply_flag_settings", settings=settings),
            _build_control(
                _INITIALIZE,
                subtype="initialize",
                systemPrompt=self._system,
                **build_server_fields(self._tools),
            ),
            *self._take_frames(),
        ]

    def resume(self, calls: Mapping[str, Frame]) -> list[Frame]:
        """Return the first frames to send to a process that has the conversation before.

        `calls` are its open requests for results; see `can_resume`.
        """
        self._sent = len(self._history)
        if not calls:
            return self._take_frames()
        self._state = "results"
        self._results = [(calls[block["tool_use_id"]], block) for block in self._last["content"]]
        return [build_result_frame(*self._results[0])]

    def feed(self, frame: Frame) -> Step:
        """Handle one frame. Raises BridgeError when it reports a failure."""
        match frame.get("type"):
            case "control_response":
                self._handle_control_response(read_object(frame, "response"))
            case "stream_event" if frame.get("parent_tool_use_id") is None:
                return Step(events=self._relay_event(frame.get("event")))
            case "control_request":
                self._note_call(frame)
            case "user" if self._state == "results":
                return Step(send=self._check_result(read_object(frame, "message")))
            case "result" if self._state == "history":
                return Step(send=self._take_frames())
            case "result":
                self._failures.check_result(frame)
                raise StreamBroken("Claude Code ended its turn without an answer.")
            case "assistant":
                self._failures.check_assistant(frame)
            case "rate_limit_event":
                limits = read_limits(frame)
                self._failures.note_rate_limit(limits)
                return Step(limits=limits)
            case "system" if frame.get("subtype") == "api_retry":
                self._failures.raise_retry(frame)
            case _:
                pass
        return Step()

    def _handle_control_response(self, response: Mapping[str, Any]) -> None:
        # A spare may have been warmed by another version of the settings; that does not matter.
        if response.get("subtype") == "error" and response.get("request_id") != _WARM_UP:
            self._failures.raise_control_error(response)
        if response.get("request_id") == _INITIALIZE:
            self.initialized = read_object(response, "response")
            check_version(str(self.initialized.get("claude_code_version", "")))

    def _note_call(self, frame: Frame) -> None:
        id = read_call_id(frame)
        if id is not None:
            self._calls[id] = frame

    def _check_result(self, message: Mapping[str, Any]) -> list[Frame]:
        """Compare a result as Claude Code sends it; return the next one."""
        _, given = self._results.pop(0)
        if message.get("content") != [given]:
            raise StreamBroken("Claude Code has changed the result of a tool.")
        if self._results:
            return [build_result_frame(*self._results[0])]
        self._state = "answering"
        return []

    def _relay_event(self, event: object) -> list[MessageEvent]:
        """Check an event, and end the turn at the stop reason."""
        if self.ended:
            return []
        if self._state == "results":
            raise StreamBroken("Claude Code did not wait for the results of its tools.")
        checked = self._check.feed(event)
        if checked is None:
            return []
        self._answer.feed(checked)
        if checked["type"] == "message_stop":
            self._state = "ended"
        if checked["type"] != "message_delta" or checked["delta"]["stop_reason"] is None:
            return [checked]
        self._state = "ended"
        return [checked, {"type": "message_stop"}]

    def _take_frames(self) -> list[Frame]:
        """Return the history up to its next user turn, or all that is left."""
        frames: list[Frame] = []
        while self._sent < len(self._history):
            message = self._history[self._sent]
            self._sent += 1
            if message["role"] == "user":
                return [*frames, {**self._build_user_frame(message), "shouldQuery": False}]
            frames.append(self._build_assistant_frame(message))
        self._state = "answering"
        return [*frames, self._build_user_frame(self._last)]

    def _build_user_frame(self, message: Message) -> Frame:
        return {
            "type": "user",
            "message": {"role": "user", "content": message["content"]},
            "parent_tool_use_id": None,
            "session_id": "default",
            "uuid": self._new_id(),
            # Take the text literally: a path is no file to read, a slash starts no command.
            "client_composed": True,
        }

    def _build_assistant_frame(self, message: Message) -> Frame:
        answer = {
            "id": f"msg_{self._new_id()}",
            "type": "message",
            "role": "assistant",
            # Thinking is only accepted from the model that wrote it.
            "model": self._model,
            "content": message["content"],
        }
        return {
            "type": "assistant",
            "message": answer,
            "parent_tool_use_id": None,
            "session_id": "default",
            "uuid": self._new_id(),
        }


def check_version(version: str) -> None:
    """Raise UpstreamFailed for a Claude Code that is too old.

    Old ones do not tell their version. One that is no three numbers is taken to be newer than this.
    """
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if version and (numbers is None or tuple(map(int, numbers.groups())) >= MINIMUM_VERSION):
        return
    needed = ".".join(map(str, MINIMUM_VERSION))
    raise UpstreamFailed(
        f"Claude Code {version or '(version unknown)'} is too old; {needed} or newer is needed. "
        "Run `claude update`, or set claude_cli to `bundled`."
    )


def build_warm_up_frames() -> list[Frame]:
    """Build settings for a spare process, so that it takes the real ones faster."""
    settings = {"env": {"CLAUDE_CODE_EXTRA_BODY": "{}"}}
    return [_build_control(_WARM_UP, subtype="apply_flag_settings", settings=settings)]


def build_models_request() -> list[Frame]:
    """Build the frames to which Claude Code responds with its models."""
    return [_build_control(_INITIALIZE, subtype="initialize")]


def is_warm_up_response(frame: Mapping[str, Any]) -> bool:
    """Return whether a frame is Claude Code's response to `build_warm_up_frames`."""
    return _is_response(frame, _WARM_UP)


def is_initialize_response(frame: Mapping[str, Any]) -> bool:
    """Return whether a frame is Claude Code's response to `initialize`."""
    return _is_response(frame, _INITIALIZE)


def _is_response(frame: Mapping[str, Any], id: str) -> bool:
    if frame.get("type") != "control_response":
        return False
    return read_object(frame, "response").get("request_id") == id


def is_limits(frame: Mapping[str, Any]) -> bool:
    """Return whether a frame reports the plan's limits."""
    return frame.get("type") == "rate_limit_event"


def read_limits(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the limits of a frame for which `is_limits` is true."""
    return read_object(frame, "rate_limit_info")


def read_object(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """Return the object in a field; an empty one if the field has none."""
    value = parent.get(field)
    return value if isinstance(value, dict) else {}


def build_extra_body(request: MessagesRequest, rules: ModelRules) -> dict[str, Any]:
    """Build what Claude Code merges into the body that it sends: all but the conversation.

    Thinking and effort are always set, because Claude Code's own defaults differ from the API's.
    """
    body = {k: v for k, v in request.body().items() if k not in _SENT_AS_FRAMES}
    if "tools" in body:
        body["tools"] = _remove_cache_markers(body["tools"])
    if request.thinking is None and rules.thinking in ("on_request", "budget"):
        body["thinking"] = {"type": "disabled"}
    if rules.efforts:
        body["output_config"] = {"effort": rules.default_effort, **(request.output_config or {})}
    return body


def _build_control(id: str, **request: Any) -> Frame:
    return {"type": "control_request", "request_id": id, "request": request}


def _list_system_texts(request: MessagesRequest) -> list[str]:
    texts = [block.get("text") for block in request.system or ()]
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidRequest("Claude Code accepts only text here.", param=f"system[{at}]")
    return [str(text) for text in texts]


def _normalize(message: Message) -> Message:
    """Return a message as Claude Code gets it."""
    content = _remove_cache_markers(message["content"])
    if message["role"] != "user":
        content = _split_placeholder(content)
    return {"role": message["role"], "content": content}


def _remove_cache_markers(blocks: Sequence[Block]) -> list[Block]:
    """Remove cache markers: Claude Code sets its own, and the API accepts only four."""
    return [{k: v for k, v in block.items() if k != "cache_control"} for block in blocks]


def _split_placeholder(blocks: list[Block]) -> list[Block]:
    """Split a text that Claude Code takes for no text; Claude reads two blocks as one text."""
    if any(str(block.get("text")).strip() != _PLACEHOLDER for block in blocks):
        return blocks
    parts = [str(block["text"]).partition(" content") for block in blocks]
    return [
        {"type": "text", "text": text}
        for before, word, behind in parts
        for text in (before, word + behind)
    ]


def _end_with_user(messages: Sequence[Message]) -> list[Message]:
    """Add a user turn behind a paused turn of Claude's, without a search that has no result."""
    turns = list(messages)
    if turns[-1]["role"] != "assistant":
        return turns
    answered = {str(block.get("tool_use_id")) for block in turns[-1]["content"]}
    content = [
        block
        for block in turns[-1]["content"]
        if block["type"] != "server_tool_use" or str(block.get("id")) in answered
    ]
    proceed: Message = {"role": "user", "content": [{"type": "text", "text": CONTINUE}]}
    paused: list[Message] = [{"role": "assistant", "content": content}] if content else []
    return [*turns[:-1], *paused, proceed]
