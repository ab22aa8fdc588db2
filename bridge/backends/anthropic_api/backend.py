"""Claude through Anthropic's API, by the `anthropic` SDK's credentials."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bridge.backends.anthropic_api.events import EventReader
from bridge.backends.base import EventStream, ManagedBackend, Readiness
from bridge.errors import BridgeError, NotSignedIn
from bridge.keys import NamedKey
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.types import ModelCapabilities, ModelInfo

    from bridge.backends.anthropic_api.transport import Sender

KEY_CURE = (
    "Keep a key from platform.claude.com with `claude-bridge key set anthropic`, or set "
    "ANTHROPIC_API_KEY in the environment of the bridge."
)


class MessagesApiBackend(ManagedBackend):
    """The SDK is imported by the first who needs it, in a thread: it takes over a second."""

    name: BackendName = "anthropic"

    def __init__(self, silence_seconds: float, key: NamedKey | None = None) -> None:
        """Without `key`, the SDK finds a credential by itself: in the environment, or a profile."""
        self._silence = silence_seconds
        self._key = key
        self._client: AsyncAnthropic | None = None
        self._making = threading.Lock()
        self._sender: Sender | None = None
        self._sending = asyncio.Lock()

    async def readiness(self) -> Readiness:
        """Ready when the SDK finds a credential; whether it is a good one only a request tells."""
        try:
            client = await self._connected()
        except NotSignedIn as error:
            return Readiness(False, error.message.removesuffix("."), KEY_CURE)
        if self._key is not None:
            return Readiness(True, f"the key `{self._key.name}` is kept for Anthropic")
        if client.api_key:
            return Readiness(True, "ANTHROPIC_API_KEY is set")
        if client.auth_token:
            return Readiness(True, "ANTHROPIC_AUTH_TOKEN is set")
        if client.credentials is not None:
            return Readiness(True, "an `ant auth login` profile was found")
        return Readiness(False, "no Anthropic API key was found", KEY_CURE)

    async def open(self, request: MessagesRequest) -> EventStream:
        """Send one `POST /v1/messages`; see `Backend.open`."""
        sender = self._sender or await self._make_sender()
        answer = await sender.send(request)
        reader = EventReader(answer.read, join=request.whole)
        try:
            await reader.begin()
        except BaseException:  # also when cancelled: upstream would go on generating
            await answer.close()
            raise
        return EventStream(reader.read_batches(), answer.close)

    async def count_tokens(self, request: MessagesRequest) -> int:
        """Upstream's `POST /v1/messages/count_tokens`."""
        from bridge.backends.anthropic_api import errors

        client = await self._connected()
        body = {name: value for name, value in request.body().items() if name != "max_tokens"}
        with errors.translated():
            told = await client.messages.count_tokens(
                model=request.model, messages=[], extra_body=body, extra_headers=request.headers
            )
        return told.input_tokens

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """The API takes what the model takes."""
        return rules

    async def warm(self) -> None:
        """What all requests have alike is made: headers, certificates, the pool of connections."""
        if (await self.readiness()).ready:
            # A credential that cannot be used is for the request to say, to who makes it.
            with suppress(BridgeError):
                await self._make_sender()

    async def models(self) -> Sequence[ListedModel]:
        """Upstream's `GET /v1/models`, all pages."""
        from bridge.backends.anthropic_api import errors

        client = await self._connected()
        with errors.translated():
            return [_listed(info) async for info in client.models.list(limit=100)]

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender.close()
            self._sender = None
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _make_sender(self) -> Sender:
        from bridge.backends.anthropic_api.transport import sender_for

        client = await self._connected()
        async with self._sending:
            self._sender = self._sender or await sender_for(client, self._silence)
        return self._sender

    async def _connected(self) -> AsyncAnthropic:
        if self._client is None:
            await asyncio.to_thread(self._make_client)
        assert self._client is not None  # noqa: S101 - made on the line above
        return self._client

    def _make_client(self) -> None:
        with self._making:
            if self._client is not None:
                return
            from anthropic import AsyncAnthropic, DefaultAioHttpClient, Timeout

            from bridge.backends.anthropic_api import errors

            with errors.translated():
                self._client = AsyncAnthropic(
                    api_key=self._key.secret if self._key is not None else None,
                    http_client=DefaultAioHttpClient(),
                    # Retries belong to the bridge's own patience, where the client's is known.
                    max_retries=0,
                    timeout=Timeout(self._silence, connect=10.0),
                )


def _listed(info: ModelInfo) -> ListedModel:
    return ListedModel(
        id=info.id,
        display_name=info.display_name,
        created=int(info.created_at.timestamp()),
        context=info.max_input_tokens,
        max_output=info.max_tokens,
        lifecycle=info.lifecycle,
        **_abilities(info.capabilities),
    )


def _abilities(said: ModelCapabilities | None) -> dict[str, Any]:
    """Upstream leaves `capabilities` out for models it knows nothing of."""
    if said is None:
        return {}
    levels = ("low", "medium", "high", "xhigh", "max")
    types = ("adaptive", "between_tools", "disabled", "enabled")
    return {
        "efforts": tuple(level for level in levels if _supported(said.effort, level)),
        "thinking": tuple(kind for kind in types if _supported(said.thinking.types, kind)),
        "structured": said.structured_outputs.supported,
    }


def _supported(said: Any, name: str) -> bool:
    ability = getattr(said, name, None)
    return ability is not None and bool(ability.supported)
