"""Check before a start whether a server would refuse the settings, as `make_bridge` does."""

from __future__ import annotations

from bridge.budgets.cheaper_model import resolve_cheaper_model
from bridge.keys import KeyChain
from bridge.keys.access import check_access_key
from bridge.models.active import resolve_active_model
from bridge.models.aliases import Aliases
from bridge.paths import Paths
from bridge.settings import Settings, is_loopback


def check_start(settings: Settings, paths: Paths) -> None:
    """Raise SettingsError for an unknown model, or if an access key is needed and missing."""
    check_models(settings, paths)
    if not is_loopback(settings.host):
        check_access_key(settings.host, KeyChain(paths.data).load())


def check_models(settings: Settings, paths: Paths) -> None:
    """Raise SettingsError for a model in the settings that does not exist or does not fit."""
    aliases = Aliases(paths.model_aliases, settings.model_aliases)
    active = resolve_active_model(settings, aliases).model
    for number, table in enumerate(settings.budgets, 1):
        resolve_cheaper_model(table, number, active, aliases)
