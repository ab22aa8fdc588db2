"""A conversation with a bridge, and the processes that answered it."""

from __future__ import annotations

import json
from typing import Any

from openai import AsyncOpenAI

from bridge.server.state import Bridge
from tests.fake_anthropic.server import FakeAnthropic

MODEL = "claude-opus-5-5"


def user(content: Any) -> Any:
    return {"role": "user", "content": content}


class Talk:
    """A conversation with a bridge: each turn sends the whole history."""

    def __init__(self, bridge: Bridge, *history: Any, model: str = MODEL, **options: Any) -> None:
        self.bridge = bridge
        self.messages = list(history)
        self.options = {"model": model, **options}

    async def say(self, content: Any, **options: Any) -> str:
        return await self.send(user(content), **options)

    async def send(self, *messages: Any, **options: Any) -> str:
        self.messages += messages
        base = f"{self.bridge.url}/v1"
        async with AsyncOpenAI(base_url=base, api_key="x", max_retries=0) as client:
            chat = await client.chat.completions.create(
                messages=self.messages, **{**self.options, **options}
            )
        message = chat.choices[0].message
        self.messages.append(message.model_dump(exclude_none=True))
        return message.content or ""


def sessions(fake: FakeAnthropic) -> list[str]:
    """The session of each request: Claude Code names it, and each process has its own."""
    named = [json.loads(body["metadata"]["user_id"])["session_id"] for body in fake.bodies()]
    return [chr(ord("A") + list(dict.fromkeys(named)).index(session)) for session in named]
