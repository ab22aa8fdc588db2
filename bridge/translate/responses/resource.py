"""Build the response object of a request, before the first event."""

from __future__ import annotations

from typing import Any

from bridge.wire.responses import Response, ResponsesRequest


def build_response(request: ResponsesRequest, *, id: str, created_at: int, model: str) -> Response:
    """Build the response with all fields; those not requested have OpenAI's defaults."""
    text = request.text.model_dump(exclude_none=True) if request.text else {}
    reasoning = request.reasoning
    return {
        "id": id,
        "object": "response",
        "created_at": created_at,
        "completed_at": None,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "usage": None,
        "previous_response_id": request.previous_response_id,
        "instructions": request.instructions,
        "tools": [_complete_tool(tool) for tool in request.tools or []],
        "tool_choice": request.tool_choice or "auto",
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": request.max_tool_calls,
        "temperature": request.temperature if request.temperature is not None else 1.0,
        "top_p": request.top_p if request.top_p is not None else 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "text": {"format": {"type": "text"}, "verbosity": "medium", **text},
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "truncation": request.truncation or "disabled",
        "store": request.store is True,
        "background": request.background is True,
        "service_tier": "default",
        "metadata": request.metadata or {},
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "prompt_cache_key": request.prompt_cache_key,
    }


def _complete_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """Add the optional fields of a function, as OpenAI does."""
    if tool.get("type") != "function":
        return tool
    return {"description": None, "parameters": None, "strict": None, **tool}
