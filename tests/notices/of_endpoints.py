"""The notices of `/v1/responses` and `/v1/embeddings`, about models, and through Claude Code."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fake_anthropic.script import Failure, says
from tests.notices.facts import (
    ADD,
    SEARCH,
    SIGNED,
    Known,
    bridge,
    build_image,
    claude,
    items,
    openai,
    platform,
    result,
    sdk,
    talk,
    user,
)

_SESSION = platform("`CLAUDE_CODE_EXTRA_BODY` is JSON merged into the upstream body")
_IMAGES = platform("images over about 500 KB in user turns are re-encoded")
_MCP = {"type": "mcp", "server_label": "wiki", "server_url": "https://mcp.example/sse"}
_CODE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {}}
_RAN = {
    "type": "code_execution_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": {
        "type": "code_execution_result",
        "stdout": "",
        "stderr": "",
        "return_code": 0,
        "content": [],
    },
}
_GONE = Failure(400, message="container: container_1 has expired")
_MARKED = user(cache_control={"type": "ephemeral"})

OF_RESPONSES: Mapping[str, Known] = {
    template: Known(fact=fact, body=body, path="responses")
    for template, fact, body in (
        (
            "max_tool_calls ignored: the bridge does not limit Claude's tools",
            sdk("max_uses: Maximum number of times the tool can be used in the API request."),
            items(max_tool_calls=3),
        ),
        (
            "input: the picture of an image_generation_call was left out",
            platform("`'image' blocks are not permitted within assistant turns`"),
            items({"type": "image_generation_call", "id": "ig_1", "result": "AAAA"}),
        ),
        (
            "input: an item of type {} was ignored",
            bridge("nothing is known about its fields"),
            items({"type": "new_thing"}),
        ),
        (
            "tools: the display size is taken from the screenshots",
            platform("no name, no display size"),
            items(
                tools=[
                    {
                        "type": "computer_use_preview",
                        "display_width": 800,
                        "display_height": 600,
                        "environment": "browser",
                    }
                ]
            ),
        ),
        (
            "tool_choice: {} is not forced; Claude chooses",
            bridge("only functions and custom tools are forced"),
            items(tools=[{"type": "web_search"}], tool_choice={"type": "web_search"}),
        ),
        (
            "tools: {} ignored: Claude gets all tools at once",
            bridge("no tool is left out of the request"),
            items(tools=[{"type": "tool_search"}]),
        ),
        (
            "tools: {} ignored: its environment is a container at OpenAI",
            openai("container_auto: an OpenAI-hosted container"),
            items(tools=[{"type": "shell", "environment": {"type": "container_auto"}}]),
        ),
        (
            "tools: {} ignored: unknown environment",
            openai("environment: container_auto, container_reference or local"),
            items(tools=[{"type": "shell", "environment": {"type": "moon"}}]),
        ),
        (
            "input: an item of type {} was sent as text",
            bridge("Claude's API knows nothing of calls that another service ran"),
            items({"type": "mcp_call", "id": "mcp_1", "name": "n", "output": "seven"}),
        ),
        (
            "tools: mcp.defer_loading ignored: Claude gets all tools at once",
            bridge("no tool is left out of the request"),
            items(tools=[{**_MCP, "require_approval": "never", "defer_loading": True}]),
        ),
        (
            "tools: mcp.server_description ignored: Claude reads the server's own words",
            sdk("RequestMCPServerURLDefinitionParam has no such field"),
            items(tools=[{**_MCP, "require_approval": "never", "server_description": "All."}]),
        ),
        (
            "tools: web_search.search_context_size ignored: Claude chooses it",
            SEARCH,
            items(tools=[{"type": "web_search", "search_context_size": "low"}]),
        ),
        (
            "tools: web_search.external_web_access ignored: Claude has no cached search",
            SEARCH,
            items(tools=[{"type": "web_search", "external_web_access": False}]),
        ),
        (
            "tool_choice ignored: Claude chooses when to use the tools that run at Anthropic",
            bridge("only functions and custom tools are forced"),
            items(tools=[{"type": "web_search"}], tool_choice="required"),
        ),
    )
} | {
    "container: Claude's API did not accept the earlier one; code starts in a new one": Known(
        fact=platform("`code_execution_20260521`"),
        body=items(tools=[{"type": "code_interpreter", "container": "container_1"}]),
        path="responses",
        upstream=(_GONE, says("Yes.")),
    ),
    "messages: a server tool's call has no result; it was sent as text": Known(
        fact=bridge("the API refuses such a history"),
        body=talk(user(), claude(server_blocks=[_CODE]), user()),
    ),
    "messages: a server tool's result belongs to no call; it was sent as text": Known(
        fact=bridge("the API refuses such a history"),
        body=talk(user(), claude(server_blocks=[_RAN]), user()),
    ),
}

OF_MODELS: Mapping[str, Known] = {
    "model: {} in {} is ignored": Known(
        fact=bridge("what a name asks for beside the model is applied where the model has it"),
        model="claude-opus-5:free",
    ),
    "model: {} is used instead of {}": Known(
        fact=bridge("OpenAI's models are not Claude's"), model="gpt-4o"
    ),
    "model: {} is retired; {} is used instead": Known(
        fact=platform("All claude-3*, sonnet-4, opus-4, opus-4-1 are retired"),
        model="claude-3-opus-20240229",
    ),
    "model: {} retires on {}; {} answers from then on": Known(
        fact=platform("sonnet-4-5 on 2026-11-30, opus-4-5 on 2027-01-22"), model="claude-opus-4-5"
    ),
}

THROUGH_CLAUDE_CODE: Mapping[str, Known] = {
    "user ignored: Claude Code sends an id of its own": Known(fact=_SESSION, body={"user": "ada"}),
    "safety_identifier ignored: Claude Code sends an id of its own": Known(
        fact=_SESSION, body={"safety_identifier": "u-17"}
    ),
    "prompt_cache_options ignored: Claude Code sets the cache markers": Known(
        fact=platform("at most 4 markers in a request"),
        body={"prompt_cache_options": {"ttl": "1h"}},
    ),
    "prompt_cache_retention ignored: Claude Code sets the cache markers": Known(
        fact=platform("at most 4 markers in a request"), body={"prompt_cache_retention": "24h"}
    ),
    "cache_control ignored: Claude Code sets the cache markers": Known(
        fact=platform("at most 4 markers in a request"), body=talk(_MARKED)
    ),
    "messages.thinking_blocks ignored: this backend cannot send thinking back to {}": Known(
        fact=platform("about 1 kB of environment (cwd, OS, model) behind it"),
        body=talk(user(), claude("a", thinking_blocks=[SIGNED]), result("a"), tools=[ADD]),
        model="claude-opus-5-5",
    ),
    "anthropic-beta ignored: Claude Code sets its own": Known(
        fact=platform("What the CLI sends"),
        path="messages",
        body={"max_tokens": 99},
        headers={"anthropic-beta": "context-1m-2025-08-07"},
    ),
    "image: encoded again; Claude Code accepts {} in a user turn": Known(
        fact=_IMAGES, body=talk(user([build_image(900, 900, noise=True)]))
    ),
    "image: longer than {}; Claude Code reduces its quality": Known(
        fact=_IMAGES, body=talk(user([build_image(1900, 1900, noise=True, form="JPEG")]))
    ),
}
"""Given by that backend alone."""
