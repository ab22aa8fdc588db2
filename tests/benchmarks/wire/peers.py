"""Other programs that do what the bridge does, started as their own documentation says.

They are not dependencies: each is found by the path of its program, of its own environment.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.wire.load import Target

_CHAT = "/v1/chat/completions"
_PATIENCE_SECONDS = 120.0


def parse_peers(peers: Sequence[str]) -> dict[str, str]:
    """Parse `litellm=/path/to/litellm` to programs by name. Raises SystemExit for anything else."""
    found = dict(peer.partition("=")[::2] for peer in peers)
    if unknown := [peer for peer in found if peer not in _PEERS or not found[peer]]:
        raise SystemExit(f"Not a peer: {', '.join(unknown)}. Say {'=PATH or '.join(_PEERS)}=PATH.")
    return found


@contextmanager
def start_peer(
    name: str, program: str, upstream: str, model: str, key: str, home: str
) -> Iterator[Target]:
    """Start a program, wait until it answers, and end it with all its children."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    words, path, headers = _PEERS[name](program, port, upstream, model, key, Path(home))
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_until_ready(url + path, process)
            yield Target(name, url, _CHAT, headers)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


_Start = tuple[list[str], str, Mapping[str, str]]
"""The command, a path that answers when the program is ready, and the headers of a request."""


def prepare_litellm(
    program: str, port: int, upstream: str, model: str, key: str, home: Path
) -> _Start:
    """https://docs.litellm.ai/docs/proxy/configs; it needs a key of its own to start."""
    own = "sk-of-the-benchmark-0123456789abcdef"
    params = {"model": f"anthropic/{model}", "api_base": upstream, "api_key": key}
    config = home / "litellm.json"
    config.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": model, "litellm_params": params}],
                "general_settings": {"master_key": own},
            }
        ),
        "utf-8",
    )
    words = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    return words, "/health/liveliness", {"Authorization": f"Bearer {own}"}


def prepare_portkey(
    program: str, port: int, upstream: str, model: str, key: str, home: Path
) -> _Start:
    """https://github.com/Portkey-AI/gateway: each request says where it goes."""
    headers = {
        "Authorization": f"Bearer {key}",
        "x-portkey-provider": "anthropic",
        "x-portkey-custom-host": f"{upstream}/v1",
    }
    return [program, f"--port={port}", "--headless"], "/", headers


def prepare_earlier(
    program: str, port: int, upstream: str, model: str, key: str, home: Path
) -> _Start:
    """An earlier version of the bridge: PATH is its `claude-bridge`."""
    variables = {
        "CLAUDE_BRIDGE_HOME": str(home / "earlier"),
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_BASE_URL": upstream,
    }
    flags = ["--port", str(port), "--backend", "anthropic", "--log-level", "WARNING"]
    words = ["env", *(f"{name}={value}" for name, value in variables.items()), program, "serve"]
    return [*words, *flags], "/health", {"Authorization": "Bearer any"}


_PEERS: Mapping[str, Callable[[str, int, str, str, str, Path], _Start]] = {
    "litellm": prepare_litellm,
    "portkey": prepare_portkey,
    "earlier": prepare_earlier,
}


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own machine
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.5)
