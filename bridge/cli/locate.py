"""Find the running server: in `running.json`, else at the address in flags, variables and file.

Commands that only talk to a server load no settings, so that a broken `config.toml` or variable
cannot keep anyone from stopping computer use. Of the settings they read the address alone, and an
address that cannot be read is a problem to mention, not an error.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.cli.text import print_error
from bridge.errors import SettingsError
from bridge.paths import ENV_PREFIX, Paths, find_paths
from bridge.private_files import read_file
from bridge.proof import format_netloc, remove_brackets, remove_scope
from bridge.running import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    RunningServer,
    list_servers,
    split_url,
    to_reachable,
)

_LARGEST_PORT = 65_535


@dataclass(frozen=True)
class Address:
    """A host and a port; None where nothing was set."""

    host: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Target:
    """A server to talk to; `record` is None if it is not in `running.json`."""

    url: str
    record: RunningServer | None = None


def add_address_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--host` and `--port` to a command, without resetting those before the command."""
    for name in ("host", "port"):
        parser.add_argument(
            f"--{name}",
            default=argparse.SUPPRESS,
            metavar=name.upper(),
            help=f"the server's {name}, if several run",
        )


def _warn(problem: str) -> None:
    print_error(f"claude-bridge: ignored for this command: {problem}")


def list_targets(
    arguments: argparse.Namespace, warn: Callable[[str], object] = _warn
) -> list[Target]:
    """Return the servers that a command is for: all that run, unless flags choose one.

    There is always one at least: the address where a server would be. `warn` gets each setting of
    the address that cannot be read. Raises SettingsError for a flag that is not an address.
    """
    flags = read_flags(arguments)
    paths = find_paths()
    configured, problems = read_configured_address(paths, os.environ)
    for problem in problems:
        warn(problem)
    return select_targets(flags, configured, list_servers(paths.data))


def choose_target(arguments: argparse.Namespace) -> Target:
    """Return the server for a command that needs a single one.

    If several run, it is the one at the configured address. Raises SettingsError if none is.
    """
    targets = list_targets(arguments)
    if len(targets) == 1:
        return targets[0]
    configured, _ = read_configured_address(find_paths(), os.environ)
    at_address = [target for target in targets if _is_at(target.url, _fill_in(configured))]
    if at_address:
        return at_address[0]
    urls = ", ".join(target.url for target in targets)
    raise SettingsError(f"several servers are running: {urls}. Choose one with --port.")


def select_targets(
    flags: Address, configured: Address, running: Sequence[RunningServer]
) -> list[Target]:
    """Return the servers that match the flags; without any, the address where one would be."""
    targets = [
        Target(to_reachable(server.url), server) for server in running if _is_at(server.url, flags)
    ]
    if targets:
        return targets
    wanted = Address(
        configured.host if flags.host is None else flags.host,
        configured.port if flags.port is None else flags.port,
    )
    host, port = wanted.host or DEFAULT_HOST, wanted.port
    return [
        Target(
            to_reachable(f"http://{format_netloc(host, DEFAULT_PORT if port is None else port)}")
        )
    ]


def read_flags(arguments: argparse.Namespace) -> Address:
    """Return the address in `--host` and `--port`. Raises SettingsError."""
    try:
        return parse_address(
            getattr(arguments, "host", None), getattr(arguments, "port", None), "--host", "--port"
        )
    except ValueError as error:
        raise SettingsError(f"setting {error}") from error


def read_configured_address(paths: Paths, environ: Mapping[str, str]) -> tuple[Address, list[str]]:
    """Return the address in variables and file, and why parts of them cannot be read."""
    problems: list[str] = []
    file = _read_file(paths, problems)
    values: dict[str, Any] = {}
    for name, parse in (("host", parse_host), ("port", parse_port)):
        variable = ENV_PREFIX + name.upper()
        place = variable if variable in environ else f"`{name}` in {paths.config_file}"
        try:
            values[name] = parse(environ.get(variable, file.get(name)))
        except ValueError as error:
            problems.append(f"setting {place}: {error}")
    return Address(**values), problems


def parse_address(host: object, port: object, host_name: str, port_name: str) -> Address:
    """Parse both parts; raise ValueError that begins with the name of the wrong one."""
    try:
        parsed_host = parse_host(host)
    except ValueError as error:
        raise ValueError(f"{host_name}: {error}") from error
    try:
        return Address(parsed_host, parse_port(port))
    except ValueError as error:
        raise ValueError(f"{port_name}: {error}") from error


def parse_host(value: object) -> str | None:
    """Return an address without brackets, or `localhost`. Raises ValueError."""
    if value is None:
        return None
    host = remove_brackets(str(value).strip())
    if host != "localhost":
        ipaddress.ip_address(host)
    return host


def parse_port(value: object) -> int | None:
    """Return a port. Raises ValueError."""
    if value is None:
        return None
    text = str(value).strip()
    if not (text.isascii() and text.isdecimal()) or int(text[:6]) > _LARGEST_PORT:
        raise ValueError(f"{text[:80]!r} is not a port (0 to {_LARGEST_PORT})")
    return int(text)


def _is_at(url: str, address: Address) -> bool:
    """Return whether a server listens at the address, where parts of it are set."""
    host, port = split_url(url)
    return (address.port is None or address.port == port) and (
        address.host is None or _normalize(address.host) == _normalize(host)
    )


@dataclass(frozen=True)
class _CompleteAddress(Address):
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT


def _fill_in(address: Address) -> _CompleteAddress:
    port = DEFAULT_PORT if address.port is None else address.port
    return _CompleteAddress(address.host or DEFAULT_HOST, port)


def _normalize(host: str) -> str:
    return DEFAULT_HOST if host == "localhost" else str(ipaddress.ip_address(remove_scope(host)))


def _read_file(paths: Paths, problems: list[str]) -> dict[str, Any]:
    try:
        text = read_file(paths.config_file).decode("utf-8")
        # Imported here: most users have no such file.
        import tomllib

        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    # A recursion error: brackets nested without end are damage like any other.
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"cannot read {paths.config_file}: {error}")
        return {}
