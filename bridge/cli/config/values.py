"""The values of settings: parse them from the command line, and find where they are set."""

from __future__ import annotations

import os
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bridge.cli.parsing import quote, suggest
from bridge.errors import SettingsError
from bridge.paths import ENV_PREFIX
from bridge.settings import Settings

_TABLES = ("budgets", "clouds", "rules")
"""Settings that are tables of tables, which are too long for one word."""


class FileSettings(Settings):
    """The settings with values from one place only, such as a file that is to be checked."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the values that were passed, and no other source."""
        return (init_settings,)


def check_name(name: str) -> str:
    """Return the name of a setting, also if it is spelled as its flag. Raises SettingsError."""
    plain = name.strip().removeprefix("--").replace("-", "_").lower()
    if plain not in Settings.model_fields:
        meant = suggest(plain, Settings.model_fields) or ". See: claude-bridge serve --help"
        raise SettingsError(f"no setting {quote(name)}{meant}")
    return plain


def parse_value(name: str, text: str, values: dict[str, Any]) -> Any:
    """Return a value as the file has it, from the text of the command line.

    `values` are those of the file. Raises SettingsError for a value that does not go with them.
    """
    if name in _TABLES:
        raise SettingsError(f"{name} is a list of tables. Write it with: claude-bridge config edit")
    value = getattr(check_values({**values, name: text}), name)
    return list(value) if isinstance(value, tuple) else value


def check_values(values: dict[str, Any]) -> Settings:
    """Check all values of a file together, and return them. Raises SettingsError."""
    try:
        return FileSettings(**values)
    except ValidationError as error:
        raise SettingsError(f"setting {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """Return the problems as phrases, each with the place of its value."""
    parts = []
    for problem in error.errors(include_url=False):
        place = ".".join(map(str, problem["loc"]))
        words = problem["msg"].removeprefix("Value error, ")
        words = words[0].lower() + words[1:] if place else words
        parts.append(f"{place}: {words}" if place else words)
    return "; ".join(parts)


def find_origin(name: str) -> str:
    """Return where a setting was set: its variable, which wins, or the file."""
    variable = ENV_PREFIX + name.upper()
    return variable if variable in os.environ else "config.toml"
