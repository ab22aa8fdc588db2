"""`claude-bridge key set|list|test|remove|reset`: manage keys, never on a command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
from collections.abc import Sequence

from bridge.cli.client import ClientError, NotRunning, connect_to
from bridge.cli.exit_codes import ExitCode
from bridge.cli.locate import add_address_flags, list_targets
from bridge.cli.prompt import confirm, read_hidden
from bridge.cli.text import clean_line, print_error, print_line
from bridge.errors import SettingsError
from bridge.keys import OWNERS, KeyChain, Keys, NamedKey, Owner, check_secret
from bridge.keys.shape import ACCESS_KEY_PREFIX
from bridge.paths import find_paths

_TIMEOUT_SECONDS = 10.0
_VARIABLE = "ANTHROPIC_API_KEY"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `key`."""
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="{set,list,test,remove,reset}"
    )
    set_parser = actions.add_parser(
        "set", help="check and save a key, typed at a prompt or read from stdin"
    )
    remove_parser = actions.add_parser("remove", help="remove a saved key")
    list_parser = actions.add_parser("list", help="list saved keys")
    list_parser.add_argument("--json", action="store_true", help="print them as JSON")
    actions.add_parser("test", help="ask Anthropic whether it accepts your API keys")
    # Its name until version 0.1.
    actions.add_parser("check", help="the old name of `test`")
    reset_parser = actions.add_parser("reset", help="forget all keys, also unreadable ones")
    reset_parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    for subparser in (set_parser, remove_parser):
        subparser.add_argument(
            "owner", choices=OWNERS, help="the service; `bridge` is the bridge's own access key"
        )
        subparser.add_argument(
            "--name", default="default", help="a label for the key (default: default)"
        )
    for subparser in actions.choices.values():
        add_address_flags(subparser)
    set_parser.add_argument(
        "--generate", action="store_true", help="create an access key for the bridge and print it"
    )
    set_parser.add_argument(
        "--computer-use",
        action="store_true",
        help="allow programs with this access key to use this computer without asking for each",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code. Raises SettingsError."""
    chain = KeyChain(find_paths().data)
    match arguments.action:
        case "list":
            keys = chain.load()
            print(_format_json(keys) if arguments.json else _format_keys(keys))
            return ExitCode.OK
        case "test" | "check":
            return _check_keys(_list_anthropic_keys(chain.load()))
        case "set":
            _set_key(chain, arguments)
        case "remove":
            _remove_key(chain, arguments.owner, arguments.name)
        case _:
            _reset_keys(chain, confirmed=arguments.yes)
    _reload_servers(arguments)
    return ExitCode.OK


def _format_keys(keys: Keys) -> str:
    rows = [
        f"{owner:10}  {clean_line(key.name):16}  {clean_line(key.hint)}"
        + ("  computer use" if key.computer else "")
        for owner in OWNERS
        for key in keys.of(owner)
    ]
    return "\n".join(rows) or "No saved keys. Save one with: claude-bridge key set anthropic"


def _format_json(keys: Keys) -> str:
    """Return the labels of the keys, and never the keys, as JSON."""
    listed = [
        {"owner": owner, "name": key.name, "hint": key.hint, "computer_use": key.computer}
        for owner in OWNERS
        for key in keys.of(owner)
    ]
    return json.dumps({"keys": listed}, indent=2)


def _list_anthropic_keys(keys: Keys) -> list[NamedKey]:
    """Return the saved keys, and that of the environment under the name of its variable."""
    variable = os.environ.get(_VARIABLE, "").strip()
    return [*keys.anthropic, *([NamedKey(_VARIABLE, variable)] if variable else ())]


def _check_keys(keys: Sequence[NamedKey]) -> int:
    """Print the state of each Anthropic key; return 1 if one was rejected."""
    from bridge.backends.anthropic_api.key_check import check_key

    if not keys:
        print("No Anthropic keys. Add one with: claude-bridge key set anthropic")
        return ExitCode.OK
    is_rejected = False
    for key in keys:
        check = asyncio.run(check_key(key.secret))
        is_rejected = is_rejected or check.state == "rejected"
        print_line(f"{key.name:16}  {key.hint:6}  {check.describe()}")
    return ExitCode.ERROR if is_rejected else ExitCode.OK


def _set_key(chain: KeyChain, arguments: argparse.Namespace) -> None:
    owner: Owner = arguments.owner
    if arguments.computer_use and owner != "bridge":
        raise SettingsError("--computer-use is for access keys of the bridge only")
    if arguments.generate:
        if owner != "bridge":
            raise SettingsError("--generate creates access keys for the bridge only")
        secret = f"{ACCESS_KEY_PREFIX}{secrets.token_urlsafe(32)}"
    else:
        # Before the user types anything: without the other keys this one cannot be saved.
        chain.load()
        secret = _read_secret(owner)
    verdict = _check_with_anthropic(secret) if owner == "anthropic" else ""
    key = NamedKey(arguments.name, secret, arguments.computer_use)
    _, place = chain.update(lambda keys: keys.with_key(owner, key))
    if arguments.generate:
        # To stdout alone, so that a script can store it; messages go to stderr.
        print(secret)
    print_error(f"Saved to {place} as “{arguments.name}” ({owner}).{verdict}")


def _read_secret(owner: Owner) -> str:
    """Read a key from the terminal without echo, or from stdin."""
    from bridge.backends.anthropic_api.key_check import has_own_upstream

    # Not an argument: other users can see the command lines of all processes.
    typed = read_hidden(f"Key ({owner}): ") if sys.stdin.isatty() else sys.stdin.read(65_536)
    return check_secret(typed, owner, own_upstream=has_own_upstream())


def _check_with_anthropic(secret: str) -> str:
    """Return what to add to the message. Raises SettingsError for a rejected key."""
    from bridge.backends.anthropic_api.key_check import check_key

    check = asyncio.run(check_key(secret))
    if check.state == "rejected":
        raise SettingsError(f"not saved. {check.describe()}")
    return f" {check.describe()}"


def _remove_key(chain: KeyChain, owner: Owner, name: str) -> None:
    def remove(keys: Keys) -> Keys:
        if name not in {key.name for key in keys.of(owner)}:
            raise SettingsError(f"no key is saved as “{name}” for {owner}")
        return keys.without(owner, name)

    keys, _ = chain.update(remove)
    print_error(f"Removed “{name}” ({owner}).")
    if owner == "bridge" and not keys.bridge:
        print_error("That was the last access key: clients no longer need one.")


def _reset_keys(chain: KeyChain, *, confirmed: bool) -> None:
    question = "Forget all saved keys? Clients will need no access key until you set one."
    if not confirmed and not sys.stdin.isatty():
        raise SettingsError(f"{question} To confirm, add --yes")
    if not confirmed and not confirm(question):
        raise SettingsError("nothing was changed")
    problem = chain.reset()
    print_error("All saved keys are forgotten.")
    if problem is not None:
        print_error(
            f"They may still be in the system's keyring ({problem}), where the bridge does not "
            "look for them any more. Delete the entry “claude-bridge” there."
        )


def _reload_servers(arguments: argparse.Namespace) -> None:
    """Make the running servers load the keys again."""
    # Without this file no bridge has ever run here: another program may use the port.
    if not find_paths().control_token.exists():
        return
    for target in list_targets(arguments):
        try:
            client = connect_to(target, timeout=_TIMEOUT_SECONDS)
            try:
                client.send("POST", "/control/reload", {})
            finally:
                client.close()
            print_error("The running bridge uses the new keys.")
        except NotRunning:
            print_error("Takes effect when the bridge starts.")
        except ClientError as error:
            print_error(f"{error} The keys take effect when it is restarted.")
