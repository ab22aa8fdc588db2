"""Claude through Anthropic's API, with the credentials that the `anthropic` SDK finds."""

from __future__ import annotations

import asyncio
import os
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.answer import AnswerOpener
from bridge.backends.anthropic_api.counting import count_prompt
from bridge.backends.anthropic_api.credential_source import (
    API_KEY,
    CredentialSource,
    find_given,
    find_in_client,
)
from bridge.backends.base import CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.backends.credential import KEY_REJECTED, Credential
from bridge.backends.event_check import CountUnknown
from bridge.errors import BridgeError, KeyRejected, NotSignedIn
from bridge.keys import NamedKey
from bridge.models.catalogue import ListedModel
from bridge.models.rules import ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from bridge.backends.anthropic_api.transport import Sender

KEY_HINT = (
    "Add an API key from platform.claude.com with `claude-bridge key set anthropic`, or set "
    "ANTHROPIC_API_KEY in the environment of the bridge."
)


class MessagesApiBackend(ManagedBackend):
    """Claude through one credential.

    Importing the SDK takes over a second, so the first call that needs it does so in a thread, and
    the state of a credential that is given as a key or a variable is known without it.
    """

    name: BackendName = "anthropic"

    def __init__(
        self,
        silence_seconds: float,
        count_unknown: CountUnknown,
        key: NamedKey | None = None,
        explain_missing: Callable[[], Readiness | None] = lambda: None,
    ) -> None:
        """Without `key`, the SDK looks for a credential in the environment and in profiles.

        `explain_missing` returns why there is none, if more is known than that.
        """
        self._silence = silence_seconds
        self._opener = AnswerOpener(silence_seconds, count_unknown)
        self._key = key
        self._explain_missing = explain_missing
        self._client: AsyncAnthropic | None = None
        self._client_lock = threading.Lock()
        self._client_failed = False
        self._sender: Sender | None = None
        self._sender_lock = asyncio.Lock()
        self._credential = Credential()

    @property
    def credential(self) -> Credential:
        return self._credential

    async def readiness(self) -> Readiness:
        """Ready when there is a credential that was not rejected when it was last used."""
        try:
            source = await self._find_source()
        except NotSignedIn as error:
            return Readiness(False, error.message.removesuffix("."), KEY_HINT)
        if source is None:
            missing = self._explain_missing()
            return missing or Readiness(False, "no Anthropic API key found", KEY_HINT)
        if self._credential.is_rejected:
            return Readiness(
                False, self._describe_rejection(), self._rejection_hint, is_rejected=True
            )
        unchecked = ", not checked yet" if self._credential.state == "unchecked" else ""
        return Readiness(True, f"{source.use}{unchecked}")

    async def has_credential(self) -> bool:
        """Return whether there is a credential, be it rejected."""
        try:
            return await self._find_source() is not None
        except NotSignedIn:
            return False

    async def open(self, request: MessagesRequest) -> EventStream:
        """Send one `POST /v1/messages`; see `Backend.open`."""
        try:
            sender = self._sender or await self._make_sender()
            stream = await self._opener.open(sender, request)
        except BridgeError:
            with self._watch():
                raise
        self._credential.accept()
        return stream

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        """Count with `POST /v1/messages/count_tokens`."""
        client = await self._get_client()
        with self._watch():
            return await count_prompt(client.messages, request, request.model)

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """Return them unchanged: the API takes whatever the model takes."""
        return rules

    async def warm(self) -> None:
        """Make what all requests share: headers, certificates, the connection pool."""
        if (await self.readiness()).ready:
            # A credential that cannot be sent is reported by the first request, to its client.
            with suppress(BridgeError):
                await self._make_sender()

    async def models(self) -> Sequence[ListedModel]:
        """List all pages of `GET /v1/models`."""
        client = await self._get_client()
        # Only now: they would load the SDK, here on the loop.
        from bridge.backends.anthropic_api import errors
        from bridge.backends.anthropic_api.responses import ModelPage, load_all_models, read_page


        async def load(after: str | None) -> ModelPage:
            query = {} if after is None else {"after_id": after}
            with errors.translate_errors():
                answer = await client.models.with_raw_response.list(limit=100, extra_query=query)
            response = answer.http_response
            return read_page(response.status_code, response.headers, response.content)

        with self._watch():
            return await load_all_models(load)

    async def close(self) -> None:
        await self._opener.close()
        if self._sender is not None:
            await self._sender.close()
            self._sender = None
        if self._client is not None:
            await self._client.close()
            self._client = None

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Take the credential's state from a call, and say which one was rejected."""
        try:
            with self._credential.watch():
                yield
        except KeyRejected as error:
            message = f"{self._describe_rejection()}. {self._rejection_hint}"
            raise KeyRejected(message, headers=error.headers, original=error.original) from error

    async def _find_source(self) -> CredentialSource | None:
        """Return the credential that is used; None without one.

        Raises NotSignedIn for a profile that cannot be used.
        """
        client = self._client
        if client is None and not self._client_failed:
            given = find_given(self._key, os.environ)
            if given is not None:
                return given
        return find_in_client(self._key, client or await self._get_client())

    def _describe_rejection(self) -> str:
        name = self._source_name if self._key is not None else f"of {self._source_name}"
        return f"{KEY_REJECTED} {name}: {self._credential.words}"

    @property
    def _source_name(self) -> str:
        """The credential by name, for messages about one that was sent."""
        source = find_in_client(self._key, self._client) if self._client is not None else None
        return (source or API_KEY).name

    @property
    def _rejection_hint(self) -> str:
        """Return what to do about a rejected credential."""
        if self._key is None:
            return f"Check {self._source_name}, and restart the bridge."
        name = "" if self._key.name == "default" else f" --name {shlex.quote(self._key.name)}"
        return f"Replace it on the set-up page, or with `claude-bridge key set anthropic{name}`."

    async def _make_sender(self) -> Sender:
        client = await self._get_client()
        # Only now: it would load the SDK, here on the loop.
        from bridge.backends.anthropic_api.transport import create_sender

        async with self._sender_lock:
            self._sender = self._sender or await create_sender(client, self._silence)
        return self._sender

    async def _get_client(self) -> AsyncAnthropic:
        if self._client is not None:
            return self._client
        return await asyncio.to_thread(self._load_client)

    def _load_client(self) -> AsyncAnthropic:
        with self._client_lock:
            if self._client is None:
                try:
                    self._client = self._make_client()
                except Exception:
                    self._client_failed = True
                    raise
            return self._client

    def _make_client(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic, DefaultAioHttpClient, Timeout

        from bridge.backends.anthropic_api import errors
        from bridge.backends.anthropic_api.tls import get_tls_context

        with errors.translate_errors():
            return AsyncAnthropic(
                api_key=self._key.secret if self._key is not None else None,
                # A redirect would take the API key to whatever address it names.
                http_client=DefaultAioHttpClient(follow_redirects=False, verify=get_tls_context()),
                # The bridge's own RetryPolicy decides: it also switches between keys.
                max_retries=0,
                timeout=Timeout(self._silence, connect=10.0),
            )
