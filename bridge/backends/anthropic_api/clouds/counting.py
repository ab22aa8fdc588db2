"""Count the tokens of a prompt with a cloud's client of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.headers import pick_headers
from bridge.backends.anthropic_api.responses import read_token_count
from bridge.backends.anthropic_api.transport import build_count_body
from bridge.backends.base import CountedPrompt
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic.resources.messages import AsyncMessages


async def count_prompt(
    messages: AsyncMessages, request: MessagesRequest, model: str
) -> CountedPrompt:
    """Count with the SDK; `model` is upstream's own name. Raises BridgeError."""
    # Imported on use: it loads the SDK, which takes a second.
    from bridge.backends.anthropic_api.sdk_errors import translate_errors

    with translate_errors():
        # Raw, because the SDK builds objects of whatever has come, and they fail later.
        answer = await messages.with_raw_response.count_tokens(
            model=model,
            messages=[],
            extra_body={**build_count_body(request), "model": model},
            extra_headers=request.headers,
        )
    response = answer.http_response
    status, headers = response.status_code, response.headers
    tokens = read_token_count(status, headers, response.content)
    return CountedPrompt(tokens, pick_headers(headers))
