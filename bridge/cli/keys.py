"""`claude-bridge key set|list|remove`: the person's keys, never on a command line."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys

from bridge.errors import SettingsError
from bridge.keys import OWNERS, KeyChain, Keys, NamedKey, Owner, checked_secret
from bridge.settings import find_paths


def add_key_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The parser of `key` and of what it can do."""
    parser = commands.add_parser("key", help="keep keys in the system's keyring")
    doing = parser.add_subparsers(dest="doing", required=True, metavar="{set,list,remove}")
    setting = doing.add_parser("set", help="add a key; it is asked for, or read from stdin")
    removing = doing.add_parser("remove", help="remove a key")
    doing.add_parser("list", help="name the keys there are")
    for one in (setting, removing):
        one.add_argument("owner", choices=OWNERS, help="whose key")
        one.add_argument("--name", default="default", help="your word for it (default: default)")
    setting.add_argument(
        "--generate", action="store_true", help="make a new key for the bridge, and show it once"
    )


def key_command(arguments: argparse.Namespace) -> int:
    """Runs one of them; returns the exit code."""
    chain = KeyChain(find_paths().data)
    keys = chain.load()
    match arguments.doing:
        case "list":
            return _list(keys)
        case "set":
            return _set(chain, keys, arguments)
        case _:
            return _remove(chain, keys, arguments.owner, arguments.name)


def _list(keys: Keys) -> int:
    found = [(owner, key) for owner in OWNERS for key in keys.of(owner)]
    for owner, key in found:
        print(f"{owner:10}  {key.name:16}  {key.hint}")
    if not found:
        print("There are no keys.")
    return 0


def _set(chain: KeyChain, keys: Keys, arguments: argparse.Namespace) -> int:
    owner: Owner = arguments.owner
    if arguments.generate:
        if owner != "bridge":
            raise SettingsError("only the bridge's own key can be made here")
        secret = f"cb-{secrets.token_urlsafe(32)}"
        print(secret)
    else:
        secret = _asked_for(owner)
    place = chain.save(keys.with_key(owner, NamedKey(arguments.name, secret)))
    print(f"Kept in {place} as {owner}/{arguments.name}.", file=sys.stderr)
    return 0


def _asked_for(owner: Owner) -> str:
    """From the terminal without an echo, or a line of stdin."""
    typed = getpass.getpass(f"Key ({owner}): ") if sys.stdin.isatty() else sys.stdin.readline()
    return checked_secret(typed)


def _remove(chain: KeyChain, keys: Keys, owner: Owner, name: str) -> int:
    if name not in {key.name for key in keys.of(owner)}:
        raise SettingsError(f"there is no key {owner}/{name}")
    chain.save(keys.without(owner, name))
    print(f"Removed {owner}/{name}.", file=sys.stderr)
    return 0
