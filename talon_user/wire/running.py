"""Find the running bridge in the files `running*.json` of its data folder."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Optional
from urllib.parse import urlsplit

from .paths import find_data_folder
from .request import BadSetting, parse_address

# The addresses of a server that listens on all of them, and where it is reached on this computer.
ANY_HOSTS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


def find_running_url(preferred_port: int) -> Optional[str]:
    """Return the address of a bridge: on that port, else the one that started last; or None."""
    records = [record for record in map(_read_record, _list_files()) if record is not None]
    if not records:
        return None
    records.sort(key=lambda record: (urlsplit(record[1]).port == preferred_port, record[0]))
    return records[-1][1]


def _list_files() -> list[Path]:
    try:
        return list(find_data_folder().glob("running*.json"))
    except (OSError, RuntimeError):
        return []


def _read_record(path: Path) -> Optional[tuple[float, str]]:
    """Return start and address of a server; None if the file is damaged or left by a crash."""
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        url, started_at = str(values["url"]), float(values["started_at"])
        for host, reachable in ANY_HOSTS.items():
            url = url.replace(f"//{host}:", f"//{reachable}:")
        parse_address(url)
        return (started_at, url) if _is_alive(int(values["pid"])) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError, BadSetting):
        return None


def _is_alive(pid: int) -> bool:
    # On Windows `os.kill` would end the process.
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is alive, and another user's: the file is old, and the proof will fail
    return True
