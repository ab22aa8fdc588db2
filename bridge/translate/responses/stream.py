"""Convert Anthropic's stream events to those of the Responses API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from bridge.errors import BridgeError, RateLimited, StreamBroken
from bridge.translate.answer_format import AnswerFormat
from bridge.translate.chat.computer_toolset import TOOLSET_NAME
from bridge.translate.responses.action_buffer import ActionBuffer
from bridge.translate.responses.client_calls import ID_PREFIXES, ClientCallBuffer
from bridge.translate.responses.computer import PREVIEW, Place
from bridge.translate.responses.hosted_calls import (
    CodeCall,
    HostedCall,
    McpCall,
    McpListing,
    is_hosted_call,
)
from bridge.translate.responses.items import (
    CallItem,
    Emit,
    Event,
    MessageItem,
    OpenItem,
    ReasoningItem,
    RefusalItem,
    SearchItem,
)
from bridge.translate.responses.tool_list import ToolList
from bridge.translate.stream.chat_chunks import SERVICE_TIERS
from bridge.translate.stream.message_end import MessageEnd
from bridge.translate.stream.usage import to_completion_usage
from bridge.wire.messages import (
    Block,
    ContentBlockStart,
    MessageEvent,
    StopReason,
    Usage,
)
from bridge.wire.response_items.server_calls import is_server_result
from bridge.wire.responses import IncompleteDetails, Item, Response, ResponseUsage

# How one answer goes through `ResponsesStream`:
#
#   input                    output
#   message_start            response.created, response.in_progress
#   content_block_start      the events of an item's start, after those of the last item's end
#   content_block_delta      the open item's delta
#   content_block_stop       the events of the item's end, except for text (see below)
#   message_delta            nothing: stop reason and usage are stored
#   message_stop             the last item's end, then response.completed or response.incomplete
#   finish()                 nothing, or StreamBroken if message_stop is missing
#   fail(error)              response.failed, instead of the rest
#
# States: at most one item is open (`_open`), and `_block` is the type of the current content
# block. All text between two other items is one message, so a message stays open until another
# item starts. Computer actions open no item: `_actions` collects them, and they become one item
# as soon as the client has to perform them. A call of another built-in tool of the client is
# collected by `_calls` until its end. A call that runs at Anthropic is complete with its result,
# which is another block: until then the item waits in `_waiting`, at its place in the output, and
# others may open behind it. `_response` is replaced, never changed in place.

_INCOMPLETE: Mapping[StopReason, IncompleteDetails] = {
    "max_tokens": {"reason": "max_output_tokens"},
    "model_context_window_exceeded": {"reason": "max_output_tokens"},
    "refusal": {"reason": "content_filter"},
}
_ITEM_BLOCKS = (
    "mcp_tool_listing",
    "redacted_thinking",
    "server_tool_use",
    "thinking",
    "tool_use",
)
"""Content blocks that are items of their own, and end with them."""
_COMPLETE: tuple[StopReason, ...] = ("end_turn", "stop_sequence", "tool_use", "pause_turn")


class ResponsesStream:
    """The conversion of one answer: feed it every event, then call `finish`.

    Pure: ids and the time (`clock`, Unix seconds) come from arguments.
    """

    def __init__(
        self,
        base: Response,
        *,
        answer_format: AnswerFormat,
        tools: ToolList,
        new_id: Callable[[str], str],
        clock: Callable[[], int],
        pointer: Place | None = None,
        earlier_calls: Sequence[Block] = (),
        container: str = "",
    ) -> None:
        """Take the response before the first event, and the names its answer needs.

        `tools`: what converts the chat's names for tools back.
        `new_id`: makes an id for a prefix such as `msg`. `pointer`: its position on the screen.
        `earlier_calls`: calls of server tools whose results come with this answer.
        `container`: the id of the container in which code runs, if it is known.
        """
        self._response = base
        self._format = answer_format
        self._tools = tools
        self._new_id = new_id
        self._clock = clock
        self._number = 0
        self._end = MessageEnd()
        self._actions = ActionBuffer(
            pointer, one_by_one=any(tool.get("type") == PREVIEW for tool in base["tools"])
        )
        self._calls = ClientCallBuffer()
        self._earlier_calls = {block["id"]: block for block in earlier_calls}
        self._container = container
        # By the ids of Claude's calls: the items that wait for a result, each with its position.
        self._waiting: dict[str, tuple[int, HostedCall]] = {}
        self._open: OpenItem | None = None
        self._emit: Emit = self._build_event
        """Builds the events of the open item."""
        self._block = ""

    @property
    def response(self) -> Response:
        """The response so far; complete once `finish` has returned."""
        return self._response

    @property
    def usage(self) -> Usage:
        """Claude's latest token counts; empty before the first event."""
        return self._end.usage

    @property
    def stop_reason(self) -> StopReason | None:
        return self._end.stop_reason

    def feed(self, event: MessageEvent) -> list[Event]:
        """Return the events for one of Claude's: usually one, more where an item ends."""
        match event["type"]:
            case "content_block_delta":
                return self._feed_delta(event["delta"])
            case "message_start":
                self._end.feed(event)
                return [
                    self._emit_response("response.created"),
                    self._emit_response("response.in_progress"),
                ]
            case "content_block_start":
                return self._start_block(event)
            case "content_block_stop":
                return self._end_block()
            case "message_delta":
                self._end.feed(event)
                self._name_container(self._end.container)
                return []
            case "message_stop":
                self._end.feed(event)
                return self._end_response()
            case _:
                return []

    def _name_container(self, id: str | None) -> None:
        """Put the container's id into calls that ended before Claude's API named it."""
        if id is None or id == self._container:
            return
        self._container = id
        for index, item in enumerate(self._response["output"]):
            if item["type"] == "code_interpreter_call":
                self._put_output(index, {**item, "container_id": id})

    def finish(self) -> None:
        """End the input. Raises StreamBroken if `message_stop` is missing."""
        self._end.finish()

    def fail(self, error: BridgeError) -> Event:
        """Mark the response as failed and return its last event."""
        code = "rate_limit_exceeded" if isinstance(error, RateLimited) else "server_error"
        failure: Any = {"code": code, "message": error.message}
        self._response = {
            **self._response,
            "status": "failed",
            "error": failure,
            "usage": self._build_usage(),
        }
        return self._emit_response("response.failed")

    def _start_block(self, event: ContentBlockStart) -> list[Event]:
        block = event["content_block"]
        self._block = block["type"]
        match self._block:
            case "text":
                return self._start_text(block)
            case "thinking" | "redacted_thinking":
                return self._open_item(ReasoningItem(self._new_id("rs"), block))
            case "tool_use" if block.get("toolset_name") == TOOLSET_NAME:
                return self._start_computer_call(block)
            case "tool_use":
                return self._start_call(block)
            case "mcp_tool_listing":
                return self._open_item(McpListing(self._new_id("mcpl"), block))
            case "server_tool_use" | "mcp_tool_use" if is_hosted_call(block):
                return self._open_item(self._make_hosted_call(block))
            case _ if is_server_result(block):
                return self._complete_hosted_call(block)
            case "server_tool_use" if block.get("name") == "web_search":
                return self._open_item(SearchItem(self._new_id("ws"), block))
            case _:
                return []

    def _start_text(self, block: Block) -> list[Event]:
        """Start a text block; the message itself starts with its first text."""
        if isinstance(self._open, MessageItem):
            self._open.start_block(block)
        return self._feed_delta({"type": "text_delta", "text": block.get("text")})

    def _start_computer_call(self, block: Block) -> list[Event]:
        """Start to collect an action; its events follow when the computer call is complete."""
        events = self._close_item("completed") if self._open is not None else []
        self._actions.begin(block)
        return events

    def _emit_computer_call(self) -> list[Event]:
        item = self._actions.take_item(self._new_id)
        return [*self._open_item(item), *self._close_item("completed")] if item else []

    def _start_call(self, block: Block) -> list[Event]:
        """Start a call; that of a built-in tool is collected, and its item follows at its end."""
        name = self._format.name_of(block)
        kind = self._tools.client_tools.get(name)
        if kind is not None:
            self._calls.begin(kind, block)
            return self._close_item("completed")
        custom = block["name"] in self._format.custom
        namespace, own = self._tools.namespaces.get(name, (None, name))
        id = self._new_id("ctc" if custom else "fc")
        return self._open_item(CallItem(id, block, own, namespace, custom=custom))

    def _emit_client_call(self) -> list[Event]:
        item = self._calls.end(self._new_id(ID_PREFIXES[self._calls.kind]))
        return [*self._open_item(item), *self._close_item("completed")] if item else []

    def _make_hosted_call(self, block: Block, *, is_replayed: bool = False) -> HostedCall:
        if block["type"] == "mcp_tool_use":
            return McpCall(self._new_id("mcp"), block, is_replayed=is_replayed)
        return CodeCall(self._new_id("ci"), block, lambda: self._container, is_replayed=is_replayed)

    def _park_hosted_call(self, item: HostedCall) -> list[Event]:
        """End a call; the item waits for its result at its place in the output."""
        events = item.stop(self._emit)
        self._waiting[item.call_id] = (self._index, item)
        self._open = None
        self._put_output(self._index, item.as_item("in_progress"))
        return events

    def _complete_hosted_call(self, block: Block) -> list[Event]:
        """Emit the rest of a call when its result has come, perhaps one of an earlier answer."""
        id, events = str(block.get("tool_use_id")), []
        earlier = self._earlier_calls.pop(id, None)
        if earlier is not None:
            item = self._make_hosted_call(earlier, is_replayed=True)
            events = [*self._open_item(item), *self._park_hosted_call(item)]
        if id not in self._waiting:
            return events
        index, call = self._waiting.pop(id)
        call.add_result(block)
        return [
            *events,
            *call.complete(self._bind_emit(call, index)),
            self._finish_hosted_call(index, call, "completed"),
        ]

    def _finish_hosted_call(self, index: int, call: HostedCall, status: str) -> Event:
        item = call.as_item(status)
        self._put_output(index, item)
        return self._build_event("response.output_item.done", output_index=index, item=item)

    def _put_output(self, index: int, item: Item) -> None:
        """Set an item of the output, or add it behind the last one."""
        output = self._response["output"]
        self._response = {
            **self._response,
            "output": [*output[:index], item, *output[index + 1 :]],
        }

    def _feed_delta(self, delta: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        if self._block == "text" and not isinstance(self._open, MessageItem):
            if delta["type"] != "text_delta" or not delta["text"]:
                return []
            events = self._open_item(MessageItem(self._new_id("msg")))
        if self._actions.in_call:
            self._actions.feed(delta)
        if self._calls.in_call:
            self._calls.feed(delta)
        if self._open is None:
            return events
        added = self._open.feed(delta, self._emit)
        return [*events, *added] if events else added

    def _end_block(self) -> list[Event]:
        block, self._block = self._block, ""
        if isinstance(self._open, MessageItem):
            if block != "text":
                return []
            return self._open.end_block(self._emit)
        if self._calls.in_call:
            return self._emit_client_call()
        if self._actions.in_call:
            self._actions.end()
            return self._emit_computer_call() if self._actions.needs_screenshot else []
        if isinstance(self._open, CodeCall | McpCall):
            return self._park_hosted_call(self._open)
        is_item = block in _ITEM_BLOCKS
        return self._close_item("completed") if is_item else []

    def _open_item(self, item: OpenItem) -> list[Event]:
        events = self._close_item("completed")
        self._open, self._emit = item, self._bind_emit(item)
        added = self._build_event(
            "response.output_item.added", output_index=self._index, item=item.as_item("in_progress")
        )
        return [*events, added, *item.start(self._emit)]

    def _close_item(self, status: str) -> list[Event]:
        if self._open is None:
            return self._emit_computer_call()
        stopped = self._open.stop(self._emit)
        item = self._open.as_item(status)
        done = self._build_event("response.output_item.done", output_index=self._index, item=item)
        self._put_output(self._index, item)
        self._open = None
        return [*stopped, done]

    @property
    def _index(self) -> int:
        """The open item's position: all earlier items are in the output already."""
        return len(self._response["output"])

    def _bind_emit(self, item: OpenItem, index: int | None = None) -> Emit:
        """Return a function that builds events of an item; `index` is needed if it is not open."""
        position = {"item_id": item.id, "output_index": self._index if index is None else index}

        def emit(type: str, **fields: Any) -> Event:
            return self._build_event(type, **position, **fields)

        return emit

    def _end_response(self) -> list[Event]:
        reason = self._end.stop_reason
        if reason is None or (reason not in _COMPLETE and reason not in _INCOMPLETE):
            raise StreamBroken(f"Claude's answer ended for an unknown reason: {reason}.")
        details = _INCOMPLETE.get(reason)
        if details is None:
            self._actions.check_complete()
            self._calls.check_complete()
        status = "incomplete" if details else "completed"
        events = self._close_item(status)
        events += [
            self._finish_hosted_call(index, call, "incomplete")
            for index, call in self._waiting.values()
        ]
        # The API has no stop reason for a refusal; it is sent as a separate item.
        if self._end.refusal:
            events += self._open_item(RefusalItem(self._new_id("msg"), self._end.refusal))
            events += self._close_item("completed")
        tier = SERVICE_TIERS.get(self._end.usage.get("service_tier") or "", "default")
        final: dict[str, Any] = {
            "status": status,
            "incomplete_details": details,
            "completed_at": None if details else self._clock(),
            "service_tier": tier,
            "usage": self._build_usage(),
        }
        self._response = cast(Response, {**self._response, **final})
        return [*events, self._emit_response(f"response.{status}")]

    def _build_usage(self) -> ResponseUsage:
        usage = to_completion_usage(self._end.usage)
        details = usage["prompt_tokens_details"]
        return {
            "input_tokens": usage["prompt_tokens"],
            "input_tokens_details": {
                "cached_tokens": details["cached_tokens"],
                "cache_write_tokens": details["cache_write_tokens"],
            },
            "output_tokens": usage["completion_tokens"],
            "output_tokens_details": {
                "reasoning_tokens": usage["completion_tokens_details"]["reasoning_tokens"]
            },
            "total_tokens": usage["total_tokens"],
        }

    def _emit_response(self, type: str) -> Event:
        return self._build_event(type, response=cast(Item, self._response))

    def _build_event(self, type: str, **fields: Any) -> Event:
        event = {"type": type, "sequence_number": self._number, **fields}
        self._number += 1
        return event
