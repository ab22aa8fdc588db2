"""Change `config.toml` and keep its comments; write it whole, and only if it is valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from bridge.cli.config.values import check_values
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.private_files import read_text, write_private

_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def read_document(path: Path) -> str:
    """Return the text of the file, empty if there is none. Raises SettingsError if it is broken."""
    text = read_text(path) or ""
    parse_text(text, path)
    return text


def parse_text(text: str, path: Path) -> dict[str, Any]:
    """Return the values of a text. Raises SettingsError, which names the line."""
    try:
        return tomllib.loads(text)
    # A recursion error: brackets nested without end.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}. Repair it with: claude-bridge config edit"
        ) from error


def add_value(text: str, name: str, value: Any) -> str:
    """Return the text with a setting changed or added; all else in it stays as it is."""
    # Imported on use: only this command needs it.
    import tomlkit

    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        value = table
    document = tomlkit.parse(text)
    if name in document:
        document[name] = value
        return tomlkit.dumps(document)
    line = f"{name} = {tomlkit.item(value).as_string()}\n"
    return _insert_line(text, name, line)


def _insert_line(text: str, name: str, line: str) -> str:
    """Insert a new setting below its comment in the template, or before the first table."""
    table = _TABLE.search(text)
    end = table.start() if table is not None else len(text)
    comment = re.compile(rf"^#[ \t]*{name}[ \t]*=.*\n?", re.MULTILINE).search(text, 0, end)
    place = comment.end() if comment is not None else end
    before = text[:place]
    if before and not before.endswith("\n"):
        before += "\n"
    return before + line + text[place:]


def write_checked(path: Path, text: str) -> None:
    """Check the whole text, and replace the file at once. Raises SettingsError; nothing changes."""
    # Imported on use: `get` and `path` need no models.
    from bridge.cli.start_check import check_models

    try:
        check_models(check_values(parse_text(text, path)), find_paths())
    except SettingsError as error:
        raise SettingsError(f"not saved: {error}") from error
    # The link's target, as with settings that are in a folder of dotfiles.
    write_private(path.resolve(), text)
