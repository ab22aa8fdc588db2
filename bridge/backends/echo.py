"""The echo, `bridge-echo`: streams the user's message back, without an account.

It lets you try a client, the tray or a voice command before you connect Claude, and never answers
in Claude's place. It counts no tokens, so its usage is zero. For a message such as "say `prove
tools`" it plays what a client must survive: see `phenomena`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import itertools
import json
import re
import uuid
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any

from bridge.backends.base import Batch, CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.backends.phenomena import Phenomena, find_phenomenon
from bridge.errors import ModelNotFound, NotSupported
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ECHO, ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import Block, Message, MessageEvent, MessagesRequest, Usage

MARK = "[bridge-echo, not Claude] "
_NO_TOKENS: Usage = {"input_tokens": 0, "output_tokens": 0}
_RELEASED_AT = 1793491200  # 2026-11-01


PAUSE_SECONDS = 0.02


class EchoBackend(ManagedBackend):
    """Streams word by word, with a pause between words, so that streaming is visible."""

    name: BackendName = "offline"

    def __init__(self) -> None:
        self._phenomena = Phenomena()

    async def readiness(self) -> Readiness:
        return Readiness(True, "using the offline echo; this is not Claude")

    async def models(self) -> Sequence[ListedModel]:
        listed = ListedModel(ECHO, "Echo (not Claude)", _RELEASED_AT)
        return [listed]

    async def open(self, request: MessagesRequest) -> EventStream:
        """See `Backend.open`. Raises ModelNotFound for any model but bridge-echo."""
        if request.model != ECHO:
            raise ModelNotFound(
                f"The offline backend is not Claude and has no model {request.model}; "
                f"use {ECHO}, or choose another backend.",
                param="model",
            )
        # In a thread, because a message may have megabytes.
        return EventStream(await asyncio.to_thread(self._answer, request))

    def _answer(self, request: MessagesRequest) -> AsyncGenerator[Batch, None]:
        text = _join_text(_find_last_user_content(request.messages))
        phenomenon = find_phenomenon(text)
        if phenomenon is None:
            return self._pace(compose_reply(request))
        return self._phenomena.play(phenomenon, text, request.tools or (), _build_start())

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        raise NotSupported("The offline echo does not count tokens.")

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        return rules

    async def _pace(self, events: Sequence[MessageEvent]) -> AsyncGenerator[Batch, None]:
        """Yield the events in batches, each with one word, PAUSE_SECONDS apart."""
        batch: Batch = []
        for event in events:
            if event["type"] == "content_block_delta":
                if batch:
                    yield batch
                batch = []
                await asyncio.sleep(PAUSE_SECONDS)
            batch.append(event)
        yield batch


def compose_reply(request: MessagesRequest) -> list[MessageEvent]:
    """Compose the answer as events: the user's text, the sizes of images, and perhaps a tool call.

    A tool is called when the text says "call NAME" or "use NAME" of one of the request's tools. The
    first JSON object in the text, if any, becomes its input.
    """
    content = _find_last_user_content(request.messages)
    text = _join_text(content)
    tool = _find_called_tool(text, request.tools or ())
    blocks = [_build_text_events(0, MARK + _describe_content(content))]
    if tool is not None:
        blocks.append(_build_tool_events(1, tool, _find_first_object(text)))
    return [
        _build_start(),
        *itertools.chain.from_iterable(blocks),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use" if tool else "end_turn"},
            "usage": _NO_TOKENS,
        },
        {"type": "message_stop"},
    ]


def _build_start() -> MessageEvent:
    return {
        "type": "message_start",
        "message": {"id": f"msg_{uuid.uuid4().hex}", "model": ECHO, "usage": _NO_TOKENS},
    }


def _find_last_user_content(messages: Sequence[Message]) -> list[Block]:
    for message in reversed(messages):
        if message["role"] == "user":
            return message["content"]
    return []


def _join_text(content: Sequence[Block]) -> str:
    return "\n".join(str(block.get("text", "")) for block in content if block["type"] == "text")


def _describe_content(content: Sequence[Block]) -> str:
    return "\n".join(map(_describe_block, content)) or "(empty message)"


def _describe_block(block: Any) -> str:
    # Clients of `/v1/messages` send blocks that only Anthropic's API checks.
    if not isinstance(block, Mapping):
        return "(not a block)"
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "image":
            return _describe_image(block.get("source"))
        case "tool_result":
            inner = block.get("content")
            return f"(result: {_describe_content(inner) if isinstance(inner, list) else inner})"
        case other:
            return f"({other})"


def _describe_image(source: Any) -> str:
    if not isinstance(source, Mapping) or source.get("type") != "base64":
        return "(image by URL)"
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(base64.b64decode(str(source.get("data"))))) as image:
            return f"(image: {image.format}, {image.width}x{image.height} pixels)"
    except (
        UnidentifiedImageError,
        binascii.Error,
        OSError,
        ValueError,
        Image.DecompressionBombError,
    ):
        return "(image: cannot be read)"


def _find_called_tool(text: str, tools: Sequence[Block]) -> str | None:
    for tool in tools:
        # Some of Anthropic's tools have no name.
        name = str(tool.get("name") or tool.get("type"))
        if re.search(rf"\b(?:call|use)\s+{re.escape(name)}(?![\w-])", text, re.IGNORECASE):
            return name
    return None


def _find_first_object(text: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    for brace in re.finditer(r"\{", text):
        try:
            value, _ = decoder.raw_decode(text, brace.start())
            # What is nested too deep to be written again cannot become an input.
            json.dumps(value)
        except (ValueError, RecursionError):
            continue
        return dict(value)
    return {}


def _build_text_events(index: int, text: str) -> Iterator[MessageEvent]:
    yield {
        "type": "content_block_start",
        "index": index,
        "content_block": {"type": "text", "text": ""},
    }
    for word in re.findall(r"\s*\S+\s*?(?=\s|$)|\s+", text):
        delta = {"type": "text_delta", "text": word}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _build_tool_events(index: int, name: str, input: dict[str, Any]) -> Iterator[MessageEvent]:
    block = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": name, "input": {}}
    yield {"type": "content_block_start", "index": index, "content_block": block}
    for piece in re.findall(r".{1,12}", json.dumps(input), re.DOTALL):
        delta = {"type": "input_json_delta", "partial_json": piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
