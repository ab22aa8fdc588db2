"""Claude through Anthropic's API, with the credentials that the `anthropic` SDK finds."""

from __future__ import annotations

import asyncio
import os
import shlex
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bridge.backends.anthropic_api.address import build_address
from bridge.backends.anthropic_api.answer import AnswerOpener
from bridge.backends.anthropic_api.credential_source import (
    PROFILE,
    CredentialSource,
    find_given,
    may_have_profile,
)
from bridge.backends.anthropic_api.headers import pick_headers
from bridge.backends.anthropic_api.responses import (
    ModelPage,
    load_all_models,
    read_page,
    read_token_count,
)
from bridge.backends.anthropic_api.transport import DirectSender, Sender
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

_NO_KEY = "no Anthropic API key found"
KEY_HINT = (
    "Add an API key from platform.claude.com with `claude-bridge key set anthropic`, or set "
    "ANTHROPIC_API_KEY in the environment of the bridge."
)


class MessagesApiBackend(ManagedBackend):
    """Claude through one credential.

    Only a profile needs the SDK. Its import takes over a second and 44 MB, and so it is done in a
    thread, when there may be one.
    """

    name: BackendName = "anthropic"

    def __init__(
        self,
        silence_seconds: float,
        count_unknown: CountUnknown,
        key: NamedKey | None = None,
        explain_missing: Callable[[], Readiness | None] = lambda: None,
    ) -> None:
        """Without `key`, the credential is looked for in the environment and in profiles.

        `explain_missing` returns why there is none, if more is known than that.
        """
        self._silence = silence_seconds
        self._opener = AnswerOpener(silence_seconds, count_unknown)
        self._key = key
        self._explain_missing = explain_missing
        self._client: AsyncAnthropic | None = None
        """Of the SDK; it may have found no profile."""
        self._client_lock = threading.Lock()
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
            return missing or Readiness(False, _NO_KEY, KEY_HINT)
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
        sender = self._sender or await self._make_sender()
        with self._watch():
            answer = await sender.count(request)
            tokens = read_token_count(answer.status, answer.headers, answer.body)
        return CountedPrompt(tokens, pick_headers(answer.headers))

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """Return them unchanged: the API takes whatever the model takes."""
        return rules

    async def warm(self) -> None:
        """Make what all requests share: headers, certificates, the connection pool."""
        if (await self.readiness()).ready:
            # A credential that cannot be sent is reported by the first request, to its client.
            with suppress(BridgeError):
                await self._make_sender()

    async def keep_connected(self) -> None:
        if (await self.readiness()).ready:
            sender = self._sender or await self._make_sender()
            await sender.keep_connected()

    async def models(self) -> Sequence[ListedModel]:
        """List all pages of `GET /v1/models`."""
        sender = self._sender or await self._make_sender()

        async def load(after: str | None) -> ModelPage:
            query: dict[str, str | int] = {"limit": 100}
            answer = await sender.list_models(
                query if after is None else query | {"after_id": after}
            )
            return read_page(answer.status, answer.headers, answer.body)

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
        given = find_given(self._key, os.environ)
        if given is not None:
            return given
        return PROFILE if await asyncio.to_thread(self._load_profile) is not None else None

    def _describe_rejection(self) -> str:
        name = self._source.name if self._key is not None else f"of {self._source.name}"
        return f"{KEY_REJECTED} {name}: {self._credential.words}"

    @property
    def _source(self) -> CredentialSource:
        """The credential that was sent."""
        return find_given(self._key, os.environ) or PROFILE

    @property
    def _rejection_hint(self) -> str:
        """Return what to do about a rejected credential."""
        if self._key is None:
            return f"Check {self._source.name}, and restart the bridge."
        name = "" if self._key.name == "default" else f" --name {shlex.quote(self._key.name)}"
        return f"Replace it on the set-up page, or with `claude-bridge key set anthropic{name}`."

    async def _make_sender(self) -> Sender:
        async with self._sender_lock:
            self._sender = self._sender or await self._build_sender()
        return self._sender

    async def _build_sender(self) -> Sender:
        """Return the faster sender, unless the SDK renews the credential, as a profile's token."""
        if find_given(self._key, os.environ) is not None:
            address = build_address(self._key, os.environ)
            tls = await asyncio.to_thread(_load_tls_context)
            return DirectSender(address, self._silence, tls)
        client = await asyncio.to_thread(self._load_profile)
        if client is None:
            raise NotSignedIn(f"Not connected to Claude: {_NO_KEY}. {KEY_HINT}")
        # Only now: it would load the SDK, here on the loop.
        from bridge.backends.anthropic_api.sdk_sender import SdkSender

        return SdkSender(client)

    def _load_profile(self) -> AsyncAnthropic | None:
        """Return a client of the SDK with a profile; None without one. Blocks.

        Raises NotSignedIn for a profile that cannot be used.
        """
        with self._client_lock:
            if self._client is None and may_have_profile(os.environ):
                from bridge.backends.anthropic_api.sdk_sender import make_client

                self._client = make_client(self._silence)
            has_profile = self._client is not None and self._client.credentials is not None
            return self._client if has_profile else None


def _load_tls_context() -> ssl.SSLContext:
    from bridge.backends.anthropic_api.tls import get_tls_context

    return get_tls_context()
