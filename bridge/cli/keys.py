"""`claude-bridge key set|list|remove`: manage keys, which never appear on a command line."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys

from bridge.cli.client import ClientError, NotRunning, connect_to
from bridge.cli.locate import add_address_flags, list_targets
from bridge.errors import SettingsError
from bridge.keys import OWNERS, KeyChain, Keys, NamedKey, Owner, check_secret
from bridge.paths import find_paths

_TIMEOUT_SECONDS = 10.0


def add_key_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of `key` and its subcommands."""
    parser = commands.add_parser("key", help="manage API keys in the system's keyring")
    actions = parser.add_subparsers(dest="action", required=True, metavar="{set,list,remove}")
    set_parser = actions.add_parser("set", help="save a key, typed at a prompt or read from stdin")
    remove_parser = actions.add_parser("remove", help="remove a saved key")
    actions.add_parser("list", help="list saved keys")
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


def run_key(arguments: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code. Raises SettingsError."""
    chain = KeyChain(find_paths().data)
    keys = chain.load()
    match arguments.action:
        case "list":
            print(_format_keys(keys))
        case "set":
            _set_key(chain, keys, arguments)
            _reload_servers(arguments)
        case _:
            _remove_key(chain, keys, arguments.owner, arguments.name)
            _reload_servers(arguments)
    return 0


def _format_keys(keys: Keys) -> str:
    rows = [
        f"{owner:10}  {key.name:16}  {key.hint}" + ("  computer use" if key.computer else "")
        for owner in OWNERS
        for key in keys.of(owner)
    ]
    return "\n".join(rows) or "No saved keys."


def _set_key(chain: KeyChain, keys: Keys, arguments: argparse.Namespace) -> None:
    owner: Owner = arguments.owner
    if arguments.computer_use and owner != "bridge":
        raise SettingsError("--computer-use is for access keys of the bridge only")
    if arguments.generate:
        if owner != "bridge":
            raise SettingsError("--generate creates access keys for the bridge only")
        secret = f"cb-{secrets.token_urlsafe(32)}"
        # To stdout alone, so that a script can store it; messages go to stderr.
        print(secret)
    else:
        secret = _read_secret(owner)
    place = chain.save(
        keys.with_key(owner, NamedKey(arguments.name, secret, arguments.computer_use))
    )
    print(f"Saved to {place} as “{arguments.name}” ({owner}).", file=sys.stderr)


def _read_secret(owner: Owner) -> str:
    """Read a key from the terminal without echo, or from a line of stdin."""
    # Not an argument: other users can see the command lines of all processes.
    typed = getpass.getpass(f"Key ({owner}): ") if sys.stdin.isatty() else sys.stdin.readline()
    return check_secret(typed)


def _remove_key(chain: KeyChain, keys: Keys, owner: Owner, name: str) -> None:
    if name not in {key.name for key in keys.of(owner)}:
        raise SettingsError(f"no key is saved as “{name}” for {owner}")
    chain.save(keys.without(owner, name))
    print(f"Removed “{name}” ({owner}).", file=sys.stderr)


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
            print("The running bridge uses the new keys.", file=sys.stderr)
        except NotRunning:
            print("Takes effect when the bridge starts.", file=sys.stderr)
        except ClientError as error:
            print(f"{error} The keys take effect when it is restarted.", file=sys.stderr)
