"""Web search by Anthropic's own server tool, asked for the way OpenAI's clients do."""

from __future__ import annotations

from typing import Any

from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest, OtherTool, WebSearchOptions
from bridge.wire.completion import Annotation
from bridge.wire.messages import Block

NAME = "web_search"
# The plain one: the later versions also run code to filter what they found.
_TYPE = "web_search_20250305"


def is_web_search(tool: OtherTool) -> bool:
    """The Responses API's tool, by any of its dated names."""
    return tool.type.startswith("web_search")


def has_web_search(chat: ChatRequest) -> bool:
    """By `web_search_options`, or by a `web_search` tool of the Responses API."""
    if chat.web_search_options is not None or not chat.tools:
        return chat.web_search_options is not None
    return any(isinstance(tool, OtherTool) and is_web_search(tool) for tool in chat.tools)


def build_web_search_block(chat: ChatRequest, notices: Notices) -> Block | None:
    """The server tool, when it is wanted."""
    if not has_web_search(chat):
        return None
    options = chat.web_search_options or WebSearchOptions()
    if options.search_context_size is not None:
        notices.add("web_search_options.search_context_size: set aside; Claude chooses")
    block: Block = {"type": _TYPE, "name": NAME}
    place = _build_location(options)
    return {**block, "user_location": place} if place else block


def _build_location(options: WebSearchOptions) -> dict[str, Any] | None:
    if options.user_location is None:
        return None
    return {
        "type": "approximate",
        **options.user_location.approximate.model_dump(exclude_none=True, exclude_defaults=True),
    }


def build_annotation(citation: Any, start: int, end: int) -> Annotation | None:
    """OpenAI's `url_citation` of one of Claude's, for the characters `start` to `end`."""
    url = citation.get("url") if isinstance(citation, dict) else None
    if not url:
        return None
    title = citation.get("title") or url
    return {
        "type": "url_citation",
        "url_citation": {"start_index": start, "end_index": end, "title": title, "url": url},
    }
