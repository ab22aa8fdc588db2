"""Count the tokens of a prompt with `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.headers import pick_headers
from bridge.backends.base import CountedPrompt
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic.resources.messages import AsyncMessages


async def count_prompt(
    messages: AsyncMessages, request: MessagesRequest, model: str
) -> CountedPrompt:
    """Count with the SDK; `model` is upstream's own name. Raises BridgeError."""
    # Imported on use: it loads the SDK, which takes a second.
    from bridge.backends.anthropic_api import errors
    from bridge.backends.anthropic_api.responses import read_token_count

    body = {name: value for name, value in request.body().items() if name != "max_tokens"}
    with errors.translate_errors():
        # Raw, because the SDK builds objects of whatever has come, and they fail later.
        answer = await messages.with_raw_response.count_tokens(
            model=model,
            messages=[],
            extra_body={**body, "model": model},
            extra_headers=request.headers,
        )
    response = answer.http_response
    status, headers = response.status_code, response.headers
    tokens = read_token_count(status, headers, response.content)
    return CountedPrompt(tokens, pick_headers(headers))
