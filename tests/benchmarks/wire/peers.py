"""Other programs that do what the bridge does, started as their own documentation says.

They are not dependencies: each is found by the path of its program, of its own environment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.wire.load import Target
from tests.benchmarks.wire.targets import ENDPOINTS

_PATIENCE_SECONDS = 120.0
_ENDING_SECONDS = 10.0
_OWN_KEY = "sk-of-the-benchmark-0123456789abcdef"
"""For programs that demand a key of their own."""
_FAR_FUTURE_MS = 4_102_444_800_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program runs, and which upstream it asks."""

    program: str
    port: int
    upstream: str
    model: str
    key: str
    home: Path
    """A folder of its own for its files."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a program is started, and how it is asked."""

    command: Sequence[str]
    ready: str
    """A path that answers when the program is ready."""
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    """The current directory; the program's own home if none is named."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that is measured beside the bridge."""

    title: str
    prepare: Callable[[Place], Start]
    read_version: Callable[[str], str]
    prefix: str = ""
    """What stands before the paths of OpenAI's and Anthropic's API."""
    most_at_once: int | None = None


def prepare_litellm(place: Place) -> Start:
    """https://docs.litellm.ai/docs/proxy/configs; it needs a key of its own to start."""
    params = {
        "model": f"anthropic/{place.model}",
        "api_base": place.upstream,
        "api_key": place.key,
    }
    config = write_json(
        place.home / "litellm.json",
        {
            "model_list": [{"model_name": place.model, "litellm_params": params}],
            "general_settings": {"master_key": _OWN_KEY},
        },
    )
    words = [place.program, "--config", config, "--host", "127.0.0.1", "--port", str(place.port)]
    return Start(words, "/health/liveliness", headers=as_bearer(_OWN_KEY))


def prepare_portkey(place: Place) -> Start:
    """https://github.com/Portkey-AI/gateway: each request says where it goes.

    With the newest hono it answers streamed requests with 500; with 4.9.7 and
    @hono/node-server 1.13.7 it streams.
    """
    headers = {
        **as_bearer(place.key),
        "x-portkey-provider": "anthropic",
        "x-portkey-custom-host": f"{place.upstream}/v1",
    }
    return Start([place.program, f"--port={place.port}", "--headless"], "/", headers=headers)


def prepare_rolter(place: Place) -> Start:
    """https://github.com/rolter-ai/rolter/blob/master/rolter.example.toml"""
    config = place.home / "rolter.toml"
    config.write_text(
        "[[providers]]\n"
        'name = "anthropic"\n'
        'kind = "anthropic"\n'
        f'api_base = "{place.upstream}"\n'
        'api_key_env = "ANTHROPIC_API_KEY"\n'
        "[[routes]]\n"
        f'model = "{place.model}"\n'
        "[[routes.targets]]\n"
        'provider = "anthropic"\n'
        f'model = "{place.model}"\n',
        "utf-8",
    )
    words = [place.program, "gateway", "--config", str(config), "--host", "127.0.0.1"]
    environment = {"ANTHROPIC_API_KEY": place.key, "RUST_LOG": "warn"}
    return Start([*words, "--port", str(place.port)], "/healthz", environment)


def prepare_rosetta(place: Place) -> Start:
    """https://llm-rosetta.readthedocs.io/en/latest/, its gateway."""
    config = write_json(
        place.home / "rosetta.json",
        {
            "providers": {"anthropic": {"api_key": place.key, "base_url": place.upstream}},
            "models": {place.model: "anthropic"},
            "server": {"host": "127.0.0.1", "port": place.port, "open_on_no_keys": True},
        },
    )
    words = [place.program, "--config", config, "--no-banner", "--log-level", "warning"]
    return Start([*words, "--data-dir", str(place.home / "data")], "/health")


def prepare_ccproxy(place: Place) -> Start:
    """https://github.com/CaddyGlow/ccproxy-api; it takes the sign-in of Claude Code."""
    sign_in = {
        "accessToken": place.key,
        "refreshToken": place.key,
        "expiresAt": _FAR_FUTURE_MS,
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
    }
    write_json(place.home / ".claude" / ".credentials.json", {"claudeAiOauth": sign_in})
    environment = {
        "HOME": str(place.home),
        "XDG_CONFIG_HOME": str(place.home / "config"),
        "SERVER__HOST": "127.0.0.1",
        "SERVER__PORT": str(place.port),
        "LOGGING__LEVEL": "WARNING",
        "ENABLED_PLUGINS": '["claude_api", "oauth_claude"]',
        "PLUGINS__CLAUDE_API__BASE_URL": place.upstream,
    }
    return Start([place.program, "serve"], "/claude/v1/models", environment)


def prepare_claudegate(place: Place) -> Start:
    """https://github.com/mazamaka/claudegate: each conversation is a process of Claude Code."""
    environment = {
        "HOME": str(place.home),
        "ANTHROPIC_BASE_URL": place.upstream,
        "ANTHROPIC_API_KEY": place.key,
        "IS_SANDBOX": "1",
        "CLAUDEGATE_PORT": str(place.port),
        "CLAUDEGATE_LOG_LEVEL": "WARNING",
        # No conversation goes on here, and each would keep its process of 200 MB.
        "CLAUDEGATE_REUSE_SESSIONS": "false",
    }
    return Start([place.program, "serve"], "/health", environment)


def prepare_earlier(place: Place) -> Start:
    """An earlier version of the bridge: PATH is the folder of its checkout."""
    environment = {
        "CLAUDE_BRIDGE_HOME": str(place.home),
        "ANTHROPIC_API_KEY": place.key,
        "ANTHROPIC_BASE_URL": place.upstream,
        "PYTHONPATH": place.program,
    }
    flags = ["--port", str(place.port), "--backend", "anthropic", "--log-level", "WARNING"]
    words = [sys.executable, "-P", "-m", "bridge", "serve", *flags]
    return Start(words, "/health", environment, as_bearer("any"), Path(place.program))


def write_json(path: Path, content: Mapping[str, object]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return str(path)


def as_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def read_python_version(package: str) -> Callable[[str], str]:
    """Return what reads the version of a package from the environment of a program."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return lambda program: run_for_output(str(Path(program).parent / "python"), "-c", code)


def read_node_version(program: str) -> str:
    """Return the version in the package.json nearest to a program."""
    found = next(
        folder / "package.json"
        for folder in Path(program).resolve().parents
        if (folder / "package.json").is_file()
    )
    return str(json.loads(found.read_text("utf-8"))["version"])


def read_commit(folder: str) -> str:
    return run_for_output("git", "-C", folder, "log", "-1", "--format=%h of %cs")


def run_for_output(*words: str) -> str:
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


PEERS: Mapping[str, Peer] = {
    "litellm": Peer("LiteLLM", prepare_litellm, read_python_version("litellm")),
    "portkey": Peer("Portkey", prepare_portkey, read_node_version),
    "rolter": Peer("rolter", prepare_rolter, read_python_version("rolter")),
    "rosetta": Peer("LLM-Rosetta", prepare_rosetta, read_python_version("llm-rosetta")),
    "ccproxy": Peer("ccproxy-api", prepare_ccproxy, read_python_version("ccproxy-api"), "/claude"),
    "claudegate": Peer(
        "claude-code-openai",
        prepare_claudegate,
        read_python_version("claude-code-openai"),
        most_at_once=1,
    ),
    "earlier": Peer("the bridge,", prepare_earlier, read_commit),
}


def parse_peers(peers: Sequence[str]) -> dict[str, str]:
    """Parse `litellm=/path/to/litellm` to programs by name. Raises SystemExit for anything else."""
    found = dict(peer.partition("=")[::2] for peer in peers)
    if unknown := [peer for peer in found if peer not in PEERS or not found[peer]]:
        raise SystemExit(f"Not a peer: {', '.join(unknown)}. Say {'=PATH or '.join(PEERS)}=PATH.")
    if missing := [path for path in found.values() if not Path(path).exists()]:
        raise SystemExit(f"Nothing is at {', '.join(missing)}.")
    return {name: str(Path(path).absolute()) for name, path in found.items()}


@contextmanager
def start_peer(
    name: str, program: str, endpoint: str, upstream: str, model: str, key: str, home: Path
) -> Iterator[Target]:
    """Start a program, wait until it answers, and end it with all its children."""
    peer = PEERS[name]
    asked = ENDPOINTS[endpoint]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    folder = home / name
    folder.mkdir()
    start = peer.prepare(Place(program, port, upstream, model, key, folder))
    with subprocess.Popen(
        start.command,
        env={**os.environ, **start.environment},
        cwd=start.folder or folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            wait_until_ready(url + start.ready, process)
            yield dataclasses.replace(
                asked.at(f"{peer.title} {peer.read_version(program)}", url, process.pid),
                path=peer.prefix + asked.path,
                headers={**asked.headers, **start.headers},
                most_at_once=peer.most_at_once,
            )
        finally:
            end_with_children(process)


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_ENDING_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


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
