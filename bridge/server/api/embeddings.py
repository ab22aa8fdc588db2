"""`POST /v1/embeddings`: texts as vectors, by whoever the setting `embeddings` names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web

from bridge.embeddings.base import Embedded
from bridge.errors import NotSupported
from bridge.server.http.notice_header import notice_headers
from bridge.server.http.request_body import read_body
from bridge.server.request_record import access_of
from bridge.server.state import BRIDGE
from bridge.wire.embeddings import EmbeddingsRequest


async def embeddings(request: web.Request) -> web.Response:
    """Claude has no embeddings: a small model on this machine answers, or another service."""
    bridge = request.app[BRIDGE]
    asked = await read_body(request, EmbeddingsRequest)
    if bridge.embedder is None:
        raise NotSupported("This bridge makes no embeddings (setting embeddings).")
    with bridge.answering():
        made = await bridge.embedder.embed(
            asked.inputs, model=asked.model, dimensions=asked.dimensions
        )
        from bridge.embeddings.answer import answer_body  # numpy is loaded by now

        body = await asyncio.to_thread(
            answer_body, made, asked.model, asked.encoding_format or "float"
        )
    access = access_of(request)
    access.prompt_tokens = made.prompt_tokens
    headers = notice_headers(access.id, list(_notices(asked, made)))
    return web.Response(body=body, content_type="application/json", headers=headers)


def _notices(asked: EmbeddingsRequest, made: Embedded) -> Iterator[str]:
    if made.answered_by != asked.model:
        yield f"model: {made.answered_by} answers for {asked.model}"
    for name, value in asked.unknown.items():
        if value is not None:
            yield f"{name}: set aside; not a parameter known here"
