"""Makes the pieces and joins them."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from bridge.backends.base import Backend
from bridge.backends.choice import BackendChoice
from bridge.backends.claude_code.backend import ClaudeCodeBackend
from bridge.backends.messages_api import MessagesApiBackend
from bridge.backends.offline import OfflineBackend
from bridge.errors import ModelNotFound, SettingsError
from bridge.models.catalogue import Catalogue
from bridge.models.names import resolve
from bridge.server.state import Bridge
from bridge.settings import Paths, Settings
from bridge.store.thinking import ThinkingStore
from bridge.wire.control import BackendName, Switches


def make_bridge(settings: Settings, paths: Paths) -> Bridge:
    """A Bridge for these settings. Raises SettingsError for a model that does not exist."""
    switches = Switches(model=_model(settings), backend=settings.backend)
    return Bridge(
        settings=settings,
        switches=switches,
        choice=BackendChoice(_backends(settings, paths), switches),
        catalogue=Catalogue(time.monotonic),
        thinking=ThinkingStore(paths.thinking, settings.thinking_days),
        control_token=ensure_control_token(paths),
        started_at=int(time.time()),
    )


def ensure_control_token(paths: Paths) -> str:
    """This person's token, made once: a file that only they can read."""
    path = paths.control_token
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        token = path.read_text("ascii").strip()
        if token:
            return token
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def _backends(settings: Settings, paths: Paths) -> dict[BackendName, Backend]:
    return {
        "claude-code": ClaudeCodeBackend(
            paths.claude_code,
            os.environ,
            cli=None if settings.claude_cli == "bundled" else Path(settings.claude_cli),
            spares=settings.claude_spares,
            silence_seconds=settings.upstream_silence_seconds,
        ),
        "anthropic": MessagesApiBackend(settings.upstream_silence_seconds),
        "offline": OfflineBackend(),
    }


def _model(settings: Settings) -> str:
    try:
        return resolve(settings.model, settings.model).model
    except ModelNotFound as error:
        raise SettingsError(f"setting model: {error.message}") from error
