"""Translate OpenAI's web search to Anthropic's server tool, and its citations back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.translate.notices import Notices
from bridge.wire.chat import ChatRequest, OtherTool, WebSearchOptions
from bridge.wire.completion import Annotation
from bridge.wire.messages import Block

NAME = "web_search"
_TYPE = "web_search_20260318"
# Claude searches itself. By default, this version searches from code, which not every model can
# write, and whose results are encrypted instead of cited.
_CALLERS = {"allowed_callers": ["direct"]}
_LOCATION_FIELDS = ("city", "region", "country", "timezone")


def is_web_search(tool: OtherTool) -> bool:
    """Return whether a tool is the Responses API's web search, under any of its dated names."""
    return tool.type.startswith("web_search")


def build_web_search_block(
    chat: ChatRequest, tool: OtherTool | None, notices: Notices
) -> Block | None:
    """Build the server tool, or return None if the client did not request web search.

    `tool`: the client's `web_search` tool; a chat has `web_search_options` instead.
    """
    if tool is None and chat.web_search_options is None:
        return None
    options = chat.web_search_options or WebSearchOptions()
    more = (tool.model_extra if tool is not None else None) or {}
    block: Block = {"type": _TYPE, "name": NAME, **_CALLERS}
    if domains := _read_domains(more.get("filters")):
        block["allowed_domains"] = domains
    if location := _build_location(options) or _read_location(more.get("user_location")):
        block["user_location"] = location
    if options.search_context_size is not None:
        notices.add("web_search_options.search_context_size ignored: Claude chooses it")
    if more.get("search_context_size"):
        notices.add("tools: web_search.search_context_size ignored: Claude chooses it")
    if more.get("external_web_access") is False:
        notices.add("tools: web_search.external_web_access ignored: Claude has no cached search")
    return block


def _build_location(options: WebSearchOptions) -> dict[str, Any] | None:
    if options.user_location is None:
        return None
    return {
        "type": "approximate",
        **options.user_location.approximate.model_dump(exclude_none=True, exclude_defaults=True),
    }


def _read_location(location: Any) -> dict[str, Any] | None:
    """Read the location of a `web_search` tool, whose fields are not nested."""
    if not isinstance(location, Mapping):
        return None
    named = {name: location[name] for name in _LOCATION_FIELDS if location.get(name)}
    return {"type": "approximate", **named} if named else None


def _read_domains(filters: Any) -> list[str]:
    domains = filters.get("allowed_domains") if isinstance(filters, Mapping) else None
    return [str(domain) for domain in domains] if isinstance(domains, list) else []


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
