"""Claude through Claude Code: a process for each request, from a small pool."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.backends.base import Batch, EventStream, ManagedBackend, Readiness
from bridge.backends.batches import prepend_batch
from bridge.backends.claude_code.command import bundled_cli
from bridge.backends.claude_code.frames import (
    Frame,
    Turn,
    is_initialized,
    list_models_frames,
    warming_frames,
)
from bridge.backends.claude_code.pool import Pool
from bridge.backends.claude_code.process import ClaudeProcess, Workshop
from bridge.backends.claude_code.sign_in_status import LoginWatch
from bridge.errors import (
    BridgeError,
    NotSignedIn,
    NotSupported,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
)
from bridge.models.catalogue import ListedModel
from bridge.models.names import resolve_rules
from bridge.models.rules import ImageSize, ModelRules
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest

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


class ClaudeCodeBackend(ManagedBackend):
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

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
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

    async def open(self, request: MessagesRequest) -> EventStream:
        """Run one process for one turn; see `Backend.open`. Closing kills the process."""
        process = await self._take_process()

        async def release() -> None:
            self._pool.refill()
            await process.kill()

        turn = Turn(request, resolve_rules(request.model), lambda: str(uuid.uuid4()))
        batches = self._read_batches(process, turn)
        stream = EventStream(batches, release)
        try:
            first = await anext(batches, None)
            if first is None:
                raise StreamBroken("Claude Code ended before its answer began.")
        except BaseException as error:  # also when cancelled: the process would go on generating
            if isinstance(error, NotSignedIn):
                self._login.forget()
            await stream.aclose()
            raise
        self._pool.refill()
        return EventStream(prepend_batch(first, batches), stream.aclose)

    async def models(self) -> Sequence[ListedModel]:
        """As Claude Code reports them when it is initialized."""
        if not self._models:
            patience = min(_START_SECONDS, self._silence)
            process = await self._take_process()
            try:
                await asyncio.wait_for(self._ask_models(process), patience)
            except TimeoutError as error:
                raise UpstreamSilent("Claude Code did not list its models.") from error
            finally:
                self._pool.refill()
                await process.kill()
        return self._models

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

    async def _take_process(self) -> ClaudeProcess:
        if self._cli is None:
            raise UpstreamFailed("The Claude Code program is missing.")
        return await self._pool.take()

    async def _read_batches(
        self, process: ClaudeProcess, turn: Turn
    ) -> AsyncGenerator[Batch, None]:
        """Yield the events of the frames that were read together, until the turn has ended."""
        await process.write(turn.start())
        async with aclosing(_read_frames(process, self._silence)) as reads:
            async for frames in reads:
                batch: Batch = []
                try:
                    for frame in frames:
                        batch += await self._feed(process, turn, frame)
                        if turn.ended:
                            break
                except BridgeError:
                    if batch:
                        yield batch
                    raise
                if batch:
                    yield batch
                if turn.ended:
                    return
        turn.finish()

    async def _feed(self, process: ClaudeProcess, turn: Turn, frame: Frame) -> Batch:
        step = turn.feed(frame)
        if turn.ended:
            process.end()
        await process.write(step.send)
        if turn.initialized is not None and not self._models:
            self._models = listed_models(turn.initialized)
        return step.events

    async def _ask_models(self, process: ClaudeProcess) -> None:
        await process.write(list_models_frames())
        async with aclosing(process.read_frames()) as reads:
            async for frames in reads:
                for frame in filter(is_initialized, frames):
                    self._models = listed_models(frame["response"].get("response") or {})
                    return
        raise StreamBroken("The Claude Code process ended before it listed its models.")


async def _read_frames(
    process: ClaudeProcess, silence_seconds: float
) -> AsyncGenerator[list[Frame], None]:
    """Yield the process's frames. Raises UpstreamSilent when none comes for so many seconds."""
    async with aclosing(process.read_frames()) as reads:
        while True:
            try:
                async with asyncio.timeout(silence_seconds):
                    frames = await anext(reads)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise UpstreamSilent("Claude Code was silent for too long.") from error
            yield frames


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
