"""`running.json`: where the user's servers listen, for the commands, the tray and Talon.

The first server of a data folder writes `running.json`; another one beside it, on another port,
writes `running-PORT.json`. A server removes its file when it ends. After a crash the file stays: it
is recognized by the process id and the start time of that process.
"""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bridge.private_files import read_file
from bridge.private_modes import open_private
from bridge.proof import format_netloc

NAME = "running.json"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
_PATTERN = "running*.json"
_SAME_START_SECONDS = 1.0
"""Tolerance, because some systems report start times in whole seconds."""


@dataclass(frozen=True)
class RunningServer:
    """A server of this user and data folder."""

    url: str
    """Its address, such as http://127.0.0.1:8000."""
    pid: int
    started_at: float
    """When its process started, see `read_start_time`."""
    version: str

    @property
    def port(self) -> int:
        """The port in `url`."""
        return split_url(self.url)[1]


def describe_own_process(url: str, version: str) -> RunningServer:
    """Return the record of a server in this process."""
    pid = os.getpid()
    return RunningServer(url, pid, read_start_time(pid) or 0.0, version)


def write_record(folder: Path, server: RunningServer) -> Path:
    """Write the file, readable by this user only, and return its path. Raises OSError."""
    path = _choose_path(folder, server)
    # Written beside it and moved over it, so that nothing reads half a file.
    new = folder / f".{path.name}.{server.pid}"
    with suppress(FileNotFoundError):
        new.unlink()
    with os.fdopen(open_private(new, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
        json.dump(asdict(server), file)
    new.replace(path)
    return path


def remove_record(path: Path, server: RunningServer) -> None:
    """Remove the file, unless another server has replaced it in the meantime. Raises OSError."""
    if read_record(path) == server:
        path.unlink(missing_ok=True)


def list_servers(folder: Path) -> list[RunningServer]:
    """Return the servers whose processes are alive, the one that started last first."""
    alive = [server for _, server in _read_records(folder) if is_alive(server)]
    return sorted(alive, key=lambda server: server.started_at, reverse=True)


def read_record(path: Path) -> RunningServer | None:
    """Return the record in a file; None if there is none, or if it is damaged."""
    try:
        values = json.loads(read_file(path))
        server = RunningServer(
            str(values["url"]),
            int(values["pid"]),
            float(values["started_at"]),
            str(values["version"]),
        )
        # These raise ValueError only when they are read.
        ipaddress.ip_address(urlsplit(server.url).hostname or "")
        return server if server.port else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def is_alive(server: RunningServer) -> bool:
    """Return whether its process runs; another process may have got its number since."""
    started_at = read_start_time(server.pid)
    return started_at is not None and abs(started_at - server.started_at) <= _SAME_START_SECONDS


def read_start_time(pid: int) -> float | None:
    """Return when a process started, by a clock that is never set; None if it has ended."""
    return _read_linux_start_time(pid) if sys.platform == "linux" else _ask_psutil(pid)


def _read_linux_start_time(pid: int) -> float | None:
    """Return the seconds from the start of the system to that of the process.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    # psutil would return the same, and takes as long to load as the rest of a command.
    try:
        status = Path(f"/proc/{pid:d}/stat").read_bytes()
        # The name in parentheses may have spaces and parentheses itself.
        fields = status.rpartition(b")")[2].split()
        state, ticks = fields[0], int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
    return None if state in (b"Z", b"X") else ticks / os.sysconf("SC_CLK_TCK")


def _ask_psutil(pid: int) -> float | None:
    # Loaded here only, because many commands find no file and need no process.
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time()
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None


def to_reachable(url: str) -> str:
    """Return a URL to connect to: a server on every address is reached on the loopback one."""
    host, port = split_url(url)
    address = None if host == "localhost" else ipaddress.ip_address(host)
    if address is not None and address.is_unspecified:
        host = "::1" if address.version == 6 else DEFAULT_HOST
    return f"http://{format_netloc(host, port)}"


def split_url(url: str) -> tuple[str, int]:
    """Return host and port of a server's URL. Raises ValueError."""
    parts = urlsplit(url)
    return parts.hostname or DEFAULT_HOST, DEFAULT_PORT if parts.port is None else parts.port


def _choose_path(folder: Path, server: RunningServer) -> Path:
    """Return `running.json`, or a name with the port if another server has that file."""
    path = folder / NAME
    first = read_record(path)
    # At the same address it cannot run any more.
    if first is None or first.url == server.url or not is_alive(first):
        return path
    return folder / f"running-{server.port}.json"


def _read_records(folder: Path) -> Iterator[tuple[Path, RunningServer]]:
    for path in sorted(folder.glob(_PATTERN)):
        server = read_record(path)
        if server is not None:
            yield path, server
