"""Claude through Claude Code: one process for each conversation, from a small pool."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakSet

from bridge.backends.base import Batch, CountedPrompt, EventStream, ManagedBackend, Readiness
from bridge.backends.batches import begin_within, prepend_batch
from bridge.backends.claude_code.command import FLAGS, explain_missing_cli, find_bundled_cli
from bridge.backends.claude_code.errors import SIGN_IN
from bridge.backends.claude_code.final_reports import FinalReports
from bridge.backends.claude_code.frames import (
    Frame,
    Turn,
    build_models_request,
    build_warm_up_frames,
    is_initialize_response,
    is_warm_up_response,
    read_object,
)
from bridge.backends.claude_code.pool import ProcessPool
from bridge.backends.claude_code.process import ClaudeProcess, ProcessLauncher
from bridge.backends.claude_code.sessions import LiveSessions, Session
from bridge.backends.claude_code.sign_in.status import SignInResult, SignInStatusReader
from bridge.backends.credential import Credential
from bridge.backends.event_check import CountUnknown
from bridge.errors import (
    AccountRefused,
    NotSignedIn,
    NotSupported,
    StreamBroken,
    UpstreamFailed,
    UpstreamSilent,
)
from bridge.inspect.recording import CURRENT_CALL
from bridge.models.catalogue import ListedModel
from bridge.models.names import resolve_rules
from bridge.models.rules import ImageSize, ModelRules
from bridge.plan.account import AccountPlan
from bridge.plan.tracker import DEFAULT_ACCOUNT
from bridge.wire.health import BackendName
from bridge.wire.messages import MessagesRequest

SIGN_IN_HINT = "Sign in to Claude Code with `claude-bridge login`."
SIGN_IN_AGAIN_HINT = (
    "Sign in again with `claude-bridge login`, or choose another backend in the tray menu."
)
PERSONAL_USE = (
    "Claude Code answers with your own subscription. It is for your own use on this computer; "
    "use an API key for anything you offer to others."
)
MAX_EDGE = 2000
"""Pixels. Claude Code scales larger images itself, which takes longer and moves coordinates."""
MAX_IMAGE_BYTES = 500_000
"""Claude Code encodes longer images of user turns as JPEG, at a low quality."""

_START_SECONDS = 20.0
"""Time limit for a new process to take its first settings; it needs less than a second."""

_log = logging.getLogger(__name__)


class ClaudeCodeBackend(ManagedBackend):
    """Runs Claude Code processes and relays their streams.

    A process answers one request, and afterwards only requests that continue exactly the same
    conversation; see `sessions`. So no request sees the conversation of another.
    """

    name: BackendName = "claude-code"

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        count_unknown: CountUnknown,
        plan: AccountPlan,
        *,
        cli: Path | None = None,
        sign_in: SignInStatusReader | None = None,
        spares: int = 1,
        max_processes: int = 12,
        live_sessions: int = 3,
        silence_seconds: float = 600.0,
        offered: bool = True,
    ) -> None:
        """`cli` replaces the bundled `claude` program; `spares` are kept ready, or more.

        `sign_in` reads the sign-in of this program and environment; it may have begun to.
        `live_sessions` of the `max_processes` at most are kept for the next turn.
        `offered` is false when others can reach the bridge: a subscription is for its owner only.
        """
        self._offered = offered
        self._silence = silence_seconds
        self._count_unknown = count_unknown
        self._plan = plan
        self._cli = cli or find_bundled_cli()
        self._models: Sequence[ListedModel] = ()
        self._credential = Credential()
        self._rejected_version: object = None
        self._logged_personal_use = False
        self._of_account: WeakSet[ClaudeProcess] = WeakSet()
        """The processes that were started since the account was replaced by another one."""
        if self._cli is not None:
            self._launcher = ProcessLauncher(root, self._cli, environ)
            self._sign_in = sign_in or SignInStatusReader(self._cli, environ, root)
            self._pool = ProcessPool(
                self._start_process,
                spares,
                max_processes=max_processes,
                wait_seconds=silence_seconds,
                make_room=lambda: self._sessions.end_oldest(),
            )
            self._sessions = LiveSessions(self._pool.end, live_sessions, note_limits=plan.note)
            self._final_reports = FinalReports(self._pool.end, plan.note)

    @property
    def credential(self) -> Credential:
        return self._credential

    async def readiness(self) -> Readiness:
        if not self._offered:
            return Readiness(
                False,
                "Claude Code is only available while the bridge listens on 127.0.0.1",
                "Set host to 127.0.0.1, or use an API key.",
            )
        if self._cli is None:
            return Readiness(False, *explain_missing_cli())
        status = await self._read_sign_in()
        if status.signed_in:
            return self._judge_sign_in(status.method)
        if status.problem:
            return Readiness(False, f"Claude Code can't be used: {status.problem}", status.hint)
        return Readiness(False, "not signed in to Claude Code", self._name_command(SIGN_IN_HINT))

    def _name_command(self, hint: str) -> str:
        """Return a hint with the command for this sign-in; the default one needs no name."""
        if self._plan.name == DEFAULT_ACCOUNT:
            return hint
        return hint.replace("claude-bridge login", f"claude-bridge login {self._plan.name}")

    def _judge_sign_in(self, method: str) -> Readiness:
        """Return the readiness of a sign-in that Claude Code has: it may be revoked or expired."""
        if self._credential.is_rejected and self._sign_in.version == self._rejected_version:
            reason = self._credential.words.removesuffix(SIGN_IN.removesuffix(".")).strip(" .")
            hint = self._name_command(SIGN_IN_AGAIN_HINT)
            return Readiness(False, reason, hint, is_rejected=True)
        return Readiness(True, f"signed in to Claude Code ({method})")

    async def reload(self) -> None:
        """Forget that the sign-in was rejected: the user may have signed in again."""
        self._credential.forget()
        if self._cli is not None:
            self._sign_in.forget()
            # They go on with the sign-in that they have read.
            self._sessions.end_all()

    async def _read_sign_in(self) -> SignInResult:
        """Read the sign-in; if its account is another one, end what goes on with the one before."""
        status = await self._sign_in.get_status()
        if status.account and self._plan.set_owner(status.account):
            self._of_account.clear()
            self._sessions.end_all()
        return status

    async def count_tokens(self, request: MessagesRequest) -> CountedPrompt:
        """Raise NotSupported: Claude Code has no exact count of a request.

        Its control request `get_context_usage` has upstream count the messages, and the system
        prompt as if the user had written it, but not the tools, `tool_choice` or thinking of the
        extra body. Where upstream refuses, it estimates and does not say so. Of six counts recorded
        from the API, it would ask upstream for only two as they were.
        """
        raise NotSupported(
            "Claude Code cannot count the tokens of a request exactly. "
            "Add an Anthropic API key to count them."
        )

    def narrow_rules(self, rules: ModelRules) -> ModelRules:
        """Leave out what Claude Code cannot send.

        It adds a note of its own behind the user's text. On models that bind thinking to exactly
        what came before it, earlier thinking would therefore be refused.
        """
        edge = min(rules.images.edge, MAX_EDGE)
        return replace(
            rules,
            mid_system=False,
            prefill=False,
            images=ImageSize(edge, rules.images.pixels),
            image_bytes=MAX_IMAGE_BYTES,
            thinking_back=rules.thinking in ("on_request", "budget"),
            computer="not_here",
            own_session=True,
            server_tools=False,
        )

    async def open(self, request: MessagesRequest) -> EventStream:
        """Run one turn in a process; see `Backend.open`. Closing ends a turn that is under way.

        Raises ExtraUsageNotAgreed if it would cost money beyond the plan.
        """
        self._plan.check(request.model)
        turn = self._build_turn(request)
        session = await self._take_session(turn.continued)
        if session is not None:
            lease = _Lease(session.process, self._pool.end)
            if not turn.can_resume(session.calls):
                lease.end()
            else:
                try:
                    return await self._begin(lease, turn, turn.resume(session.calls))
                except StreamBroken as error:
                    # Nothing of the answer has come, so a new process can give it.
                    _log.info("A Claude Code session could not go on: %s", error.message)
                    turn = self._build_turn(request)
        process = await self._take_process()
        return await self._begin(_Lease(process, self._pool.end), turn, turn.start())

    def _build_turn(self, request: MessagesRequest) -> Turn:
        rules = resolve_rules(request.model)
        return Turn(
            request,
            rules,
            lambda: str(uuid.uuid4()),
            self._count_unknown,
            thinking_back=self.narrow_rules(rules).thinking_back,
        )

    async def _take_session(self, key: str) -> Session | None:
        return None if self._cli is None else await self._sessions.take(key)

    async def _begin(self, lease: _Lease, turn: Turn, frames: list[Frame]) -> EventStream:
        """Send the first frames; return once the answer has begun."""
        if (call := CURRENT_CALL.get()) is not None:
            call.set_given({"arguments": FLAGS, "messages": frames})

        async def release() -> None:
            self._pool.refill()
            lease.end()

        batches = self._read_batches(lease, turn, frames)
        stream = EventStream(batches, release)
        try:
            with self._credential.watch():
                first = await begin_within(anext(batches, None), self._silence, "Claude Code")
                if first is None:
                    raise StreamBroken("Claude Code ended before its answer began.")
        except BaseException as error:  # also when cancelled: the process would go on generating
            # The user has signed out since the status was cached, or the sign-in was revoked.
            if isinstance(error, AccountRefused | NotSignedIn):
                self._sign_in.forget()
                self._rejected_version = self._sign_in.version
            await stream.aclose()
            raise
        # The process has started to answer, so the next spare no longer slows it down.
        self._pool.refill()
        headers = self._plan.build_headers()
        return EventStream(prepend_batch(first, batches), stream.aclose, headers)

    async def models(self) -> Sequence[ListedModel]:
        """List the models that Claude Code reports when it is initialized."""
        if not self._models:
            process = await self._take_process()
            seconds = min(_START_SECONDS, self._silence)
            try:
                await asyncio.wait_for(self._load_models(process), seconds)
            except TimeoutError as error:
                raise UpstreamSilent("Claude Code did not list its models.") from error
            finally:
                self._pool.refill()
                self._pool.end(process)
        return self._models

    async def warm(self) -> None:
        """Start a spare process, if the user is signed in."""
        if self._cli is not None and (await self._read_sign_in()).signed_in:
            self._pool.warm()
            if not self._logged_personal_use:
                self._logged_personal_use = True
                _log.info("%s", PERSONAL_USE)

    async def rest(self) -> None:
        """End the sessions and the spare processes."""
        if self._cli is not None:
            self._sessions.end_all()
            await self._final_reports.finish()
            await self._pool.rest()

    async def close(self) -> None:
        if self._cli is not None:
            await self.rest()
            await self._sign_in.close()
            await self._launcher.close()

    async def _start_process(self) -> ClaudeProcess:
        process = await self._launcher.start()
        self._of_account.add(process)
        seconds = min(_START_SECONDS, self._silence)
        try:
            async with asyncio.timeout(seconds):
                await process.write(build_warm_up_frames())
                await process.wait_for_frame(is_warm_up_response)
        except TimeoutError as error:
            last = process.get_last_errors()
            await process.kill()
            raise UpstreamFailed(
                f"Claude Code did not start within {seconds:.0f} seconds"
                + (f"; its last words: {last}." if last else ".")
            ) from error
        except BaseException:  # also when cancelled: nothing else would end the process
            await process.kill()
            raise
        return process

    async def _take_process(self) -> ClaudeProcess:
        if self._cli is None:
            raise UpstreamFailed("The Claude Code program is missing.")
        # What a spare reports would be taken for the account that was replaced since it started.
        while (process := await self._pool.take()) not in self._of_account:
            self._pool.end(process)
        return process

    async def _read_batches(
        self, lease: _Lease, turn: Turn, frames: list[Frame]
    ) -> AsyncGenerator[Batch, None]:
        """Yield the events of the frames that were read together, until the turn has ended."""
        process = lease.process
        await process.write(frames)
        async with aclosing(_read_frames(process, self._silence)) as reads:
            async for frames in reads:
                batch: Batch = []
                try:
                    for at, frame in enumerate(frames, start=1):
                        batch += await self._feed(process, turn, frame)
                        if turn.ended:
                            # Before anything else: it may already be sending its next request.
                            self._keep_or_pause(lease, turn, frames[at:])
                            break
                except Exception:
                    # What was read before the failure still goes out.
                    if batch:
                        yield batch
                    raise
                if batch:
                    yield batch
                if turn.ended:
                    return
        raise StreamBroken(await process.describe_end())

    async def _feed(self, process: ClaudeProcess, turn: Turn, frame: Frame) -> Batch:
        step = turn.feed(frame)
        await process.write(step.send)
        if step.limits is not None and process in self._of_account:
            self._plan.note(step.limits)
        # Each process reports the models; listing them later needs no process of its own.
        if turn.initialized is not None and not self._models:
            self._models = read_models(turn.initialized)
        return step.events

    def _keep_or_pause(self, lease: _Lease, turn: Turn, frames: list[Frame]) -> None:
        """Keep the process for the next turn if it can answer one; else it is ended soon.

        `frames` are those behind the end of the turn. One of the next reports the use of the
        plan; it is awaited if Claude Code does nothing else meanwhile.
        """
        if lease.process not in self._of_account:
            # The account has been replaced meanwhile, and this process goes on with the one before.
            lease.process.pause()
        elif self._sessions.keep(lease.process, turn.end(), frames):
            lease.hand_over()
        elif turn.is_final and not self._plan.is_fresh():
            lease.hand_over()
            self._final_reports.await_report(lease.process, frames)
        else:
            lease.process.pause()

    async def _load_models(self, process: ClaudeProcess) -> None:
        await process.write(build_models_request())
        async with aclosing(process.read_frames()) as reads:
            async for frames in reads:
                for frame in filter(is_initialize_response, frames):
                    self._models = read_models(read_object(frame["response"], "response"))
                    return
        raise StreamBroken(await process.describe_end())


class _Lease:
    """A process while a request has it: it is ended once, unless it is handed over."""

    def __init__(self, process: ClaudeProcess, end: Callable[[ClaudeProcess], None]) -> None:
        self.process = process
        self._end = end
        self._is_held = True

    def hand_over(self) -> None:
        """Leave the process to another owner."""
        self._is_held = False

    def end(self) -> None:
        """End the process, unless that was done or it was handed over."""
        if self._is_held:
            self._is_held = False
            self._end(self.process)


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


def read_models(initialized: Mapping[str, Any]) -> list[ListedModel]:
    """Read the models of Claude Code's response to `initialize`, each once, by its full id.

    Aliases such as `default` and `opus` have the id of the model that they stand for.
    """
    models: dict[str, ListedModel] = {}
    listed = initialized.get("models")
    for model in listed if isinstance(listed, list) else ():
        id = model.get("resolvedModel") if isinstance(model, dict) else None
        if isinstance(id, str) and id:
            name = str(model.get("description") or id).split(" · ")[0]
            levels = model.get("supportedEffortLevels")
            efforts = tuple(filter(_is_text, levels if isinstance(levels, list) else ()))
            rules = resolve_rules(id)
            models[id] = ListedModel(
                id, f"Claude {name}", 0, rules.context, rules.max_output, efforts=efforts
            )
    return list(models.values())


def _is_text(value: object) -> bool:
    return isinstance(value, str)
