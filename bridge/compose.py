"""Build the bridge from its parts, according to the settings."""

from __future__ import annotations

import logging
import os
import platform
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar
from urllib.parse import urlsplit

from bridge.backends.anthropic_api.backend import MessagesApiBackend
from bridge.backends.anthropic_api.clouds.backend import CloudBackend
from bridge.backends.anthropic_api.clouds.kinds import KINDS
from bridge.backends.base import ManagedBackend, Readiness
from bridge.backends.claude_code.backend import ClaudeCodeBackend
from bridge.backends.claude_code.sign_in.accounts import Accounts
from bridge.backends.claude_code.sign_in.environments import list_environments
from bridge.backends.claude_code.sign_in.flow import SignIn
from bridge.backends.claude_code.sign_in.start import find_cli, find_root
from bridge.backends.claude_code.sign_in.status import SignInStatusReader
from bridge.backends.echo import EchoBackend
from bridge.backends.event_check import CountUnknown
from bridge.backends.selection import BackendSelection
from bridge.backends.switched import SwitchedBackend
from bridge.backends.unknown_parts import UnknownParts
from bridge.budget_table import BudgetTable
from bridge.budgets.budget import Budget
from bridge.budgets.cheaper_model import resolve_cheaper_model
from bridge.budgets.tracker import BudgetTracker
from bridge.computer.action_log import ActionLog
from bridge.computer.approval.pending import Approvals
from bridge.computer.apps.store import AppStore
from bridge.computer.executor import Executor
from bridge.computer.indicator import OptionalIndicator
from bridge.computer.native import factory
from bridge.computer.native.portal_access import PortalAccess
from bridge.computer.policy import read_policy
from bridge.computer.service import ComputerService
from bridge.computer.state import ComputerState
from bridge.embeddings.base import Embedder
from bridge.embeddings.local import LocalEmbedder
from bridge.embeddings.sources import ModelSource, find_default_source, find_source
from bridge.embeddings.upstream import UpstreamEmbedder
from bridge.errors import KeyringUnavailable, SettingsError
from bridge.keys import KeyChain, Keys, KeysUnreadable, NamedKey
from bridge.keys.access import check_access_key
from bridge.models.active import resolve_active_model
from bridge.models.aliases import Aliases
from bridge.models.catalogue import Catalogue
from bridge.models.prices import to_micro_dollars
from bridge.plan.storage import PlanStorage
from bridge.plan.tracker import DEFAULT_ACCOUNT, PlanTracker
from bridge.private_files import create_private, make_private_folder, read_secret, write_private
from bridge.private_modes import restrict_folders
from bridge.resilience.backend import ResilientBackend, Route
from bridge.resilience.policy import RetryPolicy
from bridge.routing.profile import list_profile_rules
from bridge.routing.table import RoutingTable
from bridge.server.key_cache import KeyCache
from bridge.server.metrics import Metrics
from bridge.server.state import Bridge
from bridge.settings import Paths, Settings, is_loopback
from bridge.store.ledger import Ledger
from bridge.store.responses import ResponseStore
from bridge.store.thinking import ThinkingStore
from bridge.wire.control import Switches
from bridge.wire.health import BackendName

_log = logging.getLogger(__name__)

_Key = TypeVar("_Key")
_Backend = TypeVar("_Backend")

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")
"""What `secrets.token_urlsafe` makes of so many bytes; a shorter text could be guessed."""


def make_bridge(
    settings: Settings, paths: Paths, readers: Mapping[str, SignInStatusReader] = {}
) -> Bridge:
    """Build a Bridge for these settings; `readers` read sign-ins already, by their names.

    Raises SettingsError for an unknown model, for a budget whose model is not cheaper, for an
    upstream that is the bridge itself, and for an address that others can reach while the bridge
    has no access key.
    """
    _check_upstream(settings)
    restrict_folders({paths.config, paths.data, paths.logs})
    aliases = Aliases(paths.model_aliases, settings.model_aliases)
    switches = _build_switches(settings, aliases)
    is_public = not is_loopback(settings.host)
    keys = KeyCache(KeyChain(paths.data), is_public=is_public)
    if is_public:
        _check_public_address(settings, keys)
    budgets = _build_budgets(settings, switches.model, aliases)
    metrics = Metrics()
    ledger = Ledger(paths.ledger)
    plan = PlanTracker(settings.extra_usage, PlanStorage(paths.plan))
    count_unknown = UnknownParts(metrics.count_unknown).add
    backends = _build_backends(settings, paths, keys, count_unknown, plan, switches, readers)
    cli = find_cli(settings)
    environs = list_environments(settings, os.environ)
    return Bridge(
        settings=settings,
        switches=switches,
        selection=BackendSelection(backends, switches),
        catalogue=Catalogue(time.monotonic),
        aliases=aliases,
        routing=RoutingTable(
            paths.routing_rules, (*settings.rules, *list_profile_rules(settings.profile))
        ),
        keys=keys,
        thinking=ThinkingStore(paths.thinking, settings.thinking_days),
        embedder=_build_embedder(settings, paths, keys),
        responses=ResponseStore(paths.responses, settings.response_days),
        ledger=ledger,
        plan=plan,
        budgets=BudgetTracker(budgets, ledger),
        computer=_build_computer(settings, paths),
        sign_in=SignIn(cli, environs),
        accounts=Accounts(cli, environs, paths.claude_code),
        control_token=_load_control_token(paths),
        started_at=int(time.time()),
        paths=paths,
        versions=_read_versions(),
        metrics=metrics,
    )


def _build_switches(settings: Settings, aliases: Aliases) -> Switches:
    return Switches(
        model=_resolve_model(settings, aliases),
        backend=settings.backend,
        sign_in=settings.sign_in,
        use_for_everything=settings.use_for_everything,
    )


def _read_versions() -> dict[str, str]:
    """Return versions for bug reports, without loading the libraries."""
    versions = {"python": platform.python_version()}
    for name in ("aiohttp", "anthropic", "claude-agent-sdk"):
        # Claude Code's package is an extra.
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _check_upstream(settings: Settings) -> None:
    # Users who point Claude Code at the bridge may have set the variable for all programs.
    upstream = urlsplit(os.environ.get("ANTHROPIC_BASE_URL", ""))
    local = upstream.hostname in ("localhost", "127.0.0.1", "::1", settings.host)
    # Port 0 is any free port, so it cannot be the one in the variable.
    if local and settings.port and upstream.port == settings.port:
        raise SettingsError(
            f"ANTHROPIC_BASE_URL={upstream.geturl()} is the address of the bridge itself, which "
            "would send every request to itself. Start the bridge without that variable."
        )


def _check_public_address(settings: Settings, keys: KeyCache) -> None:
    check_access_key(settings.host, keys.load_now())
    _log.warning(
        "Listening on %s: everyone with the access key can use your Claude account. Connections "
        "are not encrypted; put a TLS proxy in front of the bridge, or use an SSH tunnel.",
        settings.host,
    )


def ensure_control_token(paths: Paths) -> str:
    """Return the user's control token; create its 0600 file at the first start.

    A file that others could read or write, or without a whole token, is replaced: its token may be
    known to others. Raises SettingsError if it cannot be.
    """
    path = paths.control_token
    make_private_folder(paths.data)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    # Of two servers that start at the same time, the second takes the token of the first.
    if create_private(path, f"{token}\n"):
        return token
    stored = read_secret(path)
    if stored is not None and _TOKEN.fullmatch(stored):
        return stored
    write_private(path, f"{token}\n")
    _log.warning("Replaced %s: it was damaged, or other users could read it.", path)
    return token


def _load_control_token(paths: Paths) -> str:
    """Return the token; if it cannot be stored, one that only this process knows."""
    try:
        return ensure_control_token(paths)
    except SettingsError as error:
        # The folder may have become read-only since the token was written.
        stored = read_secret(paths.control_token)
        if stored is not None and _TOKEN.fullmatch(stored):
            return stored
        _log.warning(
            "%s. The server runs, but the tray, the dashboard and commands cannot control it.",
            f"{str(error)[0].upper()}{str(error)[1:]}",
        )
        return secrets.token_urlsafe(_TOKEN_BYTES)


def _build_backends(
    settings: Settings,
    paths: Paths,
    keys: KeyCache,
    count_unknown: CountUnknown,
    plan: PlanTracker,
    switches: Switches,
    readers: Mapping[str, SignInStatusReader],
) -> dict[BackendName, ManagedBackend]:
    policy = RetryPolicy(settings.retries + 1, max_seconds=settings.retry_seconds)
    sign_ins = {
        name: _build_claude_code(
            settings, paths, count_unknown, plan, policy, name, environ, readers.get(name)
        )
        for name, environ in list_environments(settings, os.environ).items()
    }
    load_clouds = _make_cloud_loader(settings, count_unknown)
    load_anthropic = _make_key_loader(
        keys, settings.upstream_silence_seconds, count_unknown, load_clouds
    )
    return {
        "claude-code": SwitchedBackend(sign_ins, lambda: switches.sign_in),
        "anthropic": ResilientBackend(
            "anthropic", load_anthropic, policy, get_version=lambda: keys.version
        ),
        "offline": EchoBackend(),
    }


def _make_key_loader(
    keys: KeyCache,
    silence_seconds: float,
    count_unknown: CountUnknown,
    load_clouds: Callable[[Keys], Sequence[Route]],
) -> Callable[[], Awaitable[Sequence[Route]]]:
    """Make the function that loads a route for each API key, and behind them for each cloud."""
    environment = MessagesApiBackend(
        silence_seconds, count_unknown, explain_missing=lambda: _explain_unreadable(keys)
    )
    by_key: dict[NamedKey, MessagesApiBackend] = {}

    async def load_routes() -> Sequence[Route]:
        try:
            stored = await keys.get_keys()
        except KeyringUnavailable:
            # No client gets this far, except those with the control token.
            stored = Keys()
        _update_backends(
            by_key,
            stored.anthropic,
            lambda key: MessagesApiBackend(silence_seconds, count_unknown, key),
        )
        for key in by_key:
            if keys.take_accepted(key):
                by_key[key].credential.accept()
        routes = [Route(f"key {key.name}", backend) for key, backend in by_key.items()]
        routes += load_clouds(stored)
        # A key in the environment comes first. It is also used without any key and cloud, because
        # its error explains how to add one.
        if not routes or await environment.has_credential():
            routes.insert(0, Route("the environment's key", environment))
        return routes

    return load_routes


def _make_cloud_loader(
    settings: Settings, count_unknown: CountUnknown
) -> Callable[[Keys], Sequence[Route]]:
    """Make the function that returns a route for each cloud, in the order of the setting."""
    by_secret: dict[tuple[str, str | None], CloudBackend] = {}

    def make_backend(credential: tuple[str, str | None]) -> CloudBackend:
        name, secret = credential
        table = settings.clouds[name]
        cloud = KINDS[table.kind](name, table, secret)
        return CloudBackend(cloud, settings.upstream_silence_seconds, count_unknown)

    def load_clouds(keys: Keys) -> Sequence[Route]:
        secrets_by_name = {key.name: key.secret for key in keys.cloud}
        credentials = [(name, secrets_by_name.get(name)) for name in settings.clouds]
        _update_backends(by_secret, credentials, make_backend)
        return [Route(f"cloud {name}", backend) for (name, _), backend in by_secret.items()]

    return load_clouds


def _update_backends(
    backends: dict[_Key, _Backend], keys: Iterable[_Key], make: Callable[[_Key], _Backend]
) -> None:
    """Have one backend for each key: an unchanged key keeps its connections and its state."""
    known = dict(backends)
    backends.clear()
    for key in keys:
        backends[key] = known.get(key) or make(key)


def _explain_unreadable(keys: KeyCache) -> Readiness | None:
    """Return why there is no key, if keys are saved but cannot be read."""
    problem = keys.problem
    if problem is None:
        return None
    return Readiness(False, f"the saved keys cannot be read: {problem.problem}", problem.hint)


def _build_claude_code(
    settings: Settings,
    paths: Paths,
    count_unknown: CountUnknown,
    plan: PlanTracker,
    policy: RetryPolicy,
    sign_in: str,
    environ: Mapping[str, str],
    reader: SignInStatusReader | None,
) -> ResilientBackend:
    """Build the backend of one sign-in."""
    is_default = sign_in == DEFAULT_ACCOUNT
    backend = ClaudeCodeBackend(
        find_root(paths, sign_in),
        environ,
        count_unknown,
        plan.for_account(sign_in),
        cli=find_cli(settings),
        sign_in=reader,
        spares=settings.claude_spares,
        max_processes=settings.claude_processes,
        live_sessions=settings.claude_live_sessions,
        silence_seconds=settings.upstream_silence_seconds,
        # Others must not use the subscription of the user who is signed in here.
        offered=is_loopback(settings.host),
    )

    async def load_route() -> Sequence[Route]:
        return [Route("Claude Code" if is_default else f"Claude Code ({sign_in})", backend)]

    return ResilientBackend("claude-code", load_route, policy)


def _build_computer(settings: Settings, paths: Paths) -> ComputerService:
    """Make the computer service, turned off; libraries of the desktop are loaded on first use."""
    log = None
    if settings.computer_log != "off":
        log = ActionLog(paths.computer_log, thumbnails=settings.computer_log == "thumbnails")
    state = ComputerState(
        Executor(partial(factory.open_desktop, PortalAccess(paths.portal_token))),
        lambda: read_policy(paths.computer_policy),
        Approvals(settings.computer_approval_seconds),
        log,
        AppStore(paths.computer_apps),
    )
    stop_key = settings.computer_stop_key
    return ComputerService(state, OptionalIndicator(lambda: factory.open_indicator(stop_key)))


def _build_embedder(settings: Settings, paths: Paths, keys: KeyCache) -> Embedder | None:
    """Build the embedder; it loads or downloads nothing before the first request."""
    match settings.embeddings:
        case "local":
            return LocalEmbedder(_find_model_source(settings, paths))
        case "upstream":
            if settings.embedding_url == "none":
                raise SettingsError(
                    "setting embedding_url: `upstream` needs the base URL of the service"
                )
            if "embedding_model" not in settings.model_fields_set:
                # Some servers have one model and ignore the name, so this is no error.
                _log.warning(
                    "Setting embedding_model is not set: it must name a model of the service. "
                    "Until then, %s is requested.",
                    settings.embedding_model,
                )
            key = next(iter(_load_embedding_keys(keys)), None)
            service = settings.embedding_service
            return UpstreamEmbedder(
                settings.embedding_url,
                key.secret if key is not None else None,
                settings.embedding_model,
                service=None if service == "auto" else service,
            )
        case "none":
            return None


def _find_model_source(settings: Settings, paths: Paths) -> ModelSource:
    cache = paths.data / "embedding-models"
    if "embedding_model" in settings.model_fields_set:
        return find_source(settings.embedding_model, cache)
    return find_default_source(cache)


def _load_embedding_keys(keys: KeyCache) -> tuple[NamedKey, ...]:
    """Load the keys of the embedding service; none if they cannot be read.

    Raises KeysUnreadable if an access key is among those that cannot be read.
    """
    try:
        return keys.load_now().embeddings
    except KeysUnreadable as error:
        if error.access_required:
            raise
        _log.warning("Embeddings are requested without a key: %s", error)
        return ()


def _build_budgets(settings: Settings, active: str, aliases: Aliases) -> list[Budget]:
    """Build the budgets; `active` is the model of the settings, as resolved."""
    return [
        Budget(
            limit=to_micro_dollars(table.dollars),
            per=table.per,
            backend=table.backend,
            client=table.client,
            key=table.key,
            each=table.each,
            cheaper_model=_find_cheaper_model(table, number, active, aliases),
        )
        for number, table in enumerate(settings.budgets, 1)
    ]


def _find_cheaper_model(
    table: BudgetTable, number: int, active: str, aliases: Aliases
) -> str | None:
    """Return the model that answers at the limit; None if requests are refused then."""
    resolved = resolve_cheaper_model(table, number, active, aliases)
    if resolved is None:
        return None
    for notice in resolved.notices:
        _log.warning("Setting budgets, entry %d, at_limit: %s", number, notice)
    return resolved.model


def _resolve_model(settings: Settings, aliases: Aliases) -> str:
    resolved = resolve_active_model(settings, aliases)
    for notice in resolved.notices:
        _log.warning("Setting %s", notice)
    return resolved.model
