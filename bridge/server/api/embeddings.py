"""`POST /v1/embeddings`: vectors of texts, from the service in the setting `embeddings`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from bridge.embeddings.base import EmbeddingResult
from bridge.errors import NotSupported
from bridge.server.http.dialect import OPENAI
from bridge.server.http.endpoint import Answer, Endpoint
from bridge.server.http.notice_header import build_notice_headers
from bridge.server.http.request_body import read_body
from bridge.server.request_record import get_record
from bridge.server.state import BRIDGE
from bridge.settings import BUILTIN_EMBEDDING_MODEL
from bridge.wire.embeddings import CreateEmbeddingResponse, EmbeddingsRequest


async def create_embedding(request: web.Request) -> web.Response:
    """Embed texts with a small local model or another service: Claude has no embeddings."""
    bridge = request.app[BRIDGE]
    body = await read_body(request, EmbeddingsRequest)
    if bridge.embedder is None:
        raise NotSupported("Embeddings are turned off (setting embeddings).")
    with bridge.track_answer():
        embedded = await bridge.embedder.embed(
            body.inputs, model=body.model, dimensions=body.dimensions
        )
        # Imported here because it needs numpy, which the embedder has loaded in a thread by now.
        from bridge.embeddings.response import encode_response

        answer = await asyncio.to_thread(encode_response, embedded, body.encoding_format or "float")
    record = get_record(request)
    record.prompt_tokens = embedded.prompt_tokens
    headers = build_notice_headers(record.id, list(_list_notices(body, embedded)))
    return web.Response(body=answer, content_type="application/json", headers=headers)


def _list_notices(body: EmbeddingsRequest, embedded: EmbeddingResult) -> Iterator[str]:
    if embedded.answered_by != body.model:
        yield f"model: {embedded.answered_by} is used instead of {body.model}"
    for name, value in body.unknown.items():
        if value is not None:
            yield f"{name} ignored: unknown parameter"


_REQUEST_EXAMPLE: dict[str, Any] = {
    "model": "text-embedding-3-small",
    "input": ["The sky is blue."],
    "dimensions": 3,
}

_EMBEDDING_EXAMPLE: dict[str, Any] = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.36, 0.48, 0.8]}],
    "model": BUILTIN_EMBEDDING_MODEL,
    "usage": {"prompt_tokens": 6, "total_tokens": 6},
}

ROUTES = (
    Endpoint(
        "POST",
        "/v1/embeddings",
        create_embedding,
        "OpenAI",
        "Create embeddings (not made by Claude)",
        Answer(
            "The vectors, in the order of the inputs.",
            CreateEmbeddingResponse,
            _EMBEDDING_EXAMPLE,
            headers=("x-bridge-notice",),
        ),
        access="key",
        dialect=OPENAI,
        body=EmbeddingsRequest,
        example=_REQUEST_EXAMPLE,
        is_recorded=True,
        failures=(401, 404, 429, 501, 502, 504),
    ),
)
