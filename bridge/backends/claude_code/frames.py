"""One stateless turn with Claude Code, as a machine: frames out, frames in, events out.

A frame is a line of JSON on the process's stdin or stdout. The process is told what the request
is made of (settings, system prompt), then the history turn by turn, then the user's last turn; it
relays upstream's stream events one to one. The first stop reason ends the turn: Claude Code would
ask again by itself after some of them (a tool call, `max_tokens`, a refusal), so it is killed then,
before it has seen the `message_stop`, which tells nothing more.

The control frames are those of the TypeScript SDK (`sdk.d.ts`, @anthropic-ai/claude-agent-sdk).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.backends.claude_code.command import MINIMUM_VERSION
from bridge.backends.claude_code.errors import Failures
from bridge.errors import StreamBroken, UpstreamFailed
from bridge.models.rules import ModelRules
from bridge.wire.messages import Block, Message, MessageEvent, MessagesRequest

Frame = dict[str, Any]

CONTINUE = "Continue."
"""Said for the user behind a turn of Claude's: Claude Code only answers a user."""

_SENT_AS_FRAMES = ("model", "messages", "system", "metadata", "cache_control")
_SETTINGS, _INITIALIZE = "settings", "initialize"


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame leads to."""

    send: list[Frame] = field(default_factory=list)
    events: list[MessageEvent] = field(default_factory=list)


class Turn:
    """`start` it, `feed` it every frame until it has `ended`; `finish` at the end of output."""

    def __init__(
        self, request: MessagesRequest, rules: ModelRules, new_id: Callable[[], str]
    ) -> None:
        self._request = request
        self._rules = rules
        self._new_id = new_id
        *self._history, self._last = _ending_with_user(request.messages)
        self._told = 0
        self._state: Literal["telling", "asked", "ended"] = "telling"
        self._failures = Failures()
        self.initialized: Mapping[str, Any] | None = None
        """Claude Code's answer to `initialize`: its models, its version."""

    @property
    def ended(self) -> bool:
        return self._state == "ended"

    def start(self) -> list[Frame]:
        settings = {
            "model": self._request.model,
            "env": {"CLAUDE_CODE_EXTRA_BODY": json.dumps(extra_body(self._request, self._rules))},
        }
        return [
            _control(_SETTINGS, subtype="apply_flag_settings", settings=settings),
            _control(_INITIALIZE, subtype="initialize", systemPrompt=_system(self._request)),
            *self._next_frames(),
        ]

    def feed(self, frame: Frame) -> Step:
        """Raises a BridgeError when Claude Code reports a failure, whatever it sends afterwards."""
        match frame.get("type"):
            case "control_response":
                self._answered(frame["response"])
            case "stream_event" if frame.get("parent_tool_use_id") is None:
                return Step(events=self._relayed(frame["event"]))
            case "result" if self._state == "telling":
                return Step(send=self._next_frames())
            case "result":
                self._failures.result(frame)
                raise StreamBroken("Claude Code ended its turn without an answer.")
            case "assistant":
                self._failures.assistant(frame)
            case "rate_limit_event":
                self._failures.limits(frame["rate_limit_info"])
            case "system" if frame.get("subtype") == "api_retry":
                self._failures.retry(frame)
            case _:
                pass
        return Step()

    def finish(self) -> None:
        """The process's output has ended. Raises StreamBroken when the turn had not."""
        if not self.ended:
            raise StreamBroken("The Claude Code process ended before its answer did.")

    def _answered(self, response: Mapping[str, Any]) -> None:
        if response.get("subtype") == "error" and response.get("request_id") != "warm":
            self._failures.control(response)
        if response.get("request_id") == _INITIALIZE:
            self.initialized = response.get("response") or {}
            check_version(str(self.initialized.get("claude_code_version", "")))

    def _relayed(self, event: MessageEvent) -> list[MessageEvent]:
        if self.ended:
            return []
        if event["type"] != "message_delta" or event["delta"]["stop_reason"] is None:
            return [event]
        self._state = "ended"
        return [event, {"type": "message_stop"}]

    def _next_frames(self) -> list[Frame]:
        """History up to the next user turn, whose `result` must come first; or the last turn."""
        frames: list[Frame] = []
        while self._told < len(self._history):
            message = self._history[self._told]
            self._told += 1
            if message["role"] == "user":
                return [*frames, {**self._user(message), "shouldQuery": False}]
            frames.append(self._assistant(message))
        self._state = "asked"
        return [*frames, self._user(self._last)]

    def _user(self, message: Message) -> Frame:
        return {
            "type": "user",
            "message": {"role": "user", "content": _unmarked(message["content"])},
            "parent_tool_use_id": None,
            "session_id": "default",
            "uuid": self._new_id(),
            # As written: a path in it is no file to read, a slash no command.
            "client_composed": True,
        }

    def _assistant(self, message: Message) -> Frame:
        said = {
            "id": f"msg_{self._new_id()}",
            "type": "message",
            "role": "assistant",
            # Thinking is only taken back under the model's own name.
            "model": self._request.model,
            "content": _unmarked(message["content"]),
        }
        return {
            "type": "assistant",
            "message": said,
            "parent_tool_use_id": None,
            "session_id": "default",
            "uuid": self._new_id(),
        }


def check_version(version: str) -> None:
    """Raises UpstreamFailed for a Claude Code that is known to be too old."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is not None and tuple(map(int, numbers.groups())) < MINIMUM_VERSION:
        needed = ".".join(map(str, MINIMUM_VERSION))
        raise UpstreamFailed(f"Claude Code {version} is too old; {needed} or newer is needed.")


def warming_frames() -> list[Frame]:
    """What a spare is told at its start, so that the first settings that count are taken faster."""
    settings = {"env": {"CLAUDE_CODE_EXTRA_BODY": "{}"}}
    return [_control("warm", subtype="apply_flag_settings", settings=settings)]


def list_models_frames() -> list[Frame]:
    """What to send for an answer to `initialize` alone."""
    return [_control(_INITIALIZE, subtype="initialize")]


def is_initialized(frame: Frame) -> bool:
    """Whether it is Claude Code's answer to `initialize`."""
    answer = frame.get("response") if frame.get("type") == "control_response" else None
    return answer is not None and answer.get("request_id") == _INITIALIZE


def extra_body(request: MessagesRequest, rules: ModelRules) -> dict[str, Any]:
    """What Claude Code merges into the body it sends: all but the conversation itself.

    What it would choose by itself is said, so that both roads to Claude do the same: thinking
    and effort.
    """
    body = {k: v for k, v in request.body().items() if k not in _SENT_AS_FRAMES}
    if "tools" in body:
        body["tools"] = _unmarked(body["tools"])
    if request.thinking is None and rules.thinking in ("on_request", "budget"):
        body["thinking"] = {"type": "disabled"}
    if rules.efforts:
        body["output_config"] = {"effort": rules.default_effort, **(request.output_config or {})}
    return body


def _control(id: str, **request: Any) -> Frame:
    return {"type": "control_request", "request_id": id, "request": request}


def _system(request: MessagesRequest) -> list[str]:
    return [block["text"] for block in request.system or ()]


def _unmarked(blocks: Sequence[Block]) -> list[Block]:
    """Without cache markers: Claude Code sets its own, and there can be only four."""
    return [{k: v for k, v in block.items() if k != "cache_control"} for block in blocks]


def _ending_with_user(messages: Sequence[Message]) -> list[Message]:
    """A paused turn of Claude's is gone on from at the user's word; an open search is left out."""
    turns = list(messages)
    if turns[-1]["role"] != "assistant":
        return turns
    answered = {block.get("tool_use_id") for block in turns[-1]["content"]}
    said = [
        block
        for block in turns[-1]["content"]
        if block["type"] != "server_tool_use" or block["id"] in answered
    ]
    ask: Message = {"role": "user", "content": [{"type": "text", "text": CONTINUE}]}
    paused: list[Message] = [{"role": "assistant", "content": said}] if said else []
    return [*turns[:-1], *paused, ask]
