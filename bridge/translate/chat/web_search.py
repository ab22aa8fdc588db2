"""Translate OpenAI's web search to Anthropic's server tool, and its citations back."""

from __future__ import annotations

from typing import Any

from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest, OtherTool, WebSearchOptions
from bridge.wire.completion import Annotation
from bridge.wire.messages import Block

NAME = "web_search"
# Later versions also run code to filter the results.
_TYPE = "web_search_20250305"


def is_web_search(tool: OtherTool) -> bool:
    """Return whether a tool is the Responses API's web search, under any of its dated names."""
    return tool.type.startswith("web_search")


def has_web_search(chat: ChatRequest) -> bool:
    """Return whether the chat has `web_search_options` or a `web_search` tool."""
    if chat.web_search_options is not None or not chat.tools:
        return chat.web_search_options is not None
    return any(isinstance(tool, OtherTool) and is_web_search(tool) for tool in chat.tools)


def build_web_search_block(chat: ChatRequest, notices: Notices) -> Block | None:
    """Build the server tool, or return None if the client did not request web search."""
    if not has_web_search(chat):
        return None
    options = chat.web_search_options or WebSearchOptions()
    if options.search_context_size is not None:
        notices.add("web_search_options.search_context_size ignored: Claude chooses it")
    block: Block = {"type": _TYPE, "name": NAME}
    location = _build_location(options)
    return {**block, "user_location": location} if location else block


def _build_location(options: WebSearchOptions) -> dict[str, Any] | None:
    if options.user_location is None:
        return None
    return {
        "type": "approximate",
        **options.user_location.approximate.model_dump(exclude_none=True, exclude_defaults=True),
    }


def build_annotation(citation: Any, start: int, end: int) -> Annotation | None:
    """Convert a citation to OpenAI's `url_citation` of the characters from `start` to `end`."""
    url = citation.get("url") if isinstance(citation, dict) else None
    if not url or not isinstance(url, str):
        return None
    title = citation.get("title")
    title = title if title and isinstance(title, str) else url
    return {
        "type": "url_citation",
        "url_citation": {"start_index": start, "end_index": end, "title": title, "url": url},
    }
