"""A conversation in a few words: how Claude is asked for them, and how they go on.

https://platform.openai.com/docs/api-reference/responses/compact
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.errors import PromiseNotKept
from bridge.wire.responses import CompactRequest, Item, Response, ResponsesRequest
from bridge.wire.sealed import SUMMARY, sealed, unsealed

ASK = (
    "Write down what somebody needs to go on with this conversation without having seen it: what "
    "was asked for and agreed, what was found out and done (with names, paths, numbers and "
    "decisions as they are), and what is still open. Answer with that text only, and call nothing."
)
_AGAIN = "Summary of the conversation so far:\n\n"


def asking(wanted: CompactRequest) -> ResponsesRequest:
    """The request whose answer is the summary; it is not kept."""
    given = wanted.input if wanted.input is not None else []
    items = [_said(given)] if isinstance(given, str) else list(given)
    named = wanted.model_dump(exclude_none=True, exclude={"input"})
    return ResponsesRequest(**{**named, "input": [*items, _said(ASK)], "store": False})


def compacted(items: Sequence[Item], summary: Response, new_id: Callable[[str], str]) -> list[Item]:
    """The person's messages as they were, then the summary. Raises PromiseNotKept if it is cut."""
    words = "".join(
        part.get("text", "")
        for item in summary["output"]
        if item["type"] == "message"
        for part in item["content"]
    )
    if summary["status"] != "completed" or not words.strip():
        raise PromiseNotKept("Claude did not write the summary to its end.")
    block = {"type": SUMMARY, "text": words}
    kept = [_whole(item, new_id) for item in items if _is_persons(item)]
    made = {"type": "compaction", "id": new_id("cmp"), "encrypted_content": sealed(block)}
    return [*kept, made]


def summary_message(item: Item) -> Item | None:
    """A summary as a message; None for what was not made here."""
    block = unsealed(item.get("encrypted_content"))
    if block is None or block["type"] != SUMMARY:
        return None
    return _said(_AGAIN + block["text"])


def _is_persons(item: Item) -> bool:
    return bool(item.get("type", "message") == "message" and item.get("role", "user") == "user")


def _whole(item: Item, new_id: Callable[[str], str]) -> Item:
    """With the fields that an item of output has."""
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "input_text", "text": content}]
    named = {"type": "message", "role": "user", "status": "completed", **item}
    return {**named, "id": item.get("id") or new_id("msg"), "content": content}


def _said(words: str) -> Item:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": words}],
    }
