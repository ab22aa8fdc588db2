"""Every setting as a command-line flag, for the commands that start a server."""

from __future__ import annotations

import argparse
from typing import Any, Literal, get_args, get_origin

from bridge.settings import Settings, format_default

USAGE = "%(prog)s [-h] [SETTINGS]"
"""The start of a usage line: listing 40 settings there would hide the other options."""


def add_setting_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting.

    Values stay text here: `load_settings` checks flags, variables and the file in the same way.
    """
    parser.usage = USAGE
    group = parser.add_argument_group(
        "settings", "Each is also an environment variable and a line in config.toml."
    )
    for name, field in Settings.model_fields.items():
        is_choice = get_origin(field.annotation) is Literal
        group.add_argument(
            _name_flag(name),
            metavar="|".join(get_args(field.annotation)) if is_choice else name.upper(),
            help=f"{field.description} (default: {format_default(field.default)})",
        )


def read_setting_flags(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the value of each setting's flag, None where it was not used."""
    return {name: getattr(arguments, name, None) for name in Settings.model_fields}


def repeat_setting_flags(arguments: argparse.Namespace) -> list[str]:
    """Return the flags that were used, as arguments for another `claude-bridge`."""
    return [
        word
        for name, value in read_setting_flags(arguments).items()
        if value is not None
        for word in (_name_flag(name), str(value))
    ]


def _name_flag(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"
