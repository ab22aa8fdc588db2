"""A conversation in a few words: how Claude is asked for them, and how they go on.

https://platform.openai.com/docs/api-reference/responses/compact
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.errors import OutputMismatch
from bridge.wire.encrypted_content import SUMMARY, pack_block, unpack_block
from bridge.wire.responses import CompactRequest, Item, Response, ResponsesRequest

SUMMARY_PROMPT = (
    "Write down what somebody needs to go on with this conversation without having seen it: what "
    "was asked for and agreed, what was found out and done (with names, paths, numbers and "
    "decisions as they are), and what is still open. Answer with that text only, and call nothing."
)
_SUMMARY_HEADING = "Summary of the conversation so far:\n\n"


def build_summary_request(wanted: CompactRequest) -> ResponsesRequest:
    """The request whose answer is the summary; it is not kept."""
    given = wanted.input if wanted.input is not None else []
    items = [_build_user_message(given)] if isinstance(given, str) else list(given)
    named = wanted.model_dump(exclude_none=True, exclude={"input"})
    return ResponsesRequest(
        **{**named, "input": [*items, _build_user_message(SUMMARY_PROMPT)], "store": False}
    )


def build_compacted_items(
    items: Sequence[Item], summary: Response, new_id: Callable[[str], str]
) -> list[Item]:
    """The person's messages as they were, then the summary. Raises OutputMismatch if it is cut."""
    words = "".join(
        part.get("text", "")
        for item in summary["output"]
        if item["type"] == "message"
        for part in item["content"]
    )
    if summary["status"] != "completed" or not words.strip():
        raise OutputMismatch("Claude did not write the summary to its end.")
    block = {"type": SUMMARY, "text": words}
    kept = [_complete_message(item, new_id) for item in items if _is_user_message(item)]
    made = {"type": "compaction", "id": new_id("cmp"), "encrypted_content": pack_block(block)}
    return [*kept, made]


def restore_summary(item: Item) -> Item | None:
    """A summary as a message; None for what was not made here."""
    block = unpack_block(item.get("encrypted_content"))
    if block is None or block["type"] != SUMMARY:
        return None
    return _build_user_message(_SUMMARY_HEADING + block["text"])


def _is_user_message(item: Item) -> bool:
    return bool(item.get("type", "message") == "message" and item.get("role", "user") == "user")


def _complete_message(item: Item, new_id: Callable[[str], str]) -> Item:
    """With the fields that an item of output has."""
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    named = {"type": "message", "role": "user", "status": "completed", **item}
    return {**named, "id": item.get("id") or new_id("msg"), "content": content}


def _build_user_message(words: str) -> Item:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": words}],
    }
