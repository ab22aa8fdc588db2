"""Calls of a backend, without a bridge around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from bridge.backends.anthropic_api.clouds.backend import CloudBackend
from bridge.backends.anthropic_api.clouds.kinds import KINDS
from bridge.clouds.table import CloudTable
from bridge.wire.messages import MessagesRequest

HI = MessagesRequest(
    model="claude-opus-5-5",
    max_tokens=100,
    messages=({"role": "user", "content": [{"type": "text", "text": "Hi"}]},),
)


@asynccontextmanager
async def open_backend(
    clouds: Mapping[str, Any], secret: str | None = None, **changes: Any
) -> AsyncIterator[CloudBackend]:
    """Make the backend of the cloud `work`, with changes to its table."""
    table = CloudTable.model_validate({**clouds["work"], **changes})
    cloud = KINDS[table.kind]("work", table, secret)
    backend = CloudBackend(cloud, 5.0, lambda part, type: None)
    try:
        yield backend
    finally:
        await backend.close()


async def read_text(backend: CloudBackend, request: MessagesRequest = HI) -> str:
    """Send a request, and return the text of the answer."""
    async with aclosing(await backend.open(request)) as stream:
        pieces = [
            str(event["delta"].get("text", ""))
            async for batch in stream
            for event in batch
            if event["type"] == "content_block_delta"
        ]
    return "".join(pieces)
