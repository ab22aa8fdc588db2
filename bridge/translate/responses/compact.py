"""Compaction: a summary by Claude that replaces most of a conversation.

https://platform.openai.com/docs/api-reference/responses/compact
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.errors import OutputMismatch
from bridge.wire.encrypted_content import SUMMARY, pack_block, unpack_block
from bridge.wire.responses import CompactRequest, Item, Response, ResponsesRequest

SUMMARY_PROMPT = (
    "Write a summary that lets someone who has not seen this conversation continue it: what was "
    "requested and agreed, what was found and done (with exact names, paths, numbers and "
    "decisions), and what is still open. Reply with the summary only, and do not call any tools."
)
_SUMMARY_HEADING = "Summary of the conversation so far:\n\n"


def build_summary_request(request: CompactRequest) -> ResponsesRequest:
    """Build the request whose answer is the summary; that response is not stored."""
    input = request.input if request.input is not None else []
    items = [_build_user_message(input)] if isinstance(input, str) else list(input)
    named = request.model_dump(exclude_none=True, exclude={"input"})
    # The bridge's own prompt must not count against the limit on the number of items.
    return ResponsesRequest(**{**named, "store": False}).model_copy(
        update={"input": [*items, _build_user_message(SUMMARY_PROMPT)]}
    )


def build_compacted_items(
    items: Sequence[Item], summary: Response, new_id: Callable[[str], str]
) -> list[Item]:
    """Return the user's messages unchanged, then an item with the summary.

    Raises OutputMismatch if the summary is empty or incomplete.
    """
    text = "".join(
        part.get("text", "")
        for item in summary["output"]
        if item["type"] == "message"
        for part in item["content"]
    )
    if summary["status"] != "completed" or not text.strip():
        raise OutputMismatch("Claude did not finish the summary.")
    block = {"type": SUMMARY, "text": text}
    # Claude's own turns and its tool calls are left out: the summary stands for them.
    messages = [_complete_message(item, new_id) for item in items if _is_user_message(item)]
    compaction = {"type": "compaction", "id": new_id("cmp"), "encrypted_content": pack_block(block)}
    return [*messages, compaction]


def restore_summary(item: Item) -> Item | None:
    """Return a compaction item's summary as a message; None if another service made it."""
    block = unpack_block(item.get("encrypted_content"))
    if block is None or block["type"] != SUMMARY:
        return None
    return _build_user_message(_SUMMARY_HEADING + block["text"])


def _is_user_message(item: Item) -> bool:
    return bool(item.get("type", "message") == "message" and item.get("role", "user") == "user")


def _complete_message(item: Item, new_id: Callable[[str], str]) -> Item:
    """Add the fields that an output item must have."""
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    named = {"type": "message", "role": "user", "status": "completed", **item}
    return {**named, "id": item.get("id") or new_id("msg"), "content": content}


def _build_user_message(text: str) -> Item:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }
