"""The state of a running server."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from aiohttp import web

from bridge.backends.claude_code.sign_in.accounts import Accounts
from bridge.backends.claude_code.sign_in.flow import SignIn
from bridge.backends.selection import BackendSelection
from bridge.budgets.tracker import BudgetTracker
from bridge.computer.service import ComputerService
from bridge.embeddings.base import Embedder
from bridge.errors import (
    BridgeError,
    InvalidRequest,
    ModelNotFound,
    Paused,
    TooManyStreams,
)
from bridge.inspect.recorder import Recorder
from bridge.models.aliases import Aliases
from bridge.models.catalogue import Catalogue
from bridge.models.learned_limits import LearnedLimits
from bridge.models.names import KnownNames, ResolvedModel, resolve, resolve_rules
from bridge.models.retirement import read_today
from bridge.models.rules import ECHO, ModelRules
from bridge.models.spelling import is_same_model
from bridge.paths import Paths
from bridge.plan.tracker import PlanTracker
from bridge.resilience.heavy_work import HeavyWork
from bridge.resilience.memory_budget import MemoryBudget
from bridge.routing.table import RoutingTable
from bridge.server.key_cache import KeyCache
from bridge.server.metrics import Metrics
from bridge.server.request_record import Caller
from bridge.server.sightings import Sightings
from bridge.settings import Settings
from bridge.store.ledger import Ledger
from bridge.store.page_sessions import PageSessions
from bridge.store.redirect_files import RedirectFiles
from bridge.store.responses import ResponseStore
from bridge.store.thinking import ThinkingStore
from bridge.store.tickets import Tickets
from bridge.store.unlock_codes import UnlockCodes
from bridge.wire.control import Switches
from bridge.wire.responses import Response
from bridge.wire.routing.rule import RoutingRule
from bridge.wire.usage import LastFailure

_EXPIRE_SECONDS = 3_600.0
_QUEUE_POLL_SECONDS = 0.05

_log = logging.getLogger(__name__)


@dataclass
class Bridge:
    """All state of the server; `compose` makes it, and the application has it under `BRIDGE`.

    Stopping: `stop_requested` makes new requests fail with ShuttingDown, `drain` waits for the
    running answers and then cancels them, `close` releases everything else.
    """

    settings: Settings
    switches: Switches
    selection: BackendSelection
    catalogue: Catalogue
    aliases: Aliases
    routing: RoutingTable
    keys: KeyCache
    thinking: ThinkingStore
    responses: ResponseStore
    embedder: Embedder | None
    ledger: Ledger
    plan: PlanTracker
    budgets: BudgetTracker
    computer: ComputerService
    sign_in: SignIn
    accounts: Accounts
    control_token: str
    started_at: int
    paths: Paths
    versions: dict[str, str] = field(default_factory=dict)
    read_today: Callable[[], date] = read_today
    """Returns today's date in UTC, by which models retire."""
    chosen_model: str = ""
    """The name of the active model as the user chose it: perhaps one of the user's own."""
    url: str = ""
    listening: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when requests are answered and the address has been announced."""
    stop_requested: asyncio.Event = field(default_factory=asyncio.Event)
    check_settings: Callable[[], None] = lambda: None
    """Raises SettingsError if this process could not start again with the settings as they are."""
    metrics: Metrics = field(default_factory=Metrics)
    heavy_work: HeavyWork = field(default_factory=HeavyWork)
    bodies: MemoryBudget = field(init=False)
    """The memory of the bodies that are being read or answered."""
    learned: LearnedLimits = field(default_factory=LearnedLimits)
    """What requests that upstream rejected have taught, until the server ends."""
    recorder: Recorder = field(default_factory=Recorder)
    """What the page `/inspect` shows; it stores nothing while it is off."""
    last_failure: LastFailure | None = None
    sightings: Sightings = field(default_factory=Sightings)
    """The last request of each known program."""
    background: dict[str, tuple[asyncio.Task[None], Response]] = field(default_factory=dict)
    """Background responses that are being written, by id."""
    deletions: int = 0
    """How often the user has had stored content deleted."""
    tickets: Tickets = field(default_factory=Tickets)
    unlock_codes: UnlockCodes = field(default_factory=UnlockCodes)
    redirect_files: RedirectFiles = field(default_factory=RedirectFiles)
    page_sessions: PageSessions = field(default_factory=PageSessions)
    restart_requested: bool = False
    """Whether the process starts again when the server has stopped."""
    stop_now: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by a second request to stop: running answers are cancelled at once."""
    _answers: set[asyncio.Task[Any]] = field(default_factory=set)
    _queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _warm_up: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        # A body of the largest size must fit, with the objects that are made from it.
        megabytes = max(self.settings.max_bodies_mb, 4 * self.settings.max_body_mb)
        self.bodies = MemoryBudget(megabytes << 20)
        self.chosen_model = self.chosen_model or self.settings.model

    @property
    def open_streams(self) -> int:
        """The number of answers being written."""
        return len(self._answers)

    @property
    def stopping(self) -> bool:
        return self.stop_requested.is_set()

    @property
    def active_model(self) -> str:
        """The model for `default` and OpenAI's names; the echo if the backend is `offline`."""
        return self.resolve_name("default").model

    def request_stop(self) -> None:
        """Stop, and do not start again, even if a restart is under way."""
        self.restart_requested = False
        self.stop_requested.set()

    def request_restart(self) -> None:
        """Stop, and let the process start again."""
        self.restart_requested = True
        self.stop_requested.set()

    def choose_sign_in(self, name: str) -> None:
        """Use a sign-in of Claude Code from the next request on. Raises InvalidRequest."""
        self.check_sign_in(name)
        self.switches.sign_in = name

    def check_sign_in(self, name: str, *, param: str = "sign_in") -> None:
        """Raise InvalidRequest if the settings have no such sign-in."""
        names = self.settings.sign_in_names
        if name not in names:
            listed = ", ".join(f"`{name}`" for name in names)
            raise InvalidRequest(
                f"There is no sign-in `{name[:40]}`; there are {listed} (setting sign_ins).",
                param=param,
            )

    def choose_model(self, name: str) -> None:
        """Make a model the active one, from the next request on. Raises ModelNotFound."""
        # An alias is resolved now: the switch shows the model that will answer.
        chosen, today = self.switches.model, self.read_today()
        self.switches.model = resolve(name, chosen, self.known_names, today).model
        self.chosen_model = name

    def resolve_name(self, name: str) -> ResolvedModel:
        """Resolve a name whatever `use_for_everything` says. Raises ModelNotFound."""
        chosen = ECHO if self.switches.backend == "offline" else self.switches.model
        return resolve(name, chosen, self.known_names, self.read_today())

    def resolve(self, name: str, caller: Caller, *, is_counted: bool = False) -> ResolvedModel:
        """Resolve a client's `model` field by the user's rules. Raises ModelNotFound.

        `is_counted`: count the request as one that the rule has applied to.
        """
        entry = self.routing.find(caller.client, caller.key, name)
        if entry is None:
            return self._resolve_by_switches(name)
        if is_counted:
            self.routing.count(entry)
        rule = entry.rule
        resolved = (
            self._resolve_by_switches(name)
            if rule.chosen_model is None
            else self.resolve_for_rule(rule, rule.chosen_model, name)
        )
        effort = rule.chosen_effort
        if effort is None:
            return replace(resolved, rule=rule)
        notice = f"effort: the rule “{rule.name}” asks for {effort}"
        notices = (*resolved.notices, notice)
        return replace(resolved, rule=rule, effort=effort, notices=notices)

    def resolve_for_rule(self, rule: RoutingRule, use_model: str, name: str) -> ResolvedModel:
        """Resolve the model that a rule uses instead of `name`. Raises ModelNotFound."""
        chosen = ECHO if self.switches.backend == "offline" else self.switches.model
        known, today = self.known_names, self.read_today()
        try:
            target = resolve(use_model, chosen, known, today, is_own=True)
        except ModelNotFound as error:
            raise ModelNotFound(
                f"The rule “{rule.name}” uses `{use_model}`. {error.message}", param="model"
            ) from error
        if is_same_model(name, target.model):
            return target
        requested = name.strip() or "default"
        notice = f"model: {target.model} is used instead of {requested} (rule “{rule.name}”)"
        return replace(target, notices=(notice, *target.notices))

    def _resolve_by_switches(self, name: str) -> ResolvedModel:
        resolved = self.resolve_name(name)
        if not self.switches.use_for_everything:
            return resolved
        chosen = self.resolve_name("default")
        # The echo must not answer in place of Claude, nor Claude in place of the echo.
        if ECHO in (chosen.model, resolved.model):
            return resolved
        if resolved.model == chosen.model:
            return resolved
        notice = f"model: {chosen.model} is used instead of {name.strip()} (use_for_everything)"
        return ResolvedModel(chosen.model, (notice, *chosen.notices))

    @property
    def known_names(self) -> KnownNames:
        """The names that the user and the active backend add to the built-in ones."""
        return KnownNames(self.catalogue.ids, self.aliases.index, self.catalogue.retirements)

    def find_rules(self, model: str, backend: str | None = None) -> ModelRules:
        """Find the rules of a resolved model, with what was learned about it at the backend."""
        listed = resolve_rules(model, self.catalogue.find(model))
        return listed if backend is None else self.learned.apply(backend, model, listed)

    def start_warm_up(self) -> None:
        """Warm up the active backend in a task, and stop the background work of the others."""
        # An earlier task may be warming up a backend that is no longer active.
        if self._warm_up is not None:
            self._warm_up.cancel()
        self._warm_up = asyncio.create_task(self._warm_active())

    async def _warm_active(self) -> None:
        await self.selection.warm_active()
        await self.catalogue.list_models(await self.selection.select_for_listing())

    @property
    def storage_problems(self) -> list[str]:
        """What happened to the files since the start, for the user."""
        stores = (self.responses, self.thinking, self.ledger, self.plan)
        return [problem for store in stores for problem in store.problems]

    async def maintain_stores(self) -> None:
        """Delete the files that there are to be none of, and every hour what is too old."""
        for store in (self.responses, self.thinking):
            with _log_storage_failure():
                await asyncio.to_thread(store.open)
        while True:
            for expire in (self.responses.expire, self.thinking.expire, self.ledger.expire):
                with _log_storage_failure():
                    await expire()
            await asyncio.sleep(_EXPIRE_SECONDS)

    async def close(self) -> None:
        """Release everything, after `drain`."""
        self.recorder.turn_off()
        if self._warm_up is not None:
            self._warm_up.cancel()
            await asyncio.wait([self._warm_up])
        # `drain` has cancelled the tasks that were running; each now stores its response as failed.
        tasks = [task for task, _ in self.background.values()]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.computer.close()
        await self.sign_in.close()
        await self.accounts.close()
        await self.redirect_files.close()
        await self.selection.close()
        if self.embedder is not None:
            await self.embedder.close()
        # The stores come last, as everything above may still write to them.
        await self.thinking.close()
        await self.responses.close()
        await self.ledger.close()
        await self.plan.close()
        self.heavy_work.close()

    def track_answer(self) -> TrackedAnswer:
        """Count the answer that the current task writes, until the block of the result ends.

        Raises TooManyStreams at the limit `max_streams`, and Paused while the bridge is paused.
        """
        self.check_capacity()
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an answer must be written in a task, so that `drain` can cancel it")
        return TrackedAnswer(self, task)

    def check_capacity(self) -> None:
        """Raise TooManyStreams at the limit `max_streams`, and Paused while it is paused."""
        self._check_paused()
        if self._is_full():
            raise TooManyStreams(
                f"The bridge already handles {len(self._answers)} requests (max_streams).",
                headers={"retry-after": "1"},
            )

    def check_queue(self) -> None:
        """Raise TooManyStreams if `max_streams` more answers wait for their turn, and Paused."""
        self._check_paused()
        waiting = sum(task not in self._answers for task, _ in self.background.values())
        if len(self._answers) + waiting >= 2 * self.settings.max_streams:
            raise TooManyStreams(
                f"The bridge handles {len(self._answers)} requests (max_streams), and {waiting} "
                "background responses wait.",
                headers={"retry-after": "5"},
            )

    @asynccontextmanager
    async def queue_answer(self) -> AsyncIterator[None]:
        """Wait until one more answer can be written, then count it until the block ends."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an answer must be written in a task, so that `drain` can cancel it")
        # The lock is fair, so that the first in the queue is the first to write.
        async with self._queue:
            # Polled: settings, switches and other answers decide, and only the first one polls.
            while self._is_full() or self.switches.paused:  # noqa: ASYNC110
                await asyncio.sleep(_QUEUE_POLL_SECONDS)
            self.add_answer(task)
        try:
            yield
        finally:
            self.remove_answer(task)

    def _check_paused(self) -> None:
        if self.switches.paused:
            raise Paused("The bridge is paused. Choose Resume requests in the tray menu.")

    def _is_full(self) -> bool:
        return len(self._answers) >= self.settings.max_streams

    def add_answer(self, task: asyncio.Task[Any]) -> None:
        """Count an answer that a task writes."""
        self._answers.add(task)
        self._idle.clear()

    def remove_answer(self, task: asyncio.Task[Any]) -> None:
        """Count an answer no longer."""
        self._answers.discard(task)
        if not self._answers:
            self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Wait up to `seconds`, or until `stop_now`, for running answers; then cancel the rest.

        A cancelled answer reports ShuttingDown to its client.
        """
        for task, _ in tuple(self.background.values()):
            # Not begun yet: there is nothing to wait for, and it is stored as failed.
            if task not in self._answers:
                task.cancel()
        if not self._answers:
            return
        waiting = [asyncio.ensure_future(e.wait()) for e in (self._idle, self.stop_now)]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for future in waiting:
            future.cancel()
        for task in tuple(self._answers):
            task.cancel()


class TrackedAnswer:
    """Counts an answer while its block runs; a class, because it runs for every request."""

    __slots__ = ("_bridge", "_task")

    def __init__(self, bridge: Bridge, task: asyncio.Task[Any]) -> None:
        self._bridge = bridge
        self._task = task

    def __enter__(self) -> None:
        self._bridge.add_answer(self._task)

    def __exit__(self, *_: object) -> None:
        self._bridge.remove_answer(self._task)


@contextmanager
def _log_storage_failure() -> Iterator[None]:
    try:
        yield
    except (BridgeError, sqlite3.Error, OSError) as error:
        _log.warning("Stored content that is too old could not be deleted: %s", error)


BRIDGE = web.AppKey("bridge", Bridge)
