"""Fetches a model's files from the Hugging Face hub into a folder, whole or not at all.

Respected in the environment: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `TRANSFORMERS_OFFLINE`,
and the proxies. https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx2

from bridge.embeddings.base import EmbeddingModelMissing
from bridge.errors import BridgeError, ShuttingDown

_ENDPOINT = "https://huggingface.co"
_SILENCE_SECONDS = 10.0
"""As the hub's own library has it; a bridge that stops waits no longer for a silent hub."""
_CONNECT_SECONDS = 10.0
_TELL_SECONDS = 5.0
_PART = ".part"
_ABANDONED_SECONDS = 86_400
_SHA256 = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models come from."""

    endpoint: str = _ENDPOINT
    token: str | None = field(default=None, repr=False)
    offline: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Hub:
        """As the environment has it."""
        offline = (environment.get("HF_HUB_OFFLINE"), environment.get("TRANSFORMERS_OFFLINE"))
        return cls(
            (environment.get("HF_ENDPOINT") or _ENDPOINT).rstrip("/"),
            environment.get("HF_TOKEN") or None,
            any((value or "").upper() in ("1", "ON", "YES", "TRUE") for value in offline),
        )

    def page(self, model: str) -> str:
        """Where a person can fetch its files by hand."""
        return f"{self.endpoint}/{model}/tree/main"


def fetch(
    hub: Hub,
    model: str,
    names: Sequence[str],
    folder: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Puts the files `names` of `model` (such as `minishlab/potion-base-8M`) into `folder`.

    For a worker thread: may take minutes. Several processes may do it at once. All files are of
    one commit. Raises EmbeddingModelMissing with the reason in words, ShuttingDown when `stopped`.
    """
    if hub.offline:
        raise EmbeddingModelMissing("HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids to fetch it.")
    parts: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(folder)
        with _client(hub) as client:
            commit = "main"
            for name in names:
                # Beside its place, so that it can be moved there in one step.
                handle, part = tempfile.mkstemp(_PART, f".{name}.", folder)
                parts[name] = Path(part)
                with os.fdopen(handle, "wb") as file:
                    commit = _fetch_one(client, model, commit, name, file, stopped)
        for name, moved in parts.items():
            moved.replace(folder / name)
    except httpx2.TimeoutException as error:
        raise EmbeddingModelMissing(f"{hub.endpoint} was silent for too long.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise EmbeddingModelMissing(f"{hub.endpoint} cannot be reached: {error}.") from error
    except OSError as error:
        raise EmbeddingModelMissing(f"It cannot be kept: {error}.") from error
    finally:
        for part_left in parts.values():
            with suppress(OSError):
                part_left.unlink()


def _client(hub: Hub) -> httpx2.Client:
    # Identity: the length and the checksum are those of the file, not of its packing.
    headers = {"accept-encoding": "identity", "user-agent": "claude-bridge"}
    if hub.token is not None:
        headers["authorization"] = f"Bearer {hub.token}"  # never sent on to another host
    return httpx2.Client(
        base_url=hub.endpoint,
        headers=headers,
        follow_redirects=True,
        timeout=httpx2.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
    )


def _fetch_one(
    client: httpx2.Client,
    model: str,
    commit: str,
    name: str,
    file: IO[bytes],
    stopped: Callable[[], bool],
) -> str:
    """The file of that commit, checked; returns the commit it really was."""
    with client.stream("GET", f"/{model}/resolve/{commit}/{name}") as response:
        if response.status_code != 200:
            raise _refused(response, model, name)
        size = _told(response, "x-linked-size") or response.headers.get("content-length")
        checksum = (_told(response, "x-linked-etag") or "").strip('"')
        digest = hashlib.sha256()
        progress = _Progress(f"{model}/{name}", int(size or 0))
        for piece in response.iter_bytes():
            if stopped():
                raise ShuttingDown("The bridge is stopping; the embedding model is not here yet.")
            file.write(piece)
            digest.update(piece)
            progress.add(len(piece))
    if progress.size not in (0, progress.done) or (
        _SHA256.fullmatch(checksum) and checksum != digest.hexdigest()
    ):
        raise EmbeddingModelMissing(f"{model}/{name} arrived damaged; nothing of it is kept.")
    progress.finish()
    return _told(response, "x-repo-commit") or commit


def _told(response: httpx2.Response, name: str) -> str | None:
    """A header of the hub, or else of where it sent us on."""
    answers = (*response.history, response)
    return next((value for answer in answers if (value := answer.headers.get(name))), None)


def _refused(response: httpx2.Response, model: str, name: str) -> BridgeError:
    status, where = response.status_code, response.request.url
    if status in (401, 403):
        words = f"wants a token that may read {model}: set HF_TOKEN"
    elif status == 404:
        words = f"has no {name} of a model {model}"
    else:
        words = "cannot give it now"
    return EmbeddingModelMissing(f"{where.scheme}://{where.netloc.decode()} {words} ({status}).")


def _clear_abandoned(folder: Path) -> None:
    """What a killed process left; a part that still grows belongs to another process."""
    for path in folder.glob(f".*{_PART}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


class _Progress:
    """Lines in the log, every five seconds; sizes in bytes, 0: not told."""

    def __init__(self, what: str, size: int) -> None:
        self.size = size
        self.done = 0
        self._what = what
        self._next = time.monotonic() + _TELL_SECONDS
        _log.info("Fetching %s (%.1f MB).", what, size / 1e6)

    def add(self, count: int) -> None:
        self.done += count
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_SECONDS
            _log.info("%s: %.1f of %.1f MB.", self._what, self.done / 1e6, self.size / 1e6)

    def finish(self) -> None:
        _log.info("Fetched %s (%.1f MB).", self._what, self.done / 1e6)
