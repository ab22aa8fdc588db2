"""The active model: what answers `default` and OpenAI's names, until it is changed."""

from __future__ import annotations

from bridge.errors import ModelNotFound, SettingsError
from bridge.models.aliases import Aliases
from bridge.models.names import KnownNames, ResolvedModel, resolve
from bridge.settings import Settings


def resolve_active_model(settings: Settings, aliases: Aliases) -> ResolvedModel:
    """Return the model of the setting `model`. Raises SettingsError if it does not exist."""
    # The setting may be `default` or one of OpenAI's names, too.
    default = str(Settings.model_fields["model"].default)
    try:
        return resolve(settings.model, default, KnownNames(aliases=aliases.index))
    except ModelNotFound as error:
        raise SettingsError(f"setting model: {error.message}") from error
