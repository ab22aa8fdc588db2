"""Claude through Claude Code: a process for each request, from a small pool."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.backends.base import Readiness
from bridge.backends.claude_code.command import bundled_cli
from bridge.backends.claude_code.frames import (
    Turn,
    is_initialized,
    list_models_frames,
    warming_frames,
)
from bridge.backends.claude_code.pool import Pool
from bridge.backends.claude_code.process import ClaudeProcess, Workshop
from bridge.backends.claude_code.sign_in_status import LoginWatch
from bridge.errors import NotSignedIn, NotSupported, StreamBroken, UpstreamFailed, UpstreamSilent
from bridge.models.catalogue import ListedModel
from bridge.models.names import resolve_rules
from bridge.models.rules import ImageSize, ModelRules
from bridge.wire.health import BackendName, RoadStatus
from bridge.wire.messages import MessageEvent, MessagesRequest

SIGN_IN_CURE = "Sign in to Claude Code with `claude-bridge login`."
PERSONAL = (
    "Claude Code answers with your own subscription. That is for you, on this machine: "
    "do not offer it to others; products for others use an API key."
)
LARGEST_EDGE = 2000
"""Pixels; Claude Code would scale larger images itself."""

_START_SECONDS = 60.0
"""For a process to take its settings; far more than it needs."""

_log = logging.getLogger(__name__)


class ClaudeCodeBackend:
    """`cli` is the bundled program unless the person names another."""

    name: BackendName = "claude-code"

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        *,
        cli: Path | None = None,
        spares: int = 1,
        silence_seconds: float = 600.0,
        offered: bool = True,
    ) -> None:
        """`offered` is false where others can reach the bridge: a subscription is for oneself."""
        self._offered = offered
        self._silence = silence_seconds
        found = cli or bundled_cli()
        self._cli = found
        self._models: Sequence[ListedModel] = ()
        self._said_personal = False
        if found is not None:
            self._workshop = Workshop(root, found, environ)
            self._login = LoginWatch(found, environ, root)
            self._pool = Pool(self._start, spares)

    async def readiness(self) -> Readiness:
        if not self._offered:
            return Readiness(
                False,
                "Claude Code only answers while the bridge listens on this machine alone",
                "Set host to 127.0.0.1, or use an API key.",
            )
        if self._cli is None:
            return Readiness(
                False,
                "the Claude Code program is missing from the installed claude-agent-sdk",
                "Install claude-agent-sdk again, or name a `claude` with the setting claude_cli.",
            )
        login = await self._login.login()
        if login.signed_in:
            return Readiness(True, f"signed in to Claude Code ({login.method})")
        if login.problem:
            return Readiness(False, f"Claude Code is no help: {login.problem}", SIGN_IN_CURE)
        return Readiness(False, "nobody is signed in to Claude Code", SIGN_IN_CURE)

    async def count_tokens(self, request: MessagesRequest) -> int:
        raise NotSupported(
            "Claude Code counts no tokens beforehand; a key of Anthropic's is needed."
        )

    def roads(self) -> Sequence[RoadStatus]:
        return ()

    def narrowed(self, rules: ModelRules) -> ModelRules:
        """What does not go through Claude Code's own hands.

        It puts a note of its own behind the user's words, so that on models that bind thinking to
        what came before it, no earlier thinking would be taken back.
        """
        edge = min(rules.images.edge, LARGEST_EDGE)
        return replace(
            rules,
            mid_system=False,
            prefill=False,
            images=ImageSize(edge, rules.images.pixels),
            thinking_back=rules.thinking in ("on_request", "budget"),
            computer="not_here",
        )

    @asynccontextmanager
    async def stream(self, request: MessagesRequest) -> AsyncIterator[AsyncIterator[MessageEvent]]:
        """One process, one turn; see `Backend.stream`. Leaving kills the process."""
        process = await self._taken()
        try:
            turn = Turn(request, resolve_rules(request.model), lambda: str(uuid.uuid4()))
            async with aclosing(self._events(process, turn)) as events:
                try:
                    first = await anext(events)
                except StopAsyncIteration:
                    raise StreamBroken("Claude Code ended before its answer began.") from None
                except NotSignedIn:
                    self._login.forget()
                    raise
                self._pool.refill()
                async with aclosing(_chain(first, events)) as whole:
                    yield whole
        finally:
            self._pool.refill()
            await process.kill()

    async def models(self) -> Sequence[ListedModel]:
        """As Claude Code reports them when it is initialized."""
        if not self._models:
            patience = min(_START_SECONDS, self._silence)
            process = await self._taken()
            try:
                await asyncio.wait_for(self._ask_models(process), patience)
            except TimeoutError as error:
                raise UpstreamSilent("Claude Code did not list its models.") from error
            finally:
                self._pool.refill()
                await process.kill()
        return self._models

    async def reload(self) -> None:
        """It holds no keys."""

    async def warm(self) -> None:
        """It is to be used: a spare process is started."""
        if self._cli is not None and (await self._login.login()).signed_in:
            self._pool.warm()
            if not self._said_personal:
                self._said_personal = True
                _log.info("%s", PERSONAL)

    async def rest(self) -> None:
        """It is not used: no spare process is kept."""
        if self._cli is not None:
            await self._pool.rest()

    async def close(self) -> None:
        if self._cli is not None:
            await self._pool.rest()
            await self._login.close()
            await self._workshop.close()

    async def _start(self) -> ClaudeProcess:
        process = await self._workshop.start()
        try:
            await process.write(warming_frames())
        except BaseException:  # also when cancelled: nobody else knows of the process yet
            await process.kill()
            raise
        return process

    async def _taken(self) -> ClaudeProcess:
        if self._cli is None:
            raise UpstreamFailed("The Claude Code program is missing.")
        return await self._pool.take()

    async def _events(
        self, process: ClaudeProcess, turn: Turn
    ) -> AsyncGenerator[MessageEvent, None]:
        await process.write(turn.start())
        async with aclosing(_frames(process, self._silence)) as frames:
            async for frame in frames:
                step = turn.feed(frame)
                if turn.ended:
                    process.end()
                await process.write(step.send)
                for event in step.events:
                    yield event
                if turn.initialized is not None and not self._models:
                    self._models = listed_models(turn.initialized)
                if turn.ended:
                    return
        turn.finish()

    async def _ask_models(self, process: ClaudeProcess) -> None:
        await process.write(list_models_frames())
        async with aclosing(process.frames()) as frames:
            async for frame in frames:
                if is_initialized(frame):
                    self._models = listed_models(frame["response"].get("response") or {})
                    return
        raise StreamBroken("The Claude Code process ended before it listed its models.")


async def _frames(
    process: ClaudeProcess, silence_seconds: float
) -> AsyncGenerator[dict[str, Any], None]:
    """The process's frames. Raises UpstreamTimedOut after a silence."""
    async with aclosing(process.frames()) as frames:
        while True:
            try:
                async with asyncio.timeout(silence_seconds):
                    frame = await anext(frames)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise UpstreamSilent("Claude Code was silent for too long.") from error
            yield frame


async def _chain(
    first: MessageEvent, rest: AsyncIterator[MessageEvent]
) -> AsyncGenerator[MessageEvent, None]:
    yield first
    async for event in rest:
        yield event


def listed_models(initialized: Mapping[str, Any]) -> list[ListedModel]:
    """The models of Claude Code's answer to `initialize`, each once, by its full id."""
    listed: dict[str, ListedModel] = {}
    for model in initialized.get("models") or ():
        id = model.get("resolvedModel")
        if id:
            name = str(model.get("description") or id).split(" · ")[0]
            efforts = tuple(model.get("supportedEffortLevels") or ())
            rules = resolve_rules(id)
            listed[id] = ListedModel(
                id, f"Claude {name}", 0, rules.context, rules.max_output, efforts=efforts
            )
    return list(listed.values())
