"""`claude-bridge config get|set|edit|path`: show and change settings in `config.toml`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from bridge.cli.config.document import add_value, parse_text, read_document, write_checked
from bridge.cli.config.editor import edit_file
from bridge.cli.config.lock import lock_settings
from bridge.cli.config.template import ensure_settings_file
from bridge.cli.config.values import check_name, find_origin, parse_value
from bridge.cli.exit_codes import ExitCode
from bridge.cli.parsing import complete_with
from bridge.cli.text import clean_line, print_error, print_line
from bridge.errors import SettingsError
from bridge.paths import find_paths
from bridge.running import list_servers
from bridge.settings import Settings, format_default, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `config`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{get,set,edit,path}")
    get = actions.add_parser("get", help="print a setting, or all that are not at their default")
    complete_with(get.add_argument("name", nargs="?", help="such as port"), Settings.model_fields)
    get.add_argument("--json", action="store_true", help="print it as JSON")
    setting = actions.add_parser("set", help="check a setting, and save it in config.toml")
    complete_with(setting.add_argument("name", help="such as port"), Settings.model_fields)
    setting.add_argument("value", help="such as 8001; lists with commas between")
    actions.add_parser("edit", help="open config.toml in your editor, and check what you save")
    actions.add_parser("path", help="print the path of config.toml")


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code. Raises SettingsError and CommandFailed."""
    path = find_paths().config_file
    match arguments.action:
        case "get" if arguments.name is None:
            _print_changed(as_json=arguments.json)
        case "get":
            _print_value(check_name(arguments.name), as_json=arguments.json)
        case "set":
            _save_value(check_name(arguments.name), arguments.value)
        case "edit":
            ensure_settings_file(path)
            if edit_file(path):
                _print_next_step()
        case _:
            print_line(path)
    return ExitCode.OK


def _print_value(name: str, *, as_json: bool) -> None:
    """Print the value that a server would start with now."""
    value = load_settings().model_dump(mode="json")[name]
    print(json.dumps(value) if as_json else clean_line(format_default(value)))


def _print_changed(*, as_json: bool) -> None:
    """Print each setting that is not at its default, and where it was set."""
    settings = load_settings()
    values = settings.model_dump(mode="json")
    # In the order of the documentation.
    names = [name for name in Settings.model_fields if name in settings.model_fields_set]
    if as_json:
        print(json.dumps({name: values[name] for name in names}, indent=2))
        return
    for name in names:
        print_line(_format_row(name, values))
    if not names:
        print_line("All settings are at their defaults. To see them: claude-bridge config edit")


def _format_row(name: str, values: Mapping[str, Any]) -> str:
    return f"{name} = {clean_line(json.dumps(values[name]))}  ({find_origin(name)})"


def _save_value(name: str, text: str) -> None:
    path = find_paths().config_file
    ensure_settings_file(path)
    with lock_settings(path):
        document = read_document(path)
        before = parse_text(document, path)
        value = parse_value(name, text, before)
        changed = add_value(document, name, value)
        # What looks like the start of a table may be part of a text over several lines.
        if parse_text(changed, path) != {**before, name: value}:
            raise SettingsError(f"no place for {name} was found. Use: claude-bridge config edit")
        write_checked(path, changed)
    print_line(f"Saved {name} = {clean_line(json.dumps(value))} in {path}.")
    if (origin := find_origin(name)) != "config.toml":
        print_error(f"{origin} is set, and wins over the file.")
    _print_next_step()


def _print_next_step() -> None:
    """Say how to use what was saved, or what is missing for a start with it."""
    from bridge.cli.start_check import check_start

    try:
        check_start(load_settings(), find_paths())
    except SettingsError as error:
        print_error(f"The server cannot start with it yet: {error}")
        return
    if list_servers(find_paths().data):
        print_line("To use it now: claude-bridge restart")
