"""Claude through a cloud, as a route of the backend `anthropic`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.answer import AnswerOpener
from bridge.backends.anthropic_api.clouds.counting import count_prompt
from bridge.backends.base import CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.backends.credential import Credential
from bridge.backends.event_check import CountUnknown
from bridge.errors import KeyRejected, NotSignedIn, NotSupported
from bridge.models.catalogue import ListedModel, find_built_in
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from bridge.backends.anthropic_api.clouds.cloud import Cloud, CloudClient

_RECHECK_SECONDS = 30.0
"""How long missing credentials are remembered: looking for them may take seconds."""


class CloudBackend(ManagedBackend):
    """Claude through one cloud of the setting `clouds`.

    The SDK and the cloud's packages are loaded in a thread when they are first needed.
    """

    name: BackendName = "anthropic"

    def __init__(
        self,
        cloud: Cloud,
        silence_seconds: float,
        count_unknown: CountUnknown,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cloud = cloud
        self._silence = silence_seconds
        self._opener = AnswerOpener(silence_seconds, count_unknown)
        self._clock = clock
        self._client: CloudClient | None = None
        self._client_lock = threading.Lock()
        self._missing: NotSignedIn | None = None
        self._missing_until = float("-inf")
        self._credential = Credential()

    @property
    def credential(self) -> Credential:
        return self._credential

    async def readiness(self) -> Readiness:
        """Ready when there are credentials that were not rejected when they were last used."""
        try:
            await self._get_client()
        except NotSignedIn as error:
            problem = self._remove_hint(error)
            hint = self._cloud.hint if len(problem) < len(error.message) - 1 else None
            return Readiness(False, problem, hint)
        if self._credential.is_rejected:
            return Readiness(False, self._describe_rejection(), self._cloud.hint, is_rejected=True)
        unchecked = ", not checked yet" if self._credential.state == "unchecked" else ""
        return Readiness(True, f"using {self._cloud.title}{unchecked}")

    async def open(self, request: MessagesRequest) -> EventStream:
        """Send one request for a stream; see `Backend.open`."""
        # Imported on use: it loads the SDK and aiohttp's client.
        from bridge.backends.anthropic_api.clouds.sender import CloudSender

        sender = CloudSender(self._cloud, await self._get_client())
        with self._watch():
            return await self._opener.open(sender, request)

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        """Count with the cloud. Raises NotSupported where it cannot."""
        if not self._cloud.counts_tokens:
            raise NotSupported(f"{self._cloud.title} cannot count tokens.")
        client = await self._get_client()
        model = self._cloud.find_model(request.model)
        with self._watch(), self._cloud.translate_errors():
            return await count_prompt(client.messages, self._cloud.adapt_request(request), model)

    async def models(self) -> Sequence[ListedModel]:
        """List the models in the cloud's table: the clouds do not list theirs to this API.

        Raises NotSupported without a table.
        """
        models = self._cloud.table.models
        if not models:
            raise NotSupported(
                f"{self._cloud.title} does not list its models; name them in "
                f"`[clouds.{self._cloud.name}.models]`."
            )
        return [find_built_in(id) or ListedModel(id, id, 0) for id in models]

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """Return them unchanged: what a cloud does not take, it refuses itself."""
        return rules

    async def close(self) -> None:
        await self._opener.close()
        if self._client is not None:
            await self._client.close()
            self._client = None

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Take the credential's state from a call, and say whose credentials were rejected."""
        try:
            with self._credential.watch():
                yield
        except NotSignedIn as error:
            # Such as a token of AWS's sign-in that has expired.
            self._credential.reject(self._remove_hint(error))
            raise
        except KeyRejected as error:
            message = f"{self._describe_rejection()}. {self._cloud.hint}"
            raise KeyRejected(message, headers=error.headers, original=error.original) from error

    def _describe_rejection(self) -> str:
        words, title = self._credential.words, self._cloud.title
        return words if words.startswith(title) else f"{title} rejected the credentials: {words}"

    def _remove_hint(self, error: NotSignedIn) -> str:
        return error.message.removesuffix(self._cloud.hint).strip().removesuffix(".")

    async def _get_client(self) -> CloudClient:
        if self._client is not None:
            return self._client
        if self._missing is not None and self._clock() < self._missing_until:
            raise NotSignedIn(self._missing.message)
        try:
            return await asyncio.to_thread(self._load_client)
        except NotSignedIn as error:
            self._missing, self._missing_until = error, self._clock() + _RECHECK_SECONDS
            raise

    def _load_client(self) -> CloudClient:
        with self._client_lock:
            if self._client is None:
                self._client = self._build_client()
            return self._client

    def _build_client(self) -> CloudClient:
        from anthropic import DefaultAioHttpClient, Timeout

        from bridge.backends.anthropic_api.tls import get_tls_context

        self._cloud.check_packages()
        with self._cloud.translate_errors():
            return self._cloud.make_client(
                {
                    # A redirect would take the credentials to whatever address it names.
                    "http_client": DefaultAioHttpClient(
                        follow_redirects=False, verify=get_tls_context()
                    ),
                    # The bridge's own RetryPolicy decides: it also switches between routes.
                    "max_retries": 0,
                    "timeout": Timeout(self._silence, connect=10.0),
                }
            )
